//! What `leadq metrics` prints for people.

use leadq_contract::run::RunRecord;
use leadq_metrics::question::NONE;
use leadq_metrics::{Base, Basis, Counts, Rate, Segment, Segments, Value};

use super::Answer;
use crate::output::{self, money, percent, thousands};

/// False discovery rate at which a segment is said to differ from the others.
const DIFFERS: f64 = 0.05;

/// The answer as a page.
pub(super) fn table(run: &RunRecord, answer: &Answer, limit: usize) -> String {
    let as_of = answer.as_of.map(|at| format!(", as of {at}")).unwrap_or_default();
    let heading = match answer.basis {
        Basis::Leads => format!("Run {}, {}: each lead once{as_of}", run.run, run.committed_at),
        Basis::Rows => format!(
            "Run {}, {}: ROWS of all snapshots, for reconciliation only.\n\
             A lead that stands in 22 snapshots is counted 22 times: this is no conversion rate.",
            run.run, run.committed_at
        ),
    };
    let segments = &answer.segments;
    let mut page = format!("{heading}\n");
    if segments.rows.iter().all(|row| row.counts.delivered == 0) {
        page.push_str("No lead is among them.\n");
        return page;
    }
    if segments.by.is_empty() {
        let all = segments.rows.first().map(|row| row.counts).unwrap_or_default();
        page.push_str(&format!("{}\n", metrics_table(&all)));
    } else {
        page.push_str(&format!("{}\n", segments_table(segments, limit)));
    }
    for note in answer.notes.iter().cloned().chain(segment_notes(segments, limit)) {
        page.push_str(&output::indented(&note, 0));
    }
    page
}

/// What has to be said below the segments.
fn segment_notes(segments: &Segments, limit: usize) -> Vec<String> {
    if segments.by.is_empty() {
        return Vec::new();
    }
    let all = segments.rows.len();
    let mut counted = format!("{} {}", thousands(all as u64), if all == 1 { "segment" } else { "segments" });
    if all > limit {
        counted.push_str(&format!(", {limit} shown; --limit shows more, --format csv all of them"));
    }
    let mut notes = vec![format!("{counted}.")];
    if segments.rows.iter().any(|row| row.standing.q_value.is_some_and(|q| q < DIFFERS)) {
        notes.push("↑ ↓ differs from all others together, at a false discovery rate of 5 %.".to_owned());
    }
    if segments.base == Base::Matched {
        notes.push(
            "Of matched leads only: the client's report alone knows this, and rates are of them.".to_owned(),
        );
    }
    notes
}

