//! `leadq files`: the report files, what became of each, and every row in its bucket.

use arrow::record_batch::RecordBatch;
use clap::Args;
use futures::TryStreamExt;
use leadq_contract::rows::Bucket;
use leadq_contract::run::FileStatus;
use leadq_contract::{Finding, Severity, Table};
use leadq_pipeline::View;
use serde_json::{Map, Value as Json, json};

use super::{Global, Printing, Reading, findings};
use crate::columns;
use crate::edges::Edges;
use crate::failure::Outcome;
use crate::output::{self, Format, inert, thousands};
use crate::settings::Settings;

/// The report files, what became of each, and in which bucket its rows are
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq files
  leadq files --format json")]
pub(crate) struct FilesArgs {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    printing: Printing,
}

/// The form that goes without saying.
const USUAL_FORM: &str = "UTF-8, comma";

/// A file of a run.
pub(super) struct File {
    client: String,
    name: String,
    snapshot_at: String,
    status: String,
    reason: Option<String>,
    /// Encoding and delimiter, or sheet, and what was taken off before.
    read_as: String,
    rows_read: u64,
    /// By bucket, in the order of the rules.
    buckets: [u64; Bucket::ALL.len()],
    findings: Vec<Finding>,
}

pub(super) async fn run(global: &Global, args: &FilesArgs) -> Outcome<()> {
    let settings = global.settings()?;
    let edges = Edges::open(&settings)?;
    let view = edges.view(args.reading.run).await?;
    let files = read(&view, &settings).await?;
    match args.printing.format {
        Format::Table => output::print(&table(&files)),
        Format::Json => output::print_json(&files.iter().map(as_json).collect()),
        Format::Csv => csv(&files),
    }
}

/// The files of a run with their findings.
pub(super) async fn read(view: &View<'_>, settings: &Settings) -> Outcome<Vec<File>> {
    let rows: Vec<RecordBatch> = view.table(Table::ReportFile).await?.batches.try_collect().await?;
    let mut files: Vec<_> = rows.iter().flat_map(files_of).collect();
    for finding in findings::read(view, settings).await? {
        let of =
            |file: &&mut File| file.client == finding.client.0 && Some(&file.name) == finding.file.as_ref();
        if let Some(file) = files.iter_mut().find(of) {
            file.findings.push(finding);
        }
    }
    Ok(files)
}

fn files_of(rows: &RecordBatch) -> Vec<File> {
    let names = ["client_id", "file", "snapshot_at", "status", "read_as"];
    let texts = names.map(|name| columns::texts(rows, name));
    let reasons = columns::texts(rows, "reason");
    let rows_read = columns::numbers(rows, "rows_read");
    let buckets = Bucket::ALL.map(|bucket| columns::numbers(rows, bucket.name()));
    let text = |column: usize, row: usize| texts[column][row].clone().unwrap_or_default();
    (0..rows.num_rows())
        .map(|row| File {
            client: text(0, row),
            name: text(1, row),
            snapshot_at: text(2, row),
            status: text(3, row),
            reason: reasons[row].clone(),
            read_as: text(4, row),
            rows_read: rows_read[row].unwrap_or_default(),
            buckets: std::array::from_fn(|bucket| buckets[bucket][row].unwrap_or_default()),
            findings: Vec::new(),
        })
        .collect()
}

pub(super) fn as_json(file: &File) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("client_id", json!(file.client));
    put("file", json!(file.name));
    put("snapshot_at", json!(file.snapshot_at));
    put("status", json!(file.status));
    put("reason", json!(file.reason));
    put("read_as", json!(file.read_as));
    put("rows_read", json!(file.rows_read));
    for (bucket, rows) in Bucket::ALL.into_iter().zip(file.buckets) {
        put(bucket.name(), json!(rows));
    }
    let finding = |f: &Finding| json!({ "code": f.code.name(), "column": f.column, "count": f.count });
    put("findings", file.findings.iter().map(finding).collect());
    Json::Object(object)
}

