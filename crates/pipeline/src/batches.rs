//! Tables that are made row by row: files, snapshots, clients, vocabularies, findings, quarantine.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Int64Array, ListBuilder, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use leadq_contract::rows::{Bucket, BucketCounts};
use leadq_contract::run::FileStatus;
use leadq_contract::vocabulary::{Claim, Outcome};
use leadq_contract::{ClientId, ClientSettings, Finding, ReportColumn, SurrogateKey, Table};
use leadq_matching::health::ColumnCounts;

use crate::error::RunError;
use crate::wall::{instant_of, micros};

/// A report file and what became of it.
pub(crate) struct FileRow {
    pub(crate) client: ClientId,
    pub(crate) name: String,
    pub(crate) snapshot_at: NaiveDateTime,
    pub(crate) status: FileStatus,
    pub(crate) reason: Option<String>,
    /// Encoding and delimiter, or sheet, and what was taken off before.
    pub(crate) read_as: String,
    pub(crate) content_key: [u8; 32],
    pub(crate) bytes: u64,
    pub(crate) buckets: BucketCounts,
}

/// A snapshot taken in.
pub(crate) struct SnapshotRow {
    /// Its place in [`FileRow`]s.
    pub(crate) file: usize,
    /// From 1, in snapshot order of its client.
    pub(crate) number: i64,
    pub(crate) rows_set: [u64; 2],
    pub(crate) entry_range: Option<(i32, i32)>,
    pub(crate) columns: ColumnCounts,
    pub(crate) dead: Vec<ReportColumn>,
}

/// A client and its snapshots.
pub(crate) struct ClientRow {
    pub(crate) settings: ClientSettings,
    pub(crate) snapshots: i64,
    pub(crate) first: Option<NaiveDateTime>,
    pub(crate) last: Option<NaiveDateTime>,
}

/// Words of a client's vocabulary that were seen.
pub(crate) struct Words {
    pub(crate) client: ClientSettings,
    pub(crate) dispositions: Vec<(String, Outcome)>,
    pub(crate) job_statuses: Vec<String>,
}

fn build(table: Table, columns: Vec<ArrayRef>) -> Result<RecordBatch, RunError> {
    RecordBatch::try_new(table.schema(&[]), columns)
        .map_err(|source| RunError::Build { table: table.name(), source })
}

fn texts<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    maybe_texts(values.map(Some))
}

fn maybe_texts<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn integers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<Int64Array>())
}

fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn times(values: impl Iterator<Item = Option<NaiveDateTime>>) -> ArrayRef {
    Arc::new(values.map(|time| time.map(micros)).collect::<TimestampMicrosecondArray>())
}

fn keys<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BinaryArray>())
}

fn bucket_columns<'a>(counts: impl Iterator<Item = &'a BucketCounts> + Clone) -> Vec<ArrayRef> {
    let total = integers(counts.clone().map(|c| c.rows_read() as i64));
    let by_bucket =
        Bucket::ALL.into_iter().map(|bucket| integers(counts.clone().map(|c| c.get(bucket) as i64)));
    std::iter::once(total).chain(by_bucket).collect()
}

pub(crate) fn report_file(files: &[FileRow]) -> Result<RecordBatch, RunError> {
    let mut columns = vec![
        texts(files.iter().map(|f| &f.client.0)),
        texts(files.iter().map(|f| &f.name)),
        times(files.iter().map(|f| Some(f.snapshot_at))),
        texts(files.iter().map(|f| f.status.name())),
        maybe_texts(files.iter().map(|f| f.reason.as_deref())),
        keys(files.iter().map(|f| f.content_key)),
        integers(files.iter().map(|f| f.bytes as i64)),
    ];
    columns.extend(bucket_columns(files.iter().map(|f| &f.buckets)));
    columns.push(texts(files.iter().map(|f| &f.read_as)));
    build(Table::ReportFile, columns)
}

pub(crate) fn dim_snapshot(snapshots: &[SnapshotRow], files: &[FileRow]) -> Result<RecordBatch, RunError> {
    let file = |snapshot: &SnapshotRow| &files[snapshot.file];
    let key = |snapshot: &SnapshotRow| {
        let file = file(snapshot);
        let at = micros(file.snapshot_at).to_le_bytes();
        SurrogateKey::of("snapshot", &[Some(file.client.0.as_bytes()), Some(&at), Some(file.name.as_bytes())])
            .0
    };
    let mut columns = vec![
        keys(snapshots.iter().map(key)),
        texts(snapshots.iter().map(|s| &file(s).client.0)),
        integers(snapshots.iter().map(|s| s.number)),
        times(snapshots.iter().map(|s| Some(file(s).snapshot_at))),
        texts(snapshots.iter().map(|s| &file(s).name)),
        keys(snapshots.iter().map(|s| file(s).content_key)),
    ];
    columns.extend(bucket_columns(snapshots.iter().map(|s| &file(s).buckets)));
    let dates = |value: fn((i32, i32)) -> i32| -> ArrayRef {
        Arc::new(snapshots.iter().map(|s| s.entry_range.map(value)).collect::<Date32Array>())
    };
    let dead = |s: &SnapshotRow| {
        let names: Vec<_> = s.dead.iter().map(|column| column.name()).collect();
        (!names.is_empty()).then(|| names.join(","))
    };
    columns.extend([
        integers(snapshots.iter().map(|s| s.rows_set[0] as i64)),
        integers(snapshots.iter().map(|s| s.rows_set[1] as i64)),
        dates(|range| range.0),
        dates(|range| range.1),
        maybe_texts(snapshots.iter().map(dead)),
    ]);
    build(Table::DimSnapshot, columns)
}