/// A column of the segments beside their values: heading, width, cell.
type Shown = (&'static str, usize, fn(&Segment, f64) -> String);

/// What is always shown, then what is shown where there is room.
const ALWAYS: [Shown; 4] = [
    ("leads", 8, |row, _| thousands(row.counts.delivered)),
    ("set", 7, |row, _| thousands(row.counts.set)),
    ("rate", 11, marked_rate),
    ("95 % interval", 17, |row, _| rate_of(row).map(|rate| interval(&rate)).unwrap_or_default()),
];
const SHRUNKEN: Shown =
    ("shrunken", 11, |row, _| row.standing.shrunken_rate.map(percent).unwrap_or_default());
const PRICED: [Shown; 2] = [
    ("cost/set", 11, |row, _| money_of(row, "cost_per_set")),
    ("cost/sale", 12, |row, _| money_of(row, "cost_per_sale")),
];
const FURTHER: [Shown; 2] = [
    ("demos", 8, |row, _| thousands(row.counts.demos)),
    ("sold", 7, |row, _| row.counts.sold.map(thousands).unwrap_or_default()),
];

/// Columns that a segment's value takes, at the least.
const VALUE: usize = 12;

fn segments_table(segments: &Segments, limit: usize) -> comfy_table::Table {
    let priced = segments.rows.iter().any(|row| row.counts.cost.is_some());
    let mut shown = ALWAYS.to_vec();
    let mut room = output::width().saturating_sub(VALUE * segments.by.len());
    room = room.saturating_sub(ALWAYS.iter().map(|column| column.1).sum());
    let more = std::iter::once(SHRUNKEN).chain(PRICED.into_iter().filter(|_| priced)).chain(FURTHER);
    for column in more {
        let Some(left) = room.checked_sub(column.1) else { break };
        room = left;
        shown.push(column);
    }
    let names: Vec<&str> =
        segments.by.iter().map(String::as_str).chain(shown.iter().map(|column| column.0)).collect();
    let numeric: Vec<_> = (segments.by.len()..names.len()).collect();
    let mut table = output::table(&names, &numeric);
    let all =
        segments.rows.iter().fold((0, 0), |sum, row| (sum.0 + row.counts.set, sum.1 + row.counts.delivered));
    let pooled = Rate::of(all.0, all.1).map_or(0.0, |rate| rate.value);
    for row in segments.rows.iter().take(limit) {
        let values = row.values.iter().map(|value| cut(value.as_deref().unwrap_or(NONE)));
        table.add_row(values.chain(shown.iter().map(|column| column.2(row, pooled))));
    }
    table
}

/// A value as far as it helps to tell segments apart.
fn cut(value: &str) -> String {
    const MOST: usize = 40;
    match value.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

fn rate_of(row: &Segment) -> Option<Rate> {
    Rate::of(row.counts.set, row.counts.delivered)
}

/// The rate, with where it stands if it differs from all others.
fn marked_rate(row: &Segment, pooled: f64) -> String {
    let differs = row.standing.q_value.is_some_and(|q| q < DIFFERS);
    rate_of(row).map_or_else(String::new, |rate| {
        let mark = match rate.value > pooled {
            _ if !differs => " ",
            true => "↑",
            false => "↓",
        };
        format!("{}{mark}", percent(rate.value))
    })
}

fn money_of(row: &Segment, name: &str) -> String {
    match row.counts.metric(name) {
        Some(Value::Money(Some(amount))) => money(amount),
        _ => String::new(),
    }
}

/// A rate's limits.
pub(in crate::commands) fn interval(rate: &Rate) -> String {
    let (low, high) = (percent(rate.low), percent(rate.high));
    format!("{} to {high}", low.trim_end_matches(" %"))
}

/// What a rate is a share of.
fn share_of(name: &str) -> &'static str {
    match name {
        "match_rate" | "conversion_rate" => "of delivered",
        "valid_conversion_rate" => "set, of delivered less disqualified",
        "set_of_matched_rate" => "of matched",
        "demo_rate" => "of set",
        "close_rate" => "of demos",
        "cancel_rate" => "of sold",
        _ => "",
    }
}

fn metrics_table(counts: &Counts) -> comfy_table::Table {
    let mut table = output::table(&["metric", "value", "95 % interval", ""], &[1, 2]);
    for metric in counts.metrics() {
        let (value, interval) = match metric.value {
            Value::Count(Some(count)) => (thousands(count), String::new()),
            Value::Rate(Some(rate)) => (percent(rate.value), interval(&rate)),
            Value::Money(Some(amount)) => (money(amount), String::new()),
            Value::Count(None) | Value::Rate(None) | Value::Money(None) => continue,
        };
        table.add_row([metric.name.to_owned(), value, interval, share_of(metric.name).to_owned()]);
    }
    table
}

/// The funnel: what people look at first.
pub(in crate::commands) fn funnel(counts: &Counts) -> comfy_table::Table {
    let mut table = output::table(&["", "leads", "rate", "95 % interval", ""], &[1, 2, 3]);
    let mut add = |label: &str, count: Option<u64>, rate: &str| {
        let Some(count) = count else { return };
        let (value, interval) = match counts.metric(rate) {
            Some(Value::Rate(Some(rate))) => (percent(rate.value), interval(&rate)),
            _ => Default::default(),
        };
        let of = if value.is_empty() { "" } else { share_of(rate) };
        table.add_row([label.to_owned(), thousands(count), value, interval, of.to_owned()]);
    };
    add("delivered", Some(counts.delivered), "");
    add("matched", counts.matched, "match_rate");
    add("set", Some(counts.set), "conversion_rate");
    add("  by inference only", counts.set_inferred.filter(|n| *n > 0), "");
    add("demos", Some(counts.demos), "demo_rate");
    add("sold", counts.sold, "close_rate");
    add("  cancelled", counts.cancelled.filter(|n| *n > 0), "cancel_rate");
    table
}
