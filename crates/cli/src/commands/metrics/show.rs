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
    if segments.by.is_empty() {
        let all = segments.rows.first().map(|row| row.counts).unwrap_or_default();
        return format!("{heading}\n{}\n", metrics_table(&all));
    }
    let shown = segments.rows.len().min(limit);
    let mut page = format!("{heading}\n{}\n", segments_table(segments, limit));
    page.push_str(&format!("{} segments", thousands(segments.rows.len() as u64)));
    if shown < segments.rows.len() {
        page.push_str(&format!(", {shown} shown; --limit shows more, --format csv all of them"));
    }
    page.push_str("; ↑ ↓ differs from all others together (false discovery rate 5 %)");
    if segments.base == Base::Matched {
        page.push_str(
            "\nOf matched leads only: the client's report alone knows this, and rates are of them.",
        );
    }
    page.push('\n');
    page
}

fn segments_table(segments: &Segments, limit: usize) -> comfy_table::Table {
    let mut header: Vec<&str> = segments.by.iter().map(String::as_str).collect();
    let first = header.len();
    header.extend(["leads", "set", "rate", "95 % interval", "shrunken", "demos", "sold"]);
    let numeric: Vec<_> = (first..header.len()).collect();
    let mut table = output::table(&header, &numeric);
    let all =
        segments.rows.iter().fold((0, 0), |sum, row| (sum.0 + row.counts.set, sum.1 + row.counts.delivered));
    let pooled = Rate::of(all.0, all.1).map_or(0.0, |rate| rate.value);
    for row in segments.rows.iter().take(limit) {
        table.add_row(segment_row(row, pooled));
    }
    table
}

fn segment_row(row: &Segment, pooled: f64) -> Vec<String> {
    let counts = &row.counts;
    let (rate, interval) = match counts.metric("conversion_rate") {
        Some(Value::Rate(Some(rate))) => {
            let differs = row.standing.q_value.is_some_and(|q| q < DIFFERS);
            let mark = if !differs {
                " "
            } else if rate.value > pooled {
                "↑"
            } else {
                "↓"
            };
            (format!("{}{mark}", percent(rate.value)), interval(&rate))
        }
        _ => Default::default(),
    };
    let mut cells: Vec<_> =
        row.values.iter().map(|value| value.clone().unwrap_or_else(|| NONE.to_owned())).collect();
    cells.extend([
        thousands(counts.delivered),
        thousands(counts.set),
        rate,
        interval,
        row.standing.shrunken_rate.map(percent).unwrap_or_default(),
        thousands(counts.demos),
        counts.sold.map(thousands).unwrap_or_default(),
    ]);
    cells
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
