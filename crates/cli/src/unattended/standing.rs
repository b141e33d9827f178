//! How the data stand after the last committed run: what alerts follow from, and what metrics show.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use leadq_contract::{ClientSettings, FindingCode};
use leadq_pipeline::View;
use leadq_watch::alerts::{DataFacts, DeadColumn, LatestReport, RowCount, Sample};
use leadq_watch::job::{ClientFigures, Figures, FindingCount};

use super::{rates, rejected};
use crate::columns::{self, Row};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::settings::Settings;

const FINDINGS: &str = "SELECT code, client_id, CAST(sum(count) AS BIGINT) AS count FROM finding \
                        GROUP BY code, client_id ORDER BY code, client_id";
const CLIENTS: &str = "SELECT client_id, last_snapshot_instant FROM dim_client ORDER BY client_id";
const DEAD_COLUMNS: &str = include_str!("sql/dead_columns.sql");
const LATEST_ROWS: &str = include_str!("sql/latest_rows.sql");
const CLIENT_RATES: &str = include_str!("sql/client_rates.sql");

/// How the data stand.
pub(crate) struct Standing {
    pub(crate) data: DataFacts,
    pub(crate) figures: Figures,
}

impl Standing {
    /// Reads it from the tables of the last committed run.
    pub(crate) async fn read(edges: &Edges, settings: &Settings, now: DateTime<Utc>) -> Outcome<Self> {
        let view = edges.view(None).await?;
        let latest = latest(&view, settings).await?;
        let rates = rows(&view, CLIENT_RATES).await?;
        let at = view.run.committed_at.parse().unwrap_or(now);
        let samples = rates.iter().map(|row| (text(row, "client_id"), sample(row, at))).collect();
        let data = DataFacts {
            rejected: rejected::read(&view, &edges.lake).await?,
            dead_columns: rows(&view, DEAD_COLUMNS).await?.iter().map(dead_column).collect(),
            rows: rows(&view, LATEST_ROWS).await?.iter().map(row_count).collect(),
            rates: rates::of(&edges.lake, &view.run, samples).await,
            latest,
        };
        let mut findings: Vec<_> = rows(&view, FINDINGS).await?.iter().filter_map(finding).collect();
        findings.extend(data.latest.iter().filter_map(|report| stale(report, now)));
        let figures = Figures {
            seconds: view.run.seconds.clone(),
            rows: taken_in(&view.run.rows),
            findings,
            clients: data.latest.iter().map(|report| client(report, &rates)).collect(),
        };
        Ok(Self { data, figures })
    }
}

/// Rows that the run took in; how many tables have now is no number to add up.
fn taken_in(rows: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let taken_in = rows.iter().filter(|(stage, _)| !stage.starts_with("tables."));
    taken_in.map(|(stage, rows)| (stage.clone(), *rows)).collect()
}

async fn rows(view: &View<'_>, sql: &str) -> Outcome<Vec<Row>> {
    Ok(columns::rows(&view.rows(sql).await?))
}

fn text(row: &Row, name: &str) -> String {
    row.text(name).unwrap_or_default().to_owned()
}

/// The latest report of each client.
async fn latest(view: &View<'_>, settings: &Settings) -> Outcome<Vec<LatestReport>> {
    let report = |row: &Row| {
        let id = text(row, "client_id");
        let known = settings.clients.iter().find(|client| client.settings.id.0 == id);
        let expected = known.map(|client| client.settings.expected_interval);
        LatestReport {
            client: id,
            snapshot: row.text("last_snapshot_instant").and_then(|instant| instant.parse().ok()),
            expected_interval: expected.unwrap_or(ClientSettings::DEFAULT_EXPECTED_INTERVAL),
        }
    };
    Ok(rows(view, CLIENTS).await?.iter().map(report).collect())
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
fn dead_column(row: &Row) -> DeadColumn {
    DeadColumn {
        client: text(row, "client_id"),
        column: text(row, "column"),
        file: text(row, "file"),
        share_before: row.count("informative") as f64 / row.count("kept").max(1) as f64,
    }
}

fn row_count(row: &Row) -> RowCount {
    RowCount {
        client: text(row, "client_id"),
        file: text(row, "file"),
        kept: row.count("kept"),
        before: row.count("before"),
    }
}

/// The recent leads; all of them, where none says when it was delivered.
fn sample(row: &Row, at: DateTime<Utc>) -> Sample {
    let [delivered, matched, set] = if row.count("timed") == 0 {
        ["delivered", "matched", "set"]
    } else {
        ["recent_delivered", "recent_matched", "recent_set"]
    }
    .map(|name| row.count(name));
    Sample { at, delivered, matched, set }
}

fn client(report: &LatestReport, rates: &[Row]) -> ClientFigures {
    // A client without leads in scope has none of it.
    let rates = rates.iter().find(|row| row.text("client_id") == Some(&report.client));
    let count = |name: &str| rates.map_or(0, |row| row.count(name));
    ClientFigures {
        client: report.client.clone(),
        latest_snapshot: report.snapshot,
        delivered: count("delivered"),
        matched: count("matched"),
        set: count("set"),
    }
}

fn finding(row: &Row) -> Option<FindingCount> {
    let code = FindingCode::from_name(row.text("code")?)?;
    Some(count(code, text(row, "client_id"), row.count("count")))
}

/// A report that is late is told, not stored (2.6).
fn stale(report: &LatestReport, now: DateTime<Utc>) -> Option<FindingCount> {
    let age = (now - report.snapshot?).to_std().ok()?;
    (age > report.expected_interval).then(|| count(FindingCode::StaleReport, report.client.clone(), 1))
}

fn count(code: FindingCode, client: String, count: u64) -> FindingCount {
    FindingCount { code: code.name().to_owned(), severity: code.severity(), client, count }
}
