//! Room 1 as a stage of the run: leads files to a scratch table, report files to spools.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Seek;
use std::sync::Arc;

use arrow::array::{Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDateTime, Timelike};
use leadq_contract::rows::QuarantinedRow;
use leadq_contract::{ClientId, ClientSettings, IdentifierSecret, Limits};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::container::{Content, Part, Refusal, unpack};
use leadq_ingest::timeline::{ArchiveFacts, FileFacts};
use leadq_ingest::{
    Forgotten, IngestError, LeadOptions, LeadReading, ReportOptions, ReportReading, RestartableSink, RowSink,
    SinkError, read_leads, read_report, snapshot_time,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::error::RunError;
use crate::observer::Observer;
use crate::ports::PortError;
use crate::run::LeadsSource;
use crate::source::SourceFile;
use crate::spool::{Spool, SpoolMemory};

/// Rows of the quarantine in a batch.
const QUARANTINE_BATCH: usize = 256;

/// A leads file as it was read.
pub(crate) struct LeadsFile {
    pub(crate) file: SourceFile,
    pub(crate) reading: LeadReading,
    /// Rows set aside, as [`quarantine_schema`].
    pub(crate) quarantine: Spool,
}

/// A report file as it was read.
pub(crate) struct ReportFile {
    pub(crate) facts: FileFacts,
    pub(crate) reading: ReportReading,
    /// Kept rows, as [`report_rows`](leadq_contract::rows::report_rows).
    pub(crate) rows: Spool,
    /// Rows set aside, as [`quarantine_schema`].
    pub(crate) quarantine: Spool,
}

/// Rows set aside within one file: line, reason, text.
pub(crate) fn quarantine_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("line", DataType::Int64, false),
        Field::new("reason", DataType::Utf8, false),
        Field::new("text", DataType::Utf8, false),
    ]))
}

/// What every file is read with.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) secret: Arc<IdentifierSecret>,
    pub(crate) memory: SpoolMemory,
    pub(crate) scratch: std::path::PathBuf,
    pub(crate) limits: Limits,
}

impl Reading {
    fn spool(&self) -> Spool {
        Spool::new(&self.memory, &self.scratch)
    }
}

/// Reads leads files in order; clean rows go to `rows`.
pub(crate) fn leads(
    files: Vec<LeadsSource>,
    clients: &[ClientSettings],
    dimensions: &[String],
    algorithms: &BTreeMap<ClientId, HashAlgorithm>,
    with: &Reading,
    rows: &mpsc::Sender<Result<RecordBatch, PortError>>,
    observer: &dyn Observer,
) -> Result<Vec<LeadsFile>, RunError> {
    let only = match clients {
        [client] => Some(&client.id),
        _ => None,
    };
    let mut read = Vec::new();
    let mut first_ordinal = 0;
    for LeadsSource { file, owner, schema } in files {
        let failed = |source| RunError::Leads { file: file.path.display().to_string(), source };
        let options = LeadOptions {
            clients,
            schema: &schema,
            owner: owner.as_ref().or(only),
            dimensions,
            secret: &with.secret,
            algorithms,
            forgotten: Forgotten::nobody(),
            first_ordinal,
        };
        let mut sink = LeadSink { rows, quarantine: QuarantineSpool::new(with.spool()) };
        let input = File::open(&file.path).map_err(|e| failed(e.into()))?;
        let reading = read_leads(input, &options, &mut sink).map_err(failed)?;
        first_ordinal += i64::try_from(reading.rows_read).unwrap_or(i64::MAX);
        observer.step(&file.name);
        let quarantine = sink.quarantine.finish().map_err(|e| failed(IngestError::Arrow(e)))?;
        read.push(LeadsFile { file, reading, quarantine });
    }
    Ok(read)
}

/// Whether every leads file is one, told by its footer: before anything is written.
///
/// # Errors
/// As for the run, naming the file.
pub fn check_leads(files: &[LeadsSource], clients: usize) -> Result<(), RunError> {
    for LeadsSource { file, owner, schema } in files {
        let failed = |source| RunError::Leads { file: file.path.display().to_string(), source };
        let input = File::open(&file.path).map_err(|e| failed(e.into()))?;
        leadq_ingest::check_leads(input, schema, clients == 1 || owner.is_some()).map_err(failed)?;
    }
    Ok(())
}

