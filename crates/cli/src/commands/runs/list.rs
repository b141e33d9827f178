//! The list of runs: those that were committed, and the attempts that failed since.

use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord};
use leadq_metrics::{Basis, Counts, Value};
use leadq_pipeline::View;
use leadq_pipeline::ports::{Lake, PortError};
use serde_json::{Value as Json, json};

use super::{RunsArgs, total};
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Format, percent, thousands};

/// A run of the list; what cannot be read of it any more is an error of its own.
struct Listed {
    number: u64,
    run: Result<RunRecord, String>,
    counts: Result<Counts, String>,
}

/// Prints the runs, latest first.
pub(super) async fn list(edges: &Edges, args: &RunsArgs) -> Outcome<()> {
    let last = edges.lake.last_run().await?;
    let mut failed = edges.lake.failures().await?;
    if last.is_none() && failed.is_empty() {
        return Err(Failure::data(format!("no run has been committed to {}", edges.lake_name()))
            .help("run `leadq run` first, or name another lake with --lake"));
    }
    failed.reverse();
    failed.truncate(args.limit);
    let mut listed = Vec::new();
    for number in (1..=last.map_or(0, |last| last.run)).rev().take(args.limit) {
        let run = edges.lake.run(number).await.map_err(|error| error.to_string());
        let counts = match &run {
            Ok(run) => counts(edges, run).await.map_err(|error| error.to_string()),
            Err(_) => Err(String::new()),
        };
        listed.push(Listed { number, run, counts });
    }
    match args.printing.format {
        Format::Table => output::print(&format!("{}{}", attempts(&failed), table(&listed))),
        Format::Json => {
            output::print_json(&failed.iter().map(attempt).chain(listed.iter().map(as_json)).collect())
        }
        Format::Csv => csv(&failed, &listed),
    }
}

/// Attempts that failed since the last committed run, latest first, for people.
fn attempts(failed: &[FailedRun]) -> String {
    let mut text = String::new();
    for run in failed {
        let when = run.failed_at.replace('T', " ").replace('Z', "");
        text.push_str(&output::indented(&format!("failed at {when}: {}", run.error), 0));
    }
    if !failed.is_empty() {
        text.push_str("Nothing of these was committed; the next run tries again.\n\n");
    }
    text
}

fn attempt(run: &FailedRun) -> Json {
    json!({
        "run": null, "started_at": run.started_at, "failed_at": run.failed_at, "leadq": run.leadq, "failed": run.error,
    })
}

/// The counts of a run, from the only table that they need.
async fn counts(edges: &Edges, run: &RunRecord) -> Result<Counts, PortError> {
    let view = View::of(&edges.lake, &edges.engine, run.clone(), &[Table::FactLeadOutcome]).await?;
    view.counts(Basis::Leads).await
}

fn rate(counts: &Counts) -> Option<f64> {
    match counts.metric("conversion_rate") {
        Some(Value::Rate(rate)) => rate.map(|rate| rate.value),
        _ => None,
    }
}

fn rows_of(run: &RunRecord, table: Table) -> Option<u64> {
    run.tables.get(table.name()).map(|pin| pin.rows)
}

fn as_json(listed: &Listed) -> Json {
    let run = match &listed.run {
        Ok(run) => run,
        Err(error) => return json!({ "run": listed.number, "error": error }),
    };
    let counts = listed.counts.as_ref().ok();
    json!({
        "run": run.run,
        "committed_at": run.committed_at,
        "leadq": run.leadq,
        "seconds": total(run),
        "peak_memory": run.peak_memory,
        "leads": rows_of(run, Table::DimLead),
        "report_files": rows_of(run, Table::ReportFile),
        "snapshots": rows_of(run, Table::DimSnapshot),
        "delivered": counts.map(|counts| counts.delivered),
        "set": counts.map(|counts| counts.set),
        "conversion_rate": counts.and_then(rate),
        "error": listed.counts.as_ref().err(),
    })
}

/// The cells of a run that can be read.
fn cells(run: &RunRecord, counts: Option<&Counts>, count: impl Fn(u64) -> String) -> [String; 7] {
    let or_none = |value: Option<u64>| value.map(&count).unwrap_or_default();
    [
        run.committed_at.clone(),
        format!("{:.1}", total(run)),
        or_none(rows_of(run, Table::DimLead)),
        or_none(rows_of(run, Table::ReportFile)),
        or_none(counts.map(|counts| counts.delivered)),
        or_none(counts.map(|counts| counts.set)),
        String::new(),
    ]
}

fn csv(failed: &[FailedRun], listed: &[Listed]) -> Outcome<()> {
    let header = [
        "run",
        "committed_at",
        "seconds",
        "leads",
        "report_files",
        "delivered",
        "set",
        "conversion_rate",
        "error",
    ];
    let rows = listed.iter().map(|listed| {
        let mut row = vec![listed.number.to_string()];
        match &listed.run {
            Ok(run) => {
                let counts = listed.counts.as_ref().ok();
                let mut cells = cells(run, counts, |n| n.to_string());
                cells[6] = counts.and_then(rate).map(|rate| rate.to_string()).unwrap_or_default();
                row.extend(cells);
                row.push(listed.counts.as_ref().err().cloned().unwrap_or_default());
            }
            Err(error) => {
                row.extend(std::iter::repeat_n(String::new(), 7));
                row.push(error.clone());
            }
        }
        row
    });
    let failed = failed.iter().map(|run| {
        let mut row = vec![String::new(); header.len()];
        row[header.len() - 1] = format!("failed at {}: {}", run.failed_at, run.error);
        row
    });
    output::print_csv(&header, failed.chain(rows))
}

fn table(listed: &[Listed]) -> String {
    let header = ["run", "committed", "s", "leads", "files", "delivered", "set", "rate"];
    let mut table = output::table(&header, &[0, 2, 3, 4, 5, 6, 7]);
    let mut notes = String::new();
    for listed in listed {
        let error = match &listed.run {
            Ok(run) => {
                let counts = listed.counts.as_ref().ok();
                let mut cells = cells(run, counts, thousands);
                cells[0] = cells[0].replace('T', " ").replace('Z', "");
                cells[6] = counts.and_then(rate).map(percent).unwrap_or_default();
                let mut row = vec![listed.number.to_string()];
                row.extend(cells);
                table.add_row(row);
                listed.counts.as_ref().err()
            }
            Err(error) => {
                table.add_row([listed.number.to_string()]);
                Some(error)
            }
        };
        if let Some(error) = error {
            notes.push_str(&output::indented(&format!("run {}: {error}", listed.number), 0));
        }
    }
    if listed.is_empty() {
        return "No run has been committed.\n".to_owned();
    }
    format!("{table}\n{notes}\nTimes are in UTC. What a run took in and made: leadq runs ID\n")
}
