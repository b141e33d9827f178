//! Fetches what the report shows.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use futures::TryStreamExt;
use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_contract::vocabulary::{Claim, Verdict};
use leadq_matching::claim::Asked;
use leadq_metrics::changes::BridgeStep;
use leadq_metrics::{Counts, Dimension, Leads, Place, Segments, read};
use leadq_pipeline::View;
use leadq_pipeline::analysis::Span;
use leadq_pipeline::ports::Lake;
use leadq_report::{
    Analysis, BridgeRow, Changes, ClaimSum, Claims, ClientState, ColumnHealth, ContradictedClaim, EarlierRun,
};

use crate::columns;
use crate::commands::asking::leads_of;
use crate::commands::{claims, files, findings};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::settings::Settings;

/// Contradicted claims that are shown one by one.
const CONTRADICTED: usize = 500;

/// Everything that the report of a run shows; of one client, if one is named.
pub(super) async fn gather(
    edges: &Edges,
    view: &View<'_>,
    settings: &Settings,
    by: Vec<Dimension>,
    client: Option<&str>,
) -> Outcome<Analysis> {
    let leads = leads_of(client)?;
    let of_client = |id: &str| client.is_none_or(|client| client == id);
    let clients = view.clients().await?.into_iter().filter(|one| of_client(&one.client_id));
    let clients: Vec<_> = clients
        .map(|one| ClientState {
            id: one.client_id,
            name: one.name,
            timezone: one.timezone.name().to_owned(),
            latest_snapshot: one.latest,
            snapshots: one.snapshots,
        })
        .collect();
    let segments = segments(view, &leads, by, clients.len() > 1).await?;
    let overall = view.segments(&leads, &[]).await?;
    let counts = overall.rows.first().map(|row| row.counts).unwrap_or_default();
    let (spans, changes) = view.change_counts(&leads).await?;
    let spans: Vec<_> = spans.into_iter().filter(|span| of_client(&span.client_id)).collect();
    let mut findings = findings::read(view, settings).await?;
    findings.retain(|finding| of_client(&finding.client.0));
    let files = files::read(view, settings).await?;
    let mut columns = column_health(view).await?;
    columns.retain(|column| of_client(&column.client_id));
    Ok(Analysis {
        run: view.run.run,
        committed_at: committed_at(&view.run),
        clients,
        counts,
        before: before(edges, view, &counts, client).await?,
        changes: (!spans.is_empty()).then(|| counted(&spans, &changes)),
        trend: view.trend(&leads, client).await?,
        maturation: view.maturation(&leads).await?,
        segments,
        columns,
        findings,
        claims: claims_of(view, client).await?,
        files: files::summary(&files, client),
    })
}

pub(super) fn committed_at(run: &RunRecord) -> DateTime<Utc> {
    run.committed_at.parse().unwrap_or_default()
}

/// The cuts that are asked for; else the dimensions of the leads, the client, the place, the month begun.
async fn segments(
    view: &View<'_>,
    leads: &Leads,
    by: Vec<Dimension>,
    several: bool,
) -> Outcome<Vec<Segments>> {
    let usual = by.is_empty();
    let dimensions = if usual {
        let own = view.run.dimensions.iter().map(|name| Dimension::Lead(name.clone()));
        let place = [Place::State, Place::City].map(Dimension::Place);
        own.chain(several.then_some(Dimension::Client))
            .chain(place)
            .chain([Dimension::DeliveredMonth])
            .collect()
    } else {
        by
    };
    let mut cuts = Vec::with_capacity(dimensions.len());
    for dimension in dimensions {
        let cut = view.segments(leads, std::slice::from_ref(&dimension)).await?;
        let undated =
            dimension == Dimension::DeliveredMonth && cut.rows.iter().all(|row| row.values == [None]);
        cuts.push(if usual && undated { view.segments(leads, &[Dimension::EntryMonth]).await? } else { cut });
    }
    Ok(cuts)
}

