//! `leadq run`: the main job, once.

mod dry_run;

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use leadq_contract::{Finding, Severity, Table};
use leadq_metrics::{Basis, Counts};
use leadq_pipeline::{RunOutcome, View};
use serde_json::json;

use super::{Global, Printing, Waiting, fetched, findings, metrics};
use crate::edges::Edges;
use crate::environment::Environment;
use crate::failure::{EXIT_NEW_FINDINGS, Outcome};
use crate::output::{self, Format, thousands};
use crate::progress::Progress;
use crate::settings::{Flags, Settings};
use crate::work::{self, Order};

// Flags without a text here have that of their key in leadq.toml.
/// Fetch what is new, take it in, match it, commit the tables, and print the funnel
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq run
  leadq run --leads exports/leads --reports drops/acme --lake /srv/leadq/lake
  leadq run --dry-run                what it would fetch and take in
  leadq run --wait 10m               wait for a run that goes on already
  leadq run --strict                 exit code 10 if there are new findings")]
pub(crate) struct RunArgs {
    #[arg(long, num_args = 1.., value_name = "PATH")]
    leads: Vec<String>,
    #[arg(long, num_args = 1.., value_name = "PATH")]
    reports: Vec<String>,
    /// Show what would be fetched and taken in; write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    waiting: Waiting,
    /// Leave with exit code 10 if the run found warnings or errors that the run before had not
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: RunArgs) -> Outcome<ExitCode> {
    let flags = Flags { leads: args.leads, reports: args.reports, ..global.flags() };
    let settings = Settings::resolve(flags, Environment::read())?;
    if args.dry_run {
        return dry_run::show(&settings, args.printing.format).await;
    }
    let observer = Arc::new(Progress::new(global.quiet));
    let edges = Edges::open(&settings)?;
    let done =
        work::run(&settings, &edges, Order { wait: args.waiting.wait, ..Order::default() }, observer).await?;
    fetched::warn(&done.synced);
    tell(&settings, &edges, &done.outcome, args.printing.format, args.strict).await
}

/// What is printed of a run stands in these tables: to open all of them takes longer than to read these.
const TOLD: [Table; 4] = [Table::FactLeadOutcome, Table::DimSnapshot, Table::Finding, Table::DimClient];

/// Prints what the run came to, from the tables that it committed.
pub(super) async fn tell(
    settings: &Settings,
    edges: &Edges,
    outcome: &RunOutcome,
    format: Format,
    strict: bool,
) -> Outcome<ExitCode> {
    let (run, before) = match outcome {
        RunOutcome::Committed { record, previous: Some(previous) } if strict => {
            let before = edges.view(Some(previous.run)).await?;
            (record, Some(known(&findings::read(&before, settings).await?)))
        }
        RunOutcome::Committed { record, .. } => (record, Some(HashSet::new())),
        RunOutcome::NothingNew(record) => (record, None),
    };
    let view = edges.view_of(run, &TOLD).await?;
    let (counts, found) = (view.counts(Basis::Leads).await?, findings::read(&view, settings).await?);
    match format {
        Format::Table => output::print(&table(settings, &view, &counts, &found, before.is_some()).await?)?,
        Format::Json => output::print_json(&json!({
            "nothing_new": before.is_none(),
            "run": run,
            "metrics": metrics::Answer::of_leads(&view, counts).await?.as_json()?,
            "findings": found.iter().map(findings::as_json).collect::<Vec<_>>(),
        }))?,
        Format::Csv => output::print_csv(&["stage", "leads"], funnel_rows(&counts))?,
    }
    let new = strict && before.is_some_and(|before| known(&found).difference(&before).next().is_some());
    Ok(if new { ExitCode::from(EXIT_NEW_FINDINGS) } else { ExitCode::SUCCESS })
}

/// What of the findings makes them the same in two runs; those for information do not count.
fn known(findings: &[Finding]) -> HashSet<String> {
    findings
        .iter()
        .filter(|finding| finding.code.severity() > Severity::Info)
        .map(|f| format!("{}\0{}\0{:?}\0{:?}", f.code.name(), f.client, f.file, f.column))
        .collect()
}

fn funnel_rows(counts: &Counts) -> impl Iterator<Item = Vec<String>> {
    let stages = [
        ("delivered", Some(counts.delivered)),
        ("matched", counts.matched),
        ("set", Some(counts.set)),
        ("demos", Some(counts.demos)),
        ("sold", counts.sold),
        ("net_sold", counts.net_sold),
    ];
    stages.into_iter().map(|(stage, count)| {
        vec![stage.to_owned(), count.map(|count| count.to_string()).unwrap_or_default()]
    })
}

async fn table(
    settings: &Settings,
    view: &View<'_>,
    counts: &Counts,
    found: &[Finding],
    committed: bool,
) -> Outcome<String> {
    let run = &view.run;
    let rows = view.counts(Basis::Rows).await?;
    let pinned = |table: Table| run.tables.get(table.name()).map_or(0, |pin| pin.rows);
    let mut text = format!(
        "{}: {} leads, {} of {} report files, {} rows\n\n{}\n",
        if committed {
            format!("Run {} committed to {}", run.run, settings.lake)
        } else {
            format!(
                "Nothing new since run {} of {} in {}",
                run.run,
                shown_time(&run.committed_at),
                settings.lake
            )
        },
        thousands(pinned(Table::DimLead)),
        pinned(Table::DimSnapshot),
        pinned(Table::ReportFile),
        thousands(rows.delivered),
        metrics::funnel(counts),
    );
    text.push_str("\nNeeds attention\n");
    text.push_str(&findings::summary(found, Severity::Warning));
    if !committed {
        return Ok(text);
    }
    let peak = run
        .peak_memory
        .map(|bytes| format!(", {} MB at its peak", thousands(bytes >> 20)))
        .unwrap_or_default();
    text.push_str(&format!("\n{:.1} s{peak}\n", run.seconds.values().sum::<f64>()));
    Ok(text)
}

/// A time of a run record for people.
fn shown_time(rfc_3339: &str) -> String {
    rfc_3339.replace('T', " ").replace('Z', " UTC")
}
