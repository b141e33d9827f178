//! `leadq metrics`: conversion rates with how sure they are.

use clap::Args;
use leadq_contract::run::RunRecord;
use leadq_metrics::{Basis, Counts, Value};
use serde_json::{Map, Value as Json, json};

use super::{Global, Printing, Reading};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::output::{self, Format, money, percent, thousands};

/// Conversion rates of a committed run, each with its 95 % interval
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq metrics
  leadq metrics --format json
  leadq metrics --run 3              as they were quoted after run 3
  leadq metrics --basis rows         the old report's row counts, for reconciliation only")]
pub(crate) struct MetricsArgs {
    /// What is counted: each lead once, or each row of each snapshot
    #[arg(long, value_enum, default_value = "leads")]
    basis: BasisArg,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: Printing,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum BasisArg {
    /// Each lead once
    Leads,
    /// Each kept row of each snapshot; no conversion rate, for reconciliation only
    Rows,
}

impl From<BasisArg> for Basis {
    fn from(arg: BasisArg) -> Self {
        match arg {
            BasisArg::Leads => Self::Leads,
            BasisArg::Rows => Self::Rows,
        }
    }
}

pub(super) async fn run(global: &Global, args: &MetricsArgs) -> Outcome<()> {
    let edges = Edges::open(&global.settings()?)?;
    let view = edges.view(args.reading.run).await?;
    let basis = Basis::from(args.basis);
    let counts = view.counts(basis).await?;
    match args.printing.format {
        Format::Table => output::print(&table(&view.run, basis, &counts)),
        Format::Json => output::print_json(&as_json(basis, &counts)),
        Format::Csv => csv(basis, &counts),
    }
}

/// The metrics as chapter 3's JSON.
pub(super) fn as_json(basis: Basis, counts: &Counts) -> Json {
    let mut row = Map::new();
    row.insert("segment".to_owned(), json!({}));
    row.insert("base".to_owned(), json!(base(basis)));
    for (name, value) in flat(counts) {
        row.insert(name, value);
    }
    for name in ["shrunken_rate", "p_value", "q_value"] {
        row.insert(name.to_owned(), Json::Null);
    }
    json!({ "as_of": null, "basis": basis.name(), "by": [], "rows": [row] })
}

/// What the delivered leads of a row are.
const fn base(basis: Basis) -> &'static str {
    match basis {
        Basis::Leads => "delivered",
        Basis::Rows => "rows",
    }
}

/// Every metric by name; a rate with its limits as `_low` and `_high`.
fn flat(counts: &Counts) -> Vec<(String, Json)> {
    let mut all = Vec::new();
    for metric in counts.metrics() {
        let name = metric.name.to_owned();
        match metric.value {
            Value::Count(count) => all.push((name, json!(count))),
            Value::Money(amount) => all.push((name, json!(amount))),
            Value::Rate(rate) => {
                all.push((format!("{name}_low"), json!(rate.map(|rate| rate.low))));
                all.push((format!("{name}_high"), json!(rate.map(|rate| rate.high))));
                all.push((name, json!(rate.map(|rate| rate.value))));
            }
        }
    }
    all
}

fn csv(basis: Basis, counts: &Counts) -> Outcome<()> {
    let flat = flat(counts);
    let header: Vec<_> =
        ["basis", "base"].into_iter().chain(flat.iter().map(|(name, _)| name.as_str())).collect();
    let text = |value: &Json| if value.is_null() { String::new() } else { value.to_string() };
    let row = [basis.name().to_owned(), base(basis).to_owned()];
    let row = row.into_iter().chain(flat.iter().map(|(_, value)| text(value))).collect();
    output::print_csv(&header, std::iter::once(row))
}

fn table(run: &RunRecord, basis: Basis, counts: &Counts) -> String {
    let heading = match basis {
        Basis::Leads => format!("Run {}, {}: each lead once", run.run, run.committed_at),
        Basis::Rows => format!(
            "Run {}, {}: ROWS of all snapshots, for reconciliation only.\n\
             A lead that stands in 22 snapshots is counted 22 times: this is no conversion rate.",
            run.run, run.committed_at
        ),
    };
    format!("{heading}\n{}\n", metrics_table(counts))
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
            Value::Rate(Some(rate)) => {
                (percent(rate.value), format!("{} to {}", percent(rate.low), percent(rate.high)))
            }
            Value::Money(Some(amount)) => (money(amount), String::new()),
            Value::Count(None) | Value::Rate(None) | Value::Money(None) => continue,
        };
        table.add_row([metric.name.to_owned(), value, interval, share_of(metric.name).to_owned()]);
    }
    table
}

/// The funnel: what people look at first.
pub(super) fn funnel(counts: &Counts) -> comfy_table::Table {
    let mut table = output::table(&["", "leads", "rate", "95 % interval", ""], &[1, 2, 3]);
    let mut add = |label: &str, count: Option<u64>, rate: &str| {
        let Some(count) = count else { return };
        let (value, interval) = match counts.metric(rate) {
            Some(Value::Rate(Some(rate))) => {
                (percent(rate.value), format!("{} to {}", percent(rate.low), percent(rate.high)))
            }
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