/// By what most of a client's leads are hashed (spec 1.6).
pub(crate) fn algorithm_of(leads: &[LeadsFile], client: &ClientId) -> HashAlgorithm {
    let count = |algorithm: HashAlgorithm| -> u64 {
        let digits = leads.iter().filter_map(|file| file.reading.hash_digits.get(client));
        digits.flatten().map(|counts| counts[algorithm as usize]).sum()
    };
    // The first of equals stands: SHA-256 where there are no leads.
    HashAlgorithm::ALL.into_iter().rev().max_by_key(|a| count(*a)).unwrap_or_default()
}

/// Reads a client's report files, several at once; the result is in the order of `files`.
pub(crate) async fn reports(
    files: Vec<SourceFile>,
    client: Arc<ClientSettings>,
    algorithm: HashAlgorithm,
    with: &Reading,
    threads: usize,
    observer: &Arc<dyn Observer>,
) -> Result<Vec<ReportFile>, RunError> {
    let permits = Arc::new(Semaphore::new(threads.max(1)));
    let mut tasks = JoinSet::new();
    for (index, file) in files.into_iter().enumerate() {
        let (client, with, observer) = (Arc::clone(&client), with.clone(), Arc::clone(observer));
        let permits = Arc::clone(&permits);
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let read = tokio::task::spawn_blocking(move || {
                let read = report(&file, &client, algorithm, &with);
                if read.is_ok() {
                    observer.step(&file.name);
                }
                read
            });
            (index, read.await)
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (index, read) = done?;
        all.push((index, read??));
    }
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().flat_map(|(_, parts)| parts).collect())
}

/// Reads one report file, or each member of an archive. One that cannot be read to its end is rejected; the
/// others go on (promise 6).
fn report(
    file: &SourceFile,
    client: &ClientSettings,
    algorithm: HashAlgorithm,
    with: &Reading,
) -> Result<Vec<ReportFile>, RunError> {
    let options = ReportOptions {
        client,
        secret: &with.secret,
        algorithm,
        limits: &with.limits,
        forgotten: Forgotten::nobody(),
    };
    let mut parts = Vec::new();
    let mut each = |part: Part<'_, '_>| {
        parts.push(read_part(file, part, &options, with)?);
        Ok(())
    };
    let mut input = match File::open(&file.path) {
        Ok(input) => input,
        Err(error) => {
            let content = Content::Refused(Refusal::of(&error));
            each(Part { member: None, content, packing: &[] }).map_err(scratch_failed)?;
            return Ok(parts);
        }
    };
    unpack(&mut input, &with.limits, &mut each).map_err(scratch_failed)?;
    // A damaged archive replaces the members of the one before too.
    if parts.iter().any(|part| part.facts.name != file.name || part.facts.rejected) {
        let facts = Arc::new(archive_facts(file, &mut input, &parts, client));
        parts.iter_mut().for_each(|part| part.belongs_to(&facts, file));
    }
    Ok(parts)
}

/// The sink is local disk: what it reports is no fault of the file.
fn scratch_failed(error: IngestError) -> RunError {
    RunError::Scratch(std::io::Error::other(error))
}

fn read_part(
    file: &SourceFile,
    part: Part<'_, '_>,
    options: &ReportOptions<'_>,
    with: &Reading,
) -> Result<ReportFile, IngestError> {
    let name = match part.member {
        Some(member) => format!("{}/{member}", file.name),
        None => file.name.clone(),
    };
    let mut sink = ReportSink::new(with);
    let mut reading = read_report(part.content, options, &mut sink)?;
    let packing = part.packing.iter().map(|layer| format!("{layer}, "));
    reading.form.insert_str(0, &packing.collect::<String>());
    let ReportSink { mut rows, quarantine, .. } = sink;
    let mut quarantine = quarantine.finish()?;
    for spool in [&mut rows, &mut quarantine] {
        spool.close()?;
    }
    let facts = FileFacts {
        snapshot_at: snapshot_at(&name, file.modified, &reading, options.client),
        digest: reading.digest,
        modified: file.modified,
        rejected: reading.rejected.is_some(),
        archive: None,
        name,
    };
    Ok(ReportFile { facts, reading, rows, quarantine })
}

