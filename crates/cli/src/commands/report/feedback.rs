//! Fetches what the note to a client says.

use std::collections::HashSet;

use leadq_contract::table::literal;
use leadq_pipeline::View;
use leadq_report::{ColumnHealth, DeadSince, Feedback, SetAside};

use super::gather::{column_health, committed_at};
use crate::columns;
use crate::commands::findings;
use crate::failure::Outcome;
use crate::settings::Settings;

/// Rows set aside that the note shows, newest file first.
const SET_ASIDE: usize = 50;

/// What to tell a client about its file.
pub(super) async fn gather(view: &View<'_>, settings: &Settings, client: &str) -> Outcome<Feedback> {
    let state = view.clients().await?.into_iter().find(|one| one.client_id == client);
    let mut findings = findings::read(view, settings).await?;
    let reports = report_files(view, client).await?;
    // What is wrong in the leads is ours to mend, and none of the client's business.
    findings.retain(|finding| {
        finding.client.0 == client && finding.file.as_ref().is_none_or(|file| reports.contains(file))
    });
    let mut health = column_health(view).await?;
    health.retain(|row| row.client_id == client);
    let (set_aside, set_aside_total) = set_aside(view, client).await?;
    Ok(Feedback {
        client: state.as_ref().map_or_else(|| client.to_owned(), |state| state.name.clone()),
        committed_at: committed_at(&view.run),
        latest_snapshot: state.as_ref().and_then(|state| state.latest),
        snapshots: state.map_or(0, |state| state.snapshots),
        findings,
        dead_columns: dead_columns(&health),
        set_aside,
        set_aside_total,
    })
}

/// Names of the client's report files.
async fn report_files(view: &View<'_>, client: &str) -> Outcome<HashSet<String>> {
    let sql = format!("SELECT DISTINCT file FROM report_file WHERE client_id = {}", literal(client));
    let files = columns::rows(&view.rows(&sql).await?);
    Ok(files.iter().filter_map(|row| row.text("file")).map(str::to_owned).collect())
}

/// Columns that are dead in the latest snapshot, and since when. `health` is of one client, in snapshot order.
fn dead_columns(health: &[ColumnHealth]) -> Vec<DeadSince> {
    let Some(latest) = health.last() else { return Vec::new() };
    let of_latest = |row: &&ColumnHealth| (row.snapshot_at, &row.file) == (latest.snapshot_at, &latest.file);
    let dead = health.iter().filter(of_latest).filter(|row| row.dead);
    let since = |column: &str| {
        let of_column = health.iter().rev().filter(|row| row.column == column);
        of_column.take_while(|row| row.dead).last()
    };
    dead.filter_map(|row| since(&row.column))
        .map(|row| DeadSince { column: row.column.clone(), since: row.snapshot_at, file: row.file.clone() })
        .collect()
}

/// The client's rows set aside in reports, and how many there are.
async fn set_aside(view: &View<'_>, client: &str) -> Outcome<(Vec<SetAside>, u64)> {
    let client = literal(client);
    let of_client = format!("FROM quarantine q WHERE q.client_id = {client}");
    let all = columns::rows(&view.rows(&format!("SELECT count(*) AS rows {of_client}")).await?);
    let newest = format!(
        "SELECT q.file, q.line, q.reason, q.text FROM quarantine q LEFT JOIN (SELECT file, max(snapshot_at) AS at \
         FROM report_file WHERE client_id = {client} GROUP BY file) f ON f.file = q.file \
         WHERE q.client_id = {client} ORDER BY f.at DESC, q.file, q.line LIMIT {SET_ASIDE}"
    );
    let rows = columns::rows(&view.rows(&newest).await?);
    let text = |row: &columns::Row, name: &str| row.text(name).unwrap_or_default().to_owned();
    let rows = rows.iter().map(|row| SetAside {
        file: text(row, "file"),
        line: row.count("line"),
        reason: text(row, "reason"),
        text: text(row, "text"),
    });
    Ok((rows.collect(), all.first().map_or(0, |row| row.count("rows"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: u32, column: &str, dead: bool) -> ColumnHealth {
        let snapshot_at =
            chrono::NaiveDate::from_ymd_opt(2023, 1, day).unwrap().and_hms_opt(0, 0, 0).unwrap();
        ColumnHealth {
            snapshot_at,
            file: format!("{day}.csv"),
            column: column.to_owned(),
            dead,
            ..Default::default()
        }
    }

    #[test]
    fn a_column_is_dead_since_it_last_died() {
        let health = [
            row(1, "set", true),
            row(1, "demo", false),
            row(2, "set", false),
            row(2, "demo", true),
            row(3, "set", true),
            row(3, "demo", false),
            row(4, "set", true),
            row(4, "demo", false),
        ];
        let told: Vec<_> = dead_columns(&health).into_iter().map(|one| (one.column, one.file)).collect();
        assert_eq!(told, [("set".to_owned(), "3.csv".to_owned())]);
        assert!(dead_columns(&[]).is_empty());
    }
}