fn csv(files: &[File]) -> Outcome<()> {
    let mut header = vec!["client_id", "file", "snapshot_at", "status", "rows_read"];
    header.extend(Bucket::ALL.into_iter().map(Bucket::name));
    output::print_csv(
        &header,
        files.iter().map(|file| {
            let mut row = vec![file.client.clone(), inert(&file.name).into_owned()];
            row.extend([file.snapshot_at.clone(), file.status.clone(), file.rows_read.to_string()]);
            row.extend(file.buckets.iter().map(u64::to_string));
            row
        }),
    )
}

/// Files by what became of them, and the rows of those that were ingested by bucket; of one client, if one is named.
pub(super) fn summary(files: &[File], client: Option<&str>) -> leadq_report::Files {
    let of_client = || files.iter().filter(|file| client.is_none_or(|client| file.client == client));
    let statuses =
        [FileStatus::Ingested, FileStatus::AlreadyIngested, FileStatus::Superseded, FileStatus::Rejected];
    let with = |status: FileStatus| of_client().filter(move |file| file.status == status.name());
    let rows = |bucket: Bucket| with(FileStatus::Ingested).map(|file| file.buckets[bucket as usize]).sum();
    leadq_report::Files {
        by_status: statuses.map(|status| (status, with(status).count() as u64)).to_vec(),
        rows: Bucket::ALL.map(|bucket| (bucket, rows(bucket))).to_vec(),
    }
}

/// Rows of the ingested files by bucket: what was read is the sum of them.
pub(super) fn buckets(files: &[File]) -> comfy_table::Table {
    let mut table = output::table(&["rows", "of ingested files"], &[1]);
    let ingested = || files.iter().filter(|file| file.status == FileStatus::Ingested.name());
    table.add_row(["read".to_owned(), thousands(ingested().map(|file| file.rows_read).sum())]);
    for bucket in Bucket::ALL {
        let rows = ingested().map(|file| file.buckets[bucket as usize]).sum();
        table.add_row([format!("  {}", bucket.name()), thousands(rows)]);
    }
    table
}

/// The files, a row each.
pub(super) fn table(files: &[File]) -> String {
    let mut table =
        output::table(&["file", "snapshot", "status", "read", "kept", "other rows and findings"], &[3, 4]);
    let several = files.iter().any(|file| file.client != files[0].client);
    for file in files {
        let kept = file.buckets[Bucket::Kept as usize];
        let mut notes: Vec<_> = Bucket::ALL
            .into_iter()
            .zip(file.buckets)
            .filter(|(bucket, rows)| *bucket != Bucket::Kept && *rows > 0)
            .map(|(bucket, rows)| format!("{rows} {}", bucket.name()))
            .collect();
        notes.extend(file.reason.clone());
        if !file.read_as.is_empty() && file.read_as != USUAL_FORM {
            notes.push(format!("read as {}", file.read_as));
        }
        // What is a bucket is told by its rows already, a rejected file by its reason.
        let told = |f: &&Finding| {
            let told_already = Bucket::ALL.iter().any(|bucket| bucket.name() == f.code.name());
            f.code.severity() > Severity::Info && !told_already && file.reason.is_none()
        };
        notes.extend(file.findings.iter().filter(told).map(|f| {
            let column = f.column.as_deref().map(|column| format!(" {column}")).unwrap_or_default();
            format!("{}{column}", f.code.name())
        }));
        let name = if several { format!("{}\n{}", file.name, file.client) } else { file.name.clone() };
        let when = file.snapshot_at.replace('T', " ");
        table.add_row([
            name,
            when,
            file.status.clone(),
            thousands(file.rows_read),
            thousands(kept),
            notes.join(", "),
        ]);
    }
    let ingested = || files.iter().filter(|file| file.status == FileStatus::Ingested.name());
    let read = ingested().map(|file| file.rows_read).sum();
    let kept = ingested().map(|file| file.buckets[Bucket::Kept as usize]).sum();
    let (taken, all) = (ingested().count(), files.len());
    format!(
        "{table}\n{taken} of {all} files ingested: {} rows read, {} kept\n",
        thousands(read),
        thousands(kept)
    )
}