pub(crate) fn column_health(snapshots: &[SnapshotRow], files: &[FileRow]) -> Result<RecordBatch, RunError> {
    let rows = || snapshots.iter().flat_map(|s| ReportColumn::ALL.into_iter().map(move |column| (s, column)));
    let file = |snapshot: &SnapshotRow| &files[snapshot.file];
    build(
        Table::ColumnHealth,
        vec![
            texts(rows().map(|(s, _)| &file(s).client.0)),
            integers(rows().map(|(s, _)| s.number)),
            times(rows().map(|(s, _)| Some(file(s).snapshot_at))),
            texts(rows().map(|(s, _)| &file(s).name)),
            texts(rows().map(|(_, column)| column.name())),
            integers(rows().map(|(s, _)| s.columns.kept as i64)),
            integers(rows().map(|(s, column)| s.columns.informative[column.index()] as i64)),
            flags(rows().map(|(s, column)| s.columns.present.contains(column))),
            flags(rows().map(|(s, column)| s.dead.contains(&column))),
        ],
    )
}

pub(crate) fn dim_client(clients: &[ClientRow]) -> Result<RecordBatch, RunError> {
    let id = |c: &ClientRow| c.settings.id.0.clone();
    let instant = |c: &ClientRow| c.last.map(|last| instant_of(last, c.settings.timezone));
    let instants = clients.iter().map(instant).collect::<TimestampMicrosecondArray>().with_timezone("UTC");
    build(
        Table::DimClient,
        vec![
            keys(clients.iter().map(|c| SurrogateKey::of("client", &[Some(c.settings.id.0.as_bytes())]).0)),
            texts(clients.iter().map(id)),
            texts(clients.iter().map(|c| &c.settings.name)),
            texts(clients.iter().map(|c| c.settings.timezone.name())),
            integers(clients.iter().map(|c| c.settings.max_leads_per_key.into())),
            integers(clients.iter().map(|c| c.settings.max_records_per_key.into())),
            integers(clients.iter().map(|c| c.snapshots)),
            times(clients.iter().map(|c| c.first)),
            times(clients.iter().map(|c| c.last)),
            Arc::new(instants),
        ],
    )
}

pub(crate) fn dim_disposition(words: &[Words]) -> Result<RecordBatch, RunError> {
    let rows =
        || words.iter().flat_map(|w| w.dispositions.iter().map(move |(text, outcome)| (w, text, *outcome)));
    build(
        Table::DimDisposition,
        vec![
            keys(rows().map(|(w, text, _)| word_key("disposition", w, text))),
            texts(rows().map(|(w, ..)| &w.client.id.0)),
            texts(rows().map(|(_, text, _)| text)),
            texts(rows().map(|(.., outcome)| outcome.name())),
            maybe_texts(rows().map(|(_, text, outcome)| Claim::of(outcome, text).map(Claim::name))),
        ],
    )
}

pub(crate) fn dim_status(words: &[Words]) -> Result<RecordBatch, RunError> {
    let rows = || words.iter().flat_map(|w| w.job_statuses.iter().map(move |text| (w, text)));
    let stage = |(w, text): (&Words, &String)| {
        if w.client.vocabulary.is_cancelled(text) { "cancelled" } else { "sold" }
    };
    build(
        Table::DimStatus,
        vec![
            keys(rows().map(|(w, text)| word_key("status", w, text))),
            texts(rows().map(|(w, _)| &w.client.id.0)),
            texts(rows().map(|(_, text)| text)),
            texts(rows().map(stage)),
        ],
    )
}

fn word_key(entity: &str, words: &Words, text: &str) -> [u8; 16] {
    SurrogateKey::of(entity, &[Some(words.client.id.0.as_bytes()), Some(text.as_bytes())]).0
}

pub(crate) fn finding(findings: &[Finding]) -> Result<RecordBatch, RunError> {
    let mut samples =
        ListBuilder::new(StringBuilder::new()).with_field(Field::new("element", DataType::Utf8, true));
    for finding in findings {
        finding.samples.iter().for_each(|sample| samples.values().append_value(sample));
        samples.append(true);
    }
    build(
        Table::Finding,
        vec![
            texts(findings.iter().map(|f| f.code.name())),
            texts(findings.iter().map(|f| f.code.severity().name())),
            texts(findings.iter().map(|f| &f.client.0)),
            maybe_texts(findings.iter().map(|f| f.file.as_deref())),
            Arc::new(findings.iter().map(|f| f.line.map(|line| line as i64)).collect::<Int64Array>()),
            maybe_texts(findings.iter().map(|f| f.column.as_deref())),
            integers(findings.iter().map(|f| f.count as i64)),
            Arc::new(samples.finish()),
        ],
    )
}

/// A file's rows set aside, as rows of the table.
pub(crate) fn quarantine(client: &ClientId, file: &str, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
    let all = || 0..rows.num_rows();
    let mut columns = vec![texts(all().map(|_| &client.0)), texts(all().map(|_| file))];
    columns.extend(rows.columns().iter().cloned());
    build(Table::Quarantine, columns)
}

/// First and last day of each client.
pub(crate) fn client_days(days: impl Iterator<Item = (i32, i32)> + Clone) -> Result<RecordBatch, RunError> {
    let field = |name| Field::new(name, DataType::Date32, false);
    let schema = Schema::new(vec![field("first_day"), field("last_day")]);
    let column = |value: fn((i32, i32)) -> i32| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(days.clone().map(value)))
    };
    RecordBatch::try_new(Arc::new(schema), vec![column(|days| days.0), column(|days| days.1)])
        .map_err(|source| RunError::Build { table: "client_days", source })
}