/// The run before, with what moved the counts since then. One that is gone is no reason to have no report.
async fn before(
    edges: &Edges,
    view: &View<'_>,
    counts: &Counts,
    client: Option<&str>,
) -> Outcome<Option<EarlierRun>> {
    let Some(number) = view.run.run.checked_sub(1).filter(|number| *number > 0) else { return Ok(None) };
    let bridge = match view.bridge_since(&edges.lake, number, client).await {
        Ok(bridge) => bridge,
        Err(error) => {
            tracing::warn!(run = number, error = %error, "the run before cannot be compared with");
            return Ok(None);
        }
    };
    let run = edges.lake.run(number).await?;
    let moved = bridge.iter().fold([0; 5], |mut sum, step| {
        sum.iter_mut().zip(step.moved).for_each(|(sum, moved)| *sum += moved);
        sum
    });
    let was = |now: u64, moved: i64| now.saturating_add_signed(-moved);
    let counts = Counts {
        delivered: was(counts.delivered, moved[0]),
        matched: counts.matched.map(|now| was(now, moved[1])),
        set: was(counts.set, moved[2]),
        demos: was(counts.demos, moved[3]),
        sold: counts.sold.map(|now| was(now, moved[4])),
        ..Counts::default()
    };
    let bridge = bridge.into_iter().map(bridge_row).collect();
    Ok(Some(EarlierRun { run: number, committed_at: committed_at(&run), counts, bridge }))
}

fn bridge_row(step: BridgeStep) -> BridgeRow {
    let [delivered, matched, set, demos, sold] = step.moved;
    BridgeRow { cause: step.cause.told().to_owned(), delivered, matched, set, demos, sold }
}

/// How many leads changed in which way.
fn counted(spans: &[Span], changes: &HashMap<String, u64>) -> Changes {
    let one = |of: fn(&Span) -> NaiveDateTime| if let [span] = spans { Some(of(span)) } else { None };
    let count = |name: &str| changes.get(name).copied().unwrap_or_default();
    Changes {
        from: one(|span| span.from),
        to: one(|span| span.to),
        matched: count("matched"),
        set: count("set"),
        unset: count("unset"),
        demoed: count("demoed"),
        sold: count("sold"),
        rescheduled: count("rescheduled"),
        vanished: count("vanished"),
    }
}

/// The health of every column in every snapshot; none where the run is older than the table.
pub(super) async fn column_health(view: &View<'_>) -> Outcome<Vec<ColumnHealth>> {
    if !view.has(Table::ColumnHealth) {
        return Ok(Vec::new());
    }
    let batches: Vec<_> = view.table(Table::ColumnHealth).await?.batches.try_collect().await?;
    let mut all = Vec::new();
    for batch in &batches {
        let [clients, files, columns] = ["client_id", "file", "column"].map(|name| read::texts(batch, name));
        let [kept, informative] = ["kept", "informative"].map(|name| read::counts(batch, name));
        let [present, dead] = ["present", "dead"].map(|name| read::flags(batch, name));
        let times = read::wall_times(batch, "snapshot_at");
        all.extend((0..batch.num_rows()).map(|row| ColumnHealth {
            client_id: clients[row].clone().unwrap_or_default(),
            snapshot_at: times[row].unwrap_or_default(),
            file: files[row].clone().unwrap_or_default(),
            column: columns[row].clone().unwrap_or_default(),
            kept: kept[row].unwrap_or_default(),
            informative: informative[row].unwrap_or_default(),
            present: present[row],
            dead: dead[row],
        }));
    }
    Ok(all)
}

/// Claims by kind and verdict, and those that the data contradict.
async fn claims_of(view: &View<'_>, client: Option<&str>) -> Outcome<Claims> {
    if !view.has(Table::Claim) {
        return Ok(Claims::default());
    }
    let asked = Asked { client: client.map(str::to_owned), ..Asked::default() };
    let sums = columns::rows(&view.rows(&asked.summary()).await?);
    let sums = sums.iter().filter_map(|row| {
        Some(ClaimSum {
            kind: Claim::from_name(row.text("claim")?)?,
            verdict: Verdict::from_name(row.text("verdict")?)?,
            count: row.count("claims"),
            price: claims::price(row),
        })
    });
    let sums = sums.collect();
    let entered_twice = claims::entered_twice(view, &asked).await?;
    let asked = Asked { verdict: Some(Verdict::Contradicted), ..asked };
    let contradicted = claims::listed(view, &asked, Some(CONTRADICTED)).await?;
    let contradicted = contradicted.iter().map(|row| {
        let text = |name: &str| row.text(name).unwrap_or_default().to_owned();
        ContradictedClaim {
            client_id: text("client_id"),
            lead_number: row.text("lead_number").map(str::to_owned),
            lead_uuid: text("lead_uuid"),
            dispo: text("dispo"),
            evidence: text("told"),
            price: claims::price(row),
        }
    });
    Ok(Claims { sums, entered_twice, contradicted: contradicted.collect() })
}
