//! `leadq runs`: the runs that were committed, and what one of them took in and made.

mod list;

use clap::Args;
use leadq_contract::run::{RunRecord, TablePin};
use leadq_contract::{Finding, FindingCode};
use leadq_metrics::Basis;
use leadq_pipeline::View;
use serde_json::json;

use super::{Global, Printing, files, findings, metrics};
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::output::{self, Format, thousands};

/// The runs that were committed and the attempts that failed since, or what one of them took in and made
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq runs
  leadq runs --limit 100 --format json
  leadq runs 3                       files, rows by stage, findings, seconds, tables of run 3
  leadq runs 3 --format csv          its tables, one a row

Exit codes: 0 done; 3 there is no such run.")]
pub(crate) struct RunsArgs {
    /// Number of a run
    #[arg(value_name = "ID")]
    id: Option<u64>,
    /// The most runs to list, latest first
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: &RunsArgs) -> Outcome<()> {
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    let Some(id) = args.id else { return list::list(&edges, args).await };
    let view = edges.view(Some(id)).await?;
    let files = files::read(&view, &settings).await?;
    let mut found = findings::read(&view, &settings).await?;
    // What is stale by now was not when the run was made.
    found.retain(|finding| finding.code != FindingCode::StaleReport);
    match args.printing.format {
        Format::Table => output::print(&page(&view, &files, &found).await?),
        Format::Json => output::print_json(&json!({
            "run": view.run,
            "metrics": metrics::Answer::of_leads(&view, view.counts(Basis::Leads).await?).await?.as_json()?,
            "files": files.iter().map(files::as_json).collect::<Vec<_>>(),
            "findings": found.iter().map(findings::as_json).collect::<Vec<_>>(),
        })),
        Format::Csv => {
            let rows = view.run.tables.iter();
            let row = |(name, pin): (&String, &TablePin)| {
                vec![name.clone(), pin.version.to_string(), pin.rows.to_string()]
            };
            output::print_csv(&["table", "version", "rows"], rows.map(row))
        }
    }
}

async fn page(view: &View<'_>, files: &[files::File], found: &[Finding]) -> Outcome<String> {
    let run = &view.run;
    let mut page = format!("Run {}, by leadq {}\n", run.run, run.leadq);
    page.push_str(&output::labelled(2, "began", &run.started_at));
    page.push_str(&output::labelled(2, "committed", &run.committed_at));
    let seconds = run.seconds.iter().map(|(stage, seconds)| format!("{stage} {seconds:.1}"));
    let seconds = format!("{:.1} ({})", total(run), seconds.collect::<Vec<_>>().join(", "));
    page.push_str(&output::labelled(2, "seconds", &seconds));
    if let Some(peak) = run.peak_memory {
        page.push_str(&output::labelled(2, "memory", &format!("{} MB at its peak", thousands(peak >> 20))));
    }
    if !run.dimensions.is_empty() {
        page.push_str(&output::labelled(2, "dimensions", &run.dimensions.join(", ")));
    }
    if !run.configuration.is_empty() {
        page.push_str(&output::labelled(2, "configured", &run.configuration));
    }
    page.push_str(&format!("\n{}\n", metrics::funnel(&view.counts(Basis::Leads).await?)));
    page.push_str(&taken_in(run));
    page.push_str(&format!("\n{}", files::table(files)));
    page.push_str(&format!("\n{}\n", files::buckets(files)));
    page.push_str(&format!("\n{}\n", codes(found)));
    let mut tables = output::table(&["table", "version", "rows"], &[1, 2]);
    for (name, pin) in &run.tables {
        tables.add_row([name.clone(), pin.version.to_string(), thousands(pin.rows)]);
    }
    page.push_str(&format!("\n{tables}\n"));
    Ok(page)
}

/// What the run itself took in, and its rows by stage; records of an older leadq have neither.
fn taken_in(run: &RunRecord) -> String {
    let mut text = String::new();
    if !run.files.is_empty() {
        let mut files = output::table(&["took in", "of", "became", "rows"], &[3]);
        for file in &run.files {
            let texts = [&file.name, &file.client, &file.status].map(String::clone);
            files.add_row(texts.into_iter().chain([thousands(file.rows)]));
        }
        text.push_str(&format!("\n{files}\n"));
    }
    if !run.rows.is_empty() {
        let mut rows = output::table(&["rows by stage", "count"], &[1]);
        for (stage, count) in run.rows.iter().filter(|(_, count)| **count > 0) {
            rows.add_row([stage.clone(), thousands(*count)]);
        }
        text.push_str(&format!("\n{rows}\n"));
    }
    text
}

/// Findings by code, worst first.
fn codes(found: &[Finding]) -> comfy_table::Table {
    let mut table = output::table(&["finding", "severity", "count"], &[2]);
    let mut codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    codes.dedup();
    codes.sort_by_key(|code| (std::cmp::Reverse(code.severity()), *code));
    codes.dedup();
    for code in codes {
        let count = found.iter().filter(|finding| finding.code == code).map(|finding| finding.count).sum();
        table.add_row([code.name().to_owned(), code.severity().name().to_owned(), thousands(count)]);
    }
    table
}

fn total(run: &RunRecord) -> f64 {
    run.seconds.values().sum()
}
