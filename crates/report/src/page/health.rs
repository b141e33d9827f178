//! Column health over the snapshots.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use leadq_metrics::Rate;
use maud::{Markup, html};

use super::{Section, more};
use crate::chart::strip::{Cell, strip};
use crate::figures::{counted, cut, percent, time};
use crate::{Analysis, ColumnHealth};

/// The most clients that are shown.
const MOST: usize = 6;

/// A column that is dead in its client's latest snapshot.
pub(crate) struct Dead<'a> {
    /// The client.
    pub(crate) client: &'a str,
    /// The column.
    pub(crate) column: &'a str,
    /// The snapshot in which it went dead.
    pub(crate) since: NaiveDateTime,
    /// Snapshots since then.
    pub(crate) snapshots: u64,
}

/// The rows of a client, by column.
type Columns<'a> = Vec<(&'a str, Vec<&'a ColumnHealth>)>;

/// Rows by client and column, clients and columns in the order in which they first come.
fn by_column(rows: &[ColumnHealth]) -> Vec<(&str, Columns<'_>)> {
    let mut clients: Vec<(&str, Columns<'_>)> = Vec::new();
    let mut places: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for row in rows {
        let (client, column) = (row.client_id.as_str(), row.column.as_str());
        let (c, k) = *places.entry((client, column)).or_insert_with(|| {
            let c = clients.iter().position(|(id, _)| *id == client).unwrap_or_else(|| {
                clients.push((client, Vec::new()));
                clients.len() - 1
            });
            clients[c].1.push((column, Vec::new()));
            (c, clients[c].1.len() - 1)
        });
        clients[c].1[k].1.push(row);
    }
    clients
}

/// The columns that are dead by now.
pub(crate) fn dead_now(rows: &[ColumnHealth]) -> Vec<Dead<'_>> {
    let mut dead = Vec::new();
    for (client, columns) in by_column(rows) {
        for (column, rows) in columns {
            let run = rows.iter().rev().take_while(|row| row.dead).count();
            if let Some(first) = rows[rows.len() - run..].first() {
                dead.push(Dead { client, column, since: first.snapshot_at, snapshots: run as u64 });
            }
        }
    }
    dead
}

/// The section; none without snapshots.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let clients = by_column(&analysis.columns);
    if clients.is_empty() {
        return None;
    }
    let (shown, left) = cut(&clients, MOST);
    let body = html! {
        p { "Each line is a column of the client's file, from its first report on the left to its latest on the right. The darker, the more cells told something, compared with the column's best report. " span.key.dead { "Struck orange" } " is dead: the column is there, but has suddenly told nothing. The workbook has the number of every report." }
        @for (client, columns) in shown {
            @if clients.len() > 1 { h3 { (analysis.client_name(client)) } }
            (map(columns))
        }
        (more(left, "clients", "leadq files"))
    };
    Some(Section::new("columns", "Columns of the reports", body))
}

fn map(columns: &[(&str, Vec<&ColumnHealth>)]) -> Markup {
    let span =
        columns.first().and_then(|(_, rows)| Some((rows.first()?.snapshot_at, rows.last()?.snapshot_at)));
    html! {
        table.health {
            thead { tr {
                th scope="col" { "Column" }
                th scope="col" { @if let Some((first, last)) = span { span.ends { span { (time(first)) } span { (time(last)) } } } }
                th.n scope="col" { "Latest" }
            } }
            tbody { @for (column, rows) in columns { (line(column, rows)) } }
        }
    }
}

fn line(column: &str, rows: &[&ColumnHealth]) -> Markup {
    let share =
        |row: &ColumnHealth| Rate::of(row.informative.min(row.kept), row.kept).map_or(0.0, |rate| rate.value);
    let highest = rows.iter().map(|row| share(row)).fold(0.0, f64::max);
    let cells: Vec<Cell> = rows
        .iter()
        .map(|row| match row {
            row if !row.present => Cell::Absent,
            row if row.dead => Cell::Dead,
            row => Cell::of(share(row), highest),
        })
        .collect();
    let dead: Vec<_> = rows.iter().filter(|row| row.dead).collect();
    let state = match dead.first() {
        Some(first) => format!(
            "dead in {} from {}",
            counted(dead.len() as u64, "report", "reports"),
            time(first.snapshot_at)
        ),
        None => "never dead".to_owned(),
    };
    let latest = rows.last();
    html! {
        tr {
            th scope="row" { code { (column) } }
            td.chart { (strip(&format!("{column}, share of cells that tell something: at most {}; {state}", percent(highest)), &cells)) }
            td.n { @match latest {
                Some(row) if row.dead => { strong.bad { "dead" } }
                Some(row) if !row.present => { "absent" }
                Some(row) => { (percent(share(row))) }
                None => { "\u{2013}" }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_since_the_last_time_that_it_went_dead() {
        let day = |day| chrono::NaiveDate::from_ymd_opt(2023, 4, day).unwrap().and_hms_opt(0, 0, 0).unwrap();
        let row = |day_of: u32, column: &str, dead| ColumnHealth {
            snapshot_at: day(day_of),
            column: column.to_owned(),
            dead,
            ..ColumnHealth::default()
        };
        let rows = [(1, true), (2, false), (3, true), (4, true)].map(|(day, dead)| row(day, "set", dead));
        let rows = [&rows[..], &[row(3, "demo", true), row(4, "demo", false)]].concat();
        let dead = dead_now(&rows);
        assert_eq!(
            dead.iter().map(|d| (d.column, d.since, d.snapshots)).collect::<Vec<_>>(),
            [("set", day(3), 2)]
        );
    }
}
