//! `leadq run`: the main job, once.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use leadq_contract::run::RunRecord;
use leadq_contract::{ClientId, Finding, Severity};
use leadq_ingest::timeline::natural;
use leadq_metrics::{Basis, Counts};
use leadq_pipeline::ports::Lake;
use leadq_pipeline::{ClientFiles, LeadsSource, RunOutcome, RunRequest, View, source};
use serde_json::json;

use super::{Global, Printing, findings, metrics};
use crate::edges::Edges;
use crate::failure::{EXIT_NEW_FINDINGS, Failure, Outcome};
use crate::host::ThisHost;
use crate::output::{self, Format, thousands};
use crate::progress::Progress;
use crate::settings::{Environment, Flags, Settings, shown};

/// The part of the memory that rows between two stages may take before they go to disk.
const SPOOL_SHARE: u64 = 8;

// Flags without a text here have that of their key in leadq.toml.
/// Take in leads and reports, match them, commit the tables, and print the funnel
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq run
  leadq run --leads exports/leads --reports drops/acme --lake /srv/leadq/lake
  leadq run --dry-run                what it would take in
  leadq run --strict                 exit code 10 if there are new findings")]
pub(crate) struct RunArgs {
    #[arg(long, num_args = 1.., value_name = "PATH")]
    leads: Vec<PathBuf>,
    #[arg(long, num_args = 1.., value_name = "PATH")]
    reports: Vec<PathBuf>,
    /// Show what would be taken in; read and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave with exit code 10 if the run found warnings or errors that the run before had not
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: RunArgs) -> Outcome<ExitCode> {
    let flags = Flags { leads: args.leads, reports: args.reports, ..global.flags() };
    let settings = Settings::resolve(flags, Environment::read())?;
    let leads = leads_of(&settings)?;
    let clients = settings
        .clients
        .iter()
        .map(|client| {
            let reports = source::reports(&client.reports)?;
            Ok(ClientFiles { settings: client.settings.clone(), reports })
        })
        .collect::<Outcome<Vec<_>>>()?;
    let edges = Edges::open(&settings)?;
    if args.dry_run {
        let last = edges.lake.last_run().await?;
        return dry_run(&settings, &leads, &clients, last.as_ref(), args.printing.format);
    }
    if clients.iter().all(|client| client.reports.is_empty()) {
        tracing::warn!("there are no report files: every lead will stand unmatched");
    }
    // Before the lake and the secret are made: what cannot be right leaves nothing behind.
    leadq_pipeline::check_leads(&leads, clients.len())?;
    let request = RunRequest {
        leads,
        clients,
        dimensions: settings.dimensions.clone(),
        limits: settings.limits,
        secret: edges.secret(&settings).await?,
        spool_memory: settings.memory / SPOOL_SHARE,
        scratch: settings.scratch.clone(),
        threads: settings.threads,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let observer = Arc::new(Progress::new(global.quiet));
    let outcome = leadq_pipeline::run(request, &edges.lake, &edges.engine, &ThisHost, observer).await?;
    tell(&settings, &edges, &outcome, args.printing.format, args.strict).await
}

/// The leads files of all clients and of each, in natural order of their names.
fn leads_of(settings: &Settings) -> Outcome<Vec<LeadsSource>> {
    let mut all: Vec<LeadsSource> = Vec::new();
    let mut owners: HashMap<PathBuf, &ClientId> = HashMap::new();
    let real = |file: &source::SourceFile| file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
    for client in &settings.clients {
        let (owner, schema) = (&client.settings.id, &client.lead_schema);
        for file in source::leads(&client.leads)? {
            if let Some(other) = owners.insert(real(&file), owner) {
                let path = shown(&file.path);
                return Err(Failure::usage(format!(
                    "{path} is in the leads of client {other} and of {owner}"
                ))
                .help("give each [[client]] a location of its own in leadq.toml"));
            }
            all.push(LeadsSource { file, owner: Some(owner.clone()), schema: Arc::clone(schema) });
        }
    }
    for file in source::leads(&settings.leads)? {
        // A client's own location may lie within that of all.
        if !owners.contains_key(&real(&file)) {
            all.push(LeadsSource { file, owner: None, schema: Arc::clone(&settings.lead_schema) });
        }
    }
    all.sort_by(|a, b| natural(&a.file.name, &b.file.name).then_with(|| a.file.path.cmp(&b.file.path)));
    Ok(all)
}

/// Prints what the run came to, from the tables that it committed.
async fn tell(
    settings: &Settings,
    edges: &Edges,
    outcome: &RunOutcome,
    format: Format,
    strict: bool,
) -> Outcome<ExitCode> {
    let before = match &outcome.previous {
        Some(previous) if strict => {
            known(&findings::read(&edges.view(Some(previous.run)).await?, settings).await?)
        }
        _ => HashSet::new(),
    };
    let view = edges.view(Some(outcome.record.run)).await?;
    let (counts, found) = (view.counts(Basis::Leads).await?, findings::read(&view, settings).await?);
    match format {
        Format::Table => output::print(&table(settings, &view, &counts, &found).await?)?,
        Format::Json => output::print_json(&json!({
            "run": outcome.record,
            "metrics": metrics::Answer::of_leads(&view, counts).await?.as_json()?,
            "findings": found.iter().map(findings::as_json).collect::<Vec<_>>(),
        }))?,
        Format::Csv => output::print_csv(&["stage", "leads"], funnel_rows(&counts))?,
    }
    let new = strict && known(&found).difference(&before).next().is_some();
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

async fn table(settings: &Settings, view: &View<'_>, counts: &Counts, found: &[Finding]) -> Outcome<String> {
    let run = &view.run;
    let rows = view.counts(Basis::Rows).await?;
    let pinned = |table: leadq_contract::Table| run.tables.get(table.name()).map_or(0, |pin| pin.rows);
    let mut text = format!(
        "Run {} committed to {}: {} leads, {} of {} report files, {} rows\n\n{}\n",
        run.run,
        settings.lake,
        thousands(pinned(leadq_contract::Table::DimLead)),
        pinned(leadq_contract::Table::DimSnapshot),
        pinned(leadq_contract::Table::ReportFile),
        thousands(rows.delivered),
        metrics::funnel(counts),
    );
    text.push_str("\nNeeds attention\n");
    text.push_str(&findings::summary(found, Severity::Warning));
    let peak = run
        .peak_memory
        .map(|bytes| format!(", {} MB at its peak", thousands(bytes >> 20)))
        .unwrap_or_default();
    text.push_str(&format!("\n{:.1} s{peak}\n", run.seconds.values().sum::<f64>()));
    Ok(text)
}

fn dry_run(
    settings: &Settings,
    leads: &[LeadsSource],
    clients: &[ClientFiles],
    last: Option<&RunRecord>,
    format: Format,
) -> Outcome<ExitCode> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut add = |what: &str, client: &str, file: &source::SourceFile| {
        rows.push([what.to_owned(), client.to_owned(), shown(&file.path), file.bytes.to_string()]);
    };
    for LeadsSource { file, owner, .. } in leads {
        add("leads", owner.as_ref().map_or("", |id| &id.0), file);
    }
    for client in clients {
        client.reports.iter().for_each(|file| add("report", &client.settings.id.0, file));
    }
    match format {
        Format::Csv => {
            output::print_csv(&["what", "client_id", "path", "bytes"], rows.into_iter().map(Vec::from))?
        }
        Format::Json => output::print_json(&json!({
            "lake": settings.lake,
            "last_run": last.map(|run| run.run),
            "files": rows.iter().map(|[what, client, path, bytes]| {
                json!({ "what": what, "client_id": client, "path": path, "bytes": bytes.parse::<u64>().ok() })
            }).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            let mut table = output::table(&["", "client", "file", "bytes"], &[3]);
            for [what, client, path, bytes] in rows {
                let bytes = bytes.parse().map_or(bytes, thousands);
                table.add_row([what, client, path, bytes]);
            }
            let run = last.map_or(1, |run| run.run + 1);
            output::print(&format!(
                "Run {run} would take these in and commit to {}; nothing was read or written.\n{table}\n",
                settings.lake
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
