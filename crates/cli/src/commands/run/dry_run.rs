//! `leadq run --dry-run`: what would be fetched and taken in.

use std::process::ExitCode;

use leadq_pipeline::ports::{Lake as _, ReceivedKind};
use serde_json::json;

use crate::edges::Edges;
use crate::failure::Outcome;
use crate::fetch;
use crate::output::{self, Format, thousands};
use crate::settings::Settings;

/// A file in a drop.
struct Row {
    what: &'static str,
    client: String,
    path: String,
    bytes: Option<u64>,
}

/// Lists the drops and prints what is in them; nothing is made.
pub(super) async fn show(settings: &Settings, format: Format) -> Outcome<ExitCode> {
    let sources = fetch::sources(settings)?;
    let lake = Edges::lake(settings)?;
    fetch::check_places(&sources)?;
    if !lake.exists().await? {
        fetch::check_files(settings, &sources).await?;
    }
    let last = lake.last_run().await?;
    let mut rows: Vec<Row> = Vec::new();
    for source in &sources {
        let mut files = source.sync.drop.list().await?.files;
        files.sort_by(|a, b| leadq_ingest::timeline::natural(&a.name, &b.name));
        let what = match source.sync.kind {
            ReceivedKind::Leads => "leads",
            ReceivedKind::Report => "report",
        };
        let client = source.sync.client.as_ref().map(|id| id.0.clone()).unwrap_or_default();
        rows.extend(files.into_iter().map(|file| Row {
            what,
            client: client.clone(),
            path: format!("{}/{}", source.location.trim_end_matches('/'), file.name),
            bytes: file.bytes,
        }));
    }
    match format {
        Format::Csv => {
            let rows = rows.into_iter().map(|row| {
                let bytes = row.bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
                vec![row.what.to_owned(), row.client, row.path, bytes]
            });
            output::print_csv(&["what", "client_id", "path", "bytes"], rows)?;
        }
        Format::Json => output::print_json(&json!({
            "lake": settings.lake,
            "last_run": last.map(|run| run.run),
            "files": rows.iter().map(|row| {
                json!({ "what": row.what, "client_id": row.client, "path": row.path, "bytes": row.bytes })
            }).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            let mut table = output::table(&["", "client", "file", "bytes"], &[3]);
            for row in rows {
                let bytes = row.bytes.map(thousands).unwrap_or_default();
                table.add_row([row.what.to_owned(), row.client, row.path, bytes]);
            }
            let run = last.map_or(1, |run| run.run + 1);
            output::print(&format!(
                "Run {run} would fetch what is new of these and commit to {}; nothing was read or written.\n{table}\n",
                settings.lake
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
