//! `leadq sync`: new files are fetched from the drops into the archive, and nothing else is done.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use leadq_pipeline::ports::ReceivedKind;
use leadq_pipeline::sync::{Left, SourceReport, Synced};
use serde_json::{Value as Json, json};

use super::fetched::{self, Told};
use super::{Global, Printing};
use crate::edges::Edges;
use crate::failure::{Kind, Outcome};
use crate::forgetting;
use crate::output::{self, Format, inert, thousands};
use crate::progress::Progress;
use crate::work;

/// Fetch new files from the drops (folders, SFTP, object storage) into the archive, and do nothing else
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq sync
  leadq sync --format json

A file that is left where it is, because it is still being uploaded or cannot be read, is told with the reason; it is \
looked at again the next time. Exit codes: 0 also then; 5 if a drop could not be listed at all.")]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    printing: Printing,
}

pub(super) async fn run(global: &Global, args: &SyncArgs) -> Outcome<ExitCode> {
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    let (archive, synced) = work::fetch(&settings, &edges, Arc::new(Progress::new(global.quiet))).await?;
    let request = work::request(&settings, &edges, false).await?;
    match forgetting::at_the_door(&request, &edges.lake, &archive).await {
        // The next run does it.
        Err(error) if work::is_locked(&error) => {}
        other => other?,
    }
    tell(&synced, args.printing.format)
}

/// Prints what came of fetching.
fn tell(synced: &Synced, format: Format) -> Outcome<ExitCode> {
    match format {
        Format::Table => output::print(&page(synced))?,
        Format::Json => output::print_json(&as_json(synced))?,
        Format::Csv => csv(synced)?,
    }
    let failed = synced.sources.iter().any(|source| source.failed.is_some());
    Ok(if failed { ExitCode::from(Kind::Environment.exit_code()) } else { ExitCode::SUCCESS })
}

const fn kind(kind: ReceivedKind) -> &'static str {
    match kind {
        ReceivedKind::Leads => "leads",
        ReceivedKind::Report => "reports",
    }
}

fn client(source: &SourceReport) -> String {
    source.client.as_ref().map(|client| client.0.clone()).unwrap_or_default()
}

/// The drops as a table, then what needs attention.
fn page(synced: &Synced) -> String {
    let mut table =
        output::table(&["client", "of", "source", "received", "bytes", "left", "unchanged"], &[3, 4, 5, 6]);
    for source in &synced.sources {
        let counts = [source.received, source.bytes, source.left, source.unchanged].map(thousands);
        let [received, bytes, left, unchanged] = counts;
        let about = [client(source), kind(source.kind).to_owned(), source.source.clone()];
        table.add_row(about.into_iter().chain([received, bytes, left, unchanged]));
    }
    let mut page = format!("{table}\n");
    for Told { what, todo } in fetched::left(synced) {
        page.push_str(&format!("\n{what}\n{}", output::indented(&format!("→ {todo}"), 2)));
    }
    page
}

fn as_json(synced: &Synced) -> Json {
    let left = |left: &Left| {
        json!({
            "client_id": left.client.as_ref().map(|client| &client.0), "source": left.source, "file": left.name,
            "cause": left.cause.name(), "reason": left.reason, "todo": left.advice,
        })
    };
    let lefts = |all: &[Left]| all.iter().map(left).collect::<Vec<_>>();
    let source = |source: &SourceReport| {
        json!({
            "client_id": source.client.as_ref().map(|client| &client.0), "of": kind(source.kind),
            "source": source.source, "received": source.received, "bytes": source.bytes, "left": source.left,
            "unchanged": source.unchanged,
            "error": source.failed.as_ref().map(|error| json!({ "reason": error.to_string(), "todo": error.hint })),
        })
    };
    let received = synced.received.iter().map(|file| {
        json!({
            "client_id": file.client.as_ref().map(|client| &client.0), "source": file.source, "file": file.name,
            "bytes": file.bytes,
        })
    });
    json!({
        "sources": synced.sources.iter().map(source).collect::<Vec<_>>(),
        "received": received.collect::<Vec<_>>(),
        "left": lefts(&synced.left),
        "uncleared": lefts(&synced.uncleared),
    })
}

/// A row a file: what was received, and what was left and why; and a row a drop that could not be listed.
fn csv(synced: &Synced) -> Outcome<()> {
    let text = |text: &str| inert(text).into_owned();
    let owner = |client: Option<&leadq_contract::ClientId>| client.map(|id| text(&id.0)).unwrap_or_default();
    let received = synced.received.iter().map(|file| {
        let texts =
            [owner(file.client.as_ref()), text(&file.source), text(&file.name), "received".to_owned()];
        texts.into_iter().chain([file.bytes.to_string(), String::new(), String::new()]).collect()
    });
    let left = synced.left.iter().chain(&synced.uncleared).map(|left| {
        let texts = [owner(left.client.as_ref()), text(&left.source), text(&left.name)];
        let why = [left.cause.name().to_owned(), String::new(), text(&left.reason), text(&left.advice)];
        texts.into_iter().chain(why).collect()
    });
    let failed = synced.sources.iter().filter_map(|source| {
        let error = source.failed.as_ref()?;
        let texts =
            [owner(source.client.as_ref()), text(&source.source), String::new(), "unlisted".to_owned()];
        let hint = error.hint.as_deref().unwrap_or_default();
        Some(texts.into_iter().chain([String::new(), text(&error.to_string()), text(hint)]).collect())
    });
    let header = ["client_id", "source", "file", "outcome", "bytes", "reason", "todo"];
    output::print_csv(&header, received.chain(left).chain(failed))
}