impl ReportFile {
    /// Notes the archive. A part that could not be read to its end has no digest of its own: it gets one by
    /// where it stands.
    fn belongs_to(&mut self, archive: &Arc<ArchiveFacts>, file: &SourceFile) {
        self.facts.archive = Some(Arc::clone(archive));
        if self.reading.bytes == 0 && self.facts.rejected {
            let mut hasher = blake3::Hasher::new_keyed(&archive.digest);
            hasher.update(self.facts.name.as_bytes());
            self.facts.digest = *hasher.finalize().as_bytes();
            self.reading.bytes = if self.facts.name == file.name { file.bytes } else { 0 };
        }
    }
}

/// What decides whether an archive is a correction: its time is by its name, else the latest of its members. A
/// file that cannot be read has no digest.
fn archive_facts(
    file: &SourceFile,
    input: &mut File,
    parts: &[ReportFile],
    client: &ClientSettings,
) -> ArchiveFacts {
    let latest = parts.iter().filter(|part| !part.facts.rejected).map(|part| part.facts.snapshot_at).max();
    let any = parts.iter().map(|part| part.facts.snapshot_at).max();
    let mut hasher = blake3::Hasher::new();
    let read = input.rewind().and_then(|()| hasher.update_reader(input).map(drop));
    ArchiveFacts {
        name: file.name.clone(),
        snapshot_at: time_by_name(&file.name, client).or(latest).or(any).unwrap_or_default(),
        digest: if read.is_ok() { *hasher.finalize().as_bytes() } else { [0; 32] },
        modified: file.modified,
    }
}

/// Time of a snapshot: by its name, else the end of its latest entry date, else when it was modified (1.8).
fn snapshot_at(
    name: &str,
    modified: i128,
    reading: &ReportReading,
    client: &ClientSettings,
) -> NaiveDateTime {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let by_content = || {
        let (_, latest) = reading.entry_range?;
        epoch.checked_add_signed(chrono::Duration::days(latest.into())).map(snapshot_time::end_of_day)
    };
    let by_modification = || {
        let nanos = i64::try_from(modified).unwrap_or_default();
        // Wall time of the client, in whole seconds, as every other snapshot time.
        let time = DateTime::from_timestamp_nanos(nanos).with_timezone(&client.timezone).naive_local();
        time.with_nanosecond(0).unwrap_or(time)
    };
    time_by_name(name, client).or_else(by_content).unwrap_or_else(by_modification)
}

/// Time of a snapshot by a name, as the client writes it.
fn time_by_name(name: &str, client: &ClientSettings) -> Option<NaiveDateTime> {
    match &client.snapshot_pattern {
        Some(pattern) => snapshot_time::from_name_by(pattern, name),
        None => snapshot_time::from_name(name),
    }
}

/// Collects rows set aside into batches.
struct QuarantineSpool {
    spool: Spool,
    rows: Vec<QuarantinedRow>,
}

impl QuarantineSpool {
    const fn new(spool: Spool) -> Self {
        Self { spool, rows: Vec::new() }
    }

    fn push(&mut self, row: QuarantinedRow) -> Result<(), arrow::error::ArrowError> {
        self.rows.push(row);
        if self.rows.len() < QUARANTINE_BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), arrow::error::ArrowError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let batch = RecordBatch::try_new(
            quarantine_schema(),
            vec![
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.line as i64))),
                Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.reason))),
                Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.text))),
            ],
        )?;
        self.spool.push(batch)
    }

    fn finish(mut self) -> Result<Spool, arrow::error::ArrowError> {
        self.flush()?;
        Ok(self.spool)
    }
}

struct ReportSink<'a> {
    with: &'a Reading,
    rows: Spool,
    quarantine: QuarantineSpool,
}

impl<'a> ReportSink<'a> {
    fn new(with: &'a Reading) -> Self {
        Self { with, rows: with.spool(), quarantine: QuarantineSpool::new(with.spool()) }
    }
}

impl RowSink for ReportSink<'_> {
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError> {
        Ok(self.rows.push(batch)?)
    }

    fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), SinkError> {
        Ok(self.quarantine.push(row)?)
    }
}

impl RestartableSink for ReportSink<'_> {
    fn restart(&mut self) {
        *self = Self::new(self.with);
    }
}

struct LeadSink<'a> {
    rows: &'a mpsc::Sender<Result<RecordBatch, PortError>>,
    quarantine: QuarantineSpool,
}

impl RowSink for LeadSink<'_> {
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError> {
        Ok(self.rows.blocking_send(Ok(batch)).map_err(|_| "nobody takes the leads")?)
    }

    fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), SinkError> {
        Ok(self.quarantine.push(row)?)
    }
}
