//! Room 1 as a stage of the run: leads files to rows on their way, report files to spools.

use std::collections::BTreeMap;
use std::io::{Seek as _, SeekFrom};
use std::sync::Arc;

use arrow::array::{AsArray as _, Int64Array, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDateTime, Timelike};
use leadq_contract::{
    ClientId, ClientSettings, IdentifierSecret, KeptRows, LeadSchema, Limits, QuarantinedRow,
};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::container::{Part, unpack};
use leadq_ingest::timeline::{ArchiveFacts, FileFacts};
use leadq_ingest::{
    Book, Forgotten, IngestError, LeadOptions, LeadReading, ReportOptions, ReportReading, RestartableSink,
    RowSink, SinkError, read_leads, read_report, snapshot_time,
};

use crate::archived::{Parquet, Watched};
use crate::error::RunError;
use crate::kept::SpooledRows;
use crate::observer::Observer;
use crate::ports::ArchivedFile;
use crate::spool::{Spool, SpoolMemory};
use crate::state::Entry;
use crate::stretch::Books;

/// Rows of the quarantine in a batch.
const QUARANTINE_BATCH: usize = 256;

/// A leads file to be read.
pub(crate) struct LeadsInput {
    /// As its rows shall have it.
    pub(crate) label: String,
    pub(crate) owner: Option<ClientId>,
    pub(crate) schema: Arc<LeadSchema>,
    pub(crate) file: Parquet,
}

/// A leads file as it was read.
pub(crate) struct LeadsFile {
    pub(crate) label: String,
    pub(crate) reading: LeadReading,
    /// Rows set aside, as [`quarantine_schema`].
    pub(crate) quarantine: Spool,
}

/// A report file to be read.
pub(crate) struct ReportInput {
    pub(crate) entry: Entry,
    pub(crate) file: Box<dyn ArchivedFile>,
}

/// A report file as it was read.
pub(crate) struct ReportFile {
    pub(crate) entry: Entry,
    pub(crate) facts: FileFacts,
    pub(crate) reading: ReportReading,
    /// The kept rows; none of a file that is rejected.
    pub(crate) kept: Option<SpooledRows>,
    /// Those that no file before it in its book had, as [`report_rows`](leadq_contract::rows::report_rows).
    pub(crate) fresh: Spool,
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
    pub(crate) forgotten: Forgotten,
    /// Lines that one book remembers at most.
    pub(crate) most_lines: usize,
}

impl Reading {
    pub(crate) fn spool(&self) -> Spool {
        Spool::new(&self.memory, &self.scratch)
    }
}

/// Clean leads by client, as [`lead_rows`](leadq_contract::rows::lead_rows).
pub(crate) type CleanLeads = BTreeMap<ClientId, Arc<Spool>>;

/// Reads leads files.
pub(crate) fn leads(
    files: &[LeadsInput],
    clients: &[ClientSettings],
    dimensions: &[String],
    algorithms: &BTreeMap<ClientId, HashAlgorithm>,
    with: &Reading,
    observer: &dyn Observer,
) -> Result<(CleanLeads, Vec<LeadsFile>), RunError> {
    let only = match clients {
        [client] => Some(&client.id),
        _ => None,
    };
    let (mut rows, mut read) = (BTreeMap::new(), Vec::new());
    for LeadsInput { label, owner, schema, file } in files {
        let failed = |source| match source {
            IngestError::Sink(_) => scratch_failed(source),
            source => RunError::Leads { file: label.clone(), source },
        };
        let options = LeadOptions {
            clients,
            schema,
            owner: owner.as_ref().or(only),
            dimensions,
            secret: &with.secret,
            algorithms,
            forgotten: &with.forgotten,
            file: label,
        };
        let mut sink = LeadSink { with, rows: &mut rows, quarantine: QuarantineSpool::new(with.spool()) };
        let reading = read_leads(file.clone(), &options, &mut sink).map_err(failed)?;
        observer.step(label);
        let quarantine = sink.quarantine.finish().map_err(|e| failed(IngestError::Arrow(e)))?;
        read.push(LeadsFile { label: label.clone(), reading, quarantine });
    }
    let close = |(client, mut spool): (ClientId, Spool)| match spool.close() {
        Ok(()) => Ok((client, Arc::new(spool))),
        Err(error) => Err(RunError::Scratch(std::io::Error::other(error))),
    };
    Ok((rows.into_iter().map(close).collect::<Result<_, _>>()?, read))
}

/// By what most of a client's leads are hashed (spec 1.6).
pub(crate) fn algorithm_of<'a>(
    readings: impl Iterator<Item = &'a LeadReading> + Clone,
    client: &ClientId,
) -> HashAlgorithm {
    let count = |algorithm: HashAlgorithm| -> u64 {
        let digits = readings.clone().filter_map(|reading| reading.hash_digits.get(client));
        digits.flatten().map(|counts| counts[algorithm as usize]).sum()
    };
    // The first of equals stands: SHA-256 where there are no leads.
    HashAlgorithm::ALL.into_iter().rev().max_by_key(|a| count(*a)).unwrap_or_default()
}

/// Reads one report file, or each member of an archive. One that cannot be read to its end is rejected; the
/// others go on (promise 6).
pub(crate) fn report(
    ReportInput { entry, file }: ReportInput,
    client: &ClientSettings,
    algorithm: HashAlgorithm,
    with: &Reading,
    book: &mut Book,
    books: Books,
) -> Result<Vec<ReportFile>, RunError> {
    let options = ReportOptions {
        client,
        secret: &with.secret,
        algorithm,
        limits: &with.limits,
        forgotten: &with.forgotten,
    };
    let mut parts = Vec::new();
    let mut file = Watched::new(file);
    let unpacked = unpack(&mut file, &with.limits, &mut |part: Part<'_, '_>| {
        if books == Books::Own {
            *book = Book::new(0);
        }
        parts.push(read_part(&entry, part, &options, with, book)?);
        Ok(())
    });
    file.sound(&entry.name)?;
    unpacked.map_err(scratch_failed)?;
    // A damaged archive replaces the members of the one before too.
    if parts.iter().any(|part| part.facts.name != entry.name || part.facts.rejected) {
        let facts = Arc::new(archive_facts(&entry, &parts, client));
        let bytes = file.seek(SeekFrom::End(0)).unwrap_or_default();
        parts.iter_mut().for_each(|part| part.belongs_to(&facts, bytes));
    }
    Ok(parts)
}

/// The sink is local disk: what it reports is no fault of the file.
fn scratch_failed(error: IngestError) -> RunError {
    RunError::Scratch(std::io::Error::other(error))
}

fn read_part(
    entry: &Entry,
    part: Part<'_, '_>,
    options: &ReportOptions<'_>,
    with: &Reading,
    book: &mut Book,
) -> Result<ReportFile, IngestError> {
    let name = match part.member {
        Some(member) => format!("{}/{member}", entry.name),
        None => entry.name.clone(),
    };
    let mut sink = ReportSink::new(with);
    let mut reading = read_report(part.content, options, book, &mut sink)?;
    let packing = part.packing.iter().map(|layer| format!("{layer}, "));
    reading.form.insert_str(0, &packing.collect::<String>());
    let ReportSink { rows: mut fresh, kept, quarantine, .. } = sink;
    let kept = kept.map(|rows| SpooledRows::new(&rows, with.spool())).transpose()?;
    let mut quarantine = quarantine.finish()?;
    for spool in [&mut fresh, &mut quarantine] {
        spool.close()?;
    }
    // From here on the digest is keyed: it is kept.
    reading.digest = with.secret.fingerprint(&reading.digest);
    let facts = FileFacts {
        snapshot_at: snapshot_at(&name, entry.modified, &reading, options.client),
        digest: reading.digest,
        modified: entry.modified,
        rejected: reading.rejected.is_some(),
        archive: None,
        name,
    };
    Ok(ReportFile { entry: entry.clone(), facts, reading, kept, fresh, quarantine })
}

impl ReportFile {
    /// Notes the archive. A part that could not be read to its end has no digest of its own: it gets one by
    /// where it stands.
    fn belongs_to(&mut self, archive: &Arc<ArchiveFacts>, bytes: u64) {
        self.facts.archive = Some(Arc::clone(archive));
        if self.reading.bytes == 0 && self.facts.rejected {
            let mut hasher = blake3::Hasher::new_keyed(&archive.digest);
            hasher.update(self.facts.name.as_bytes());
            self.facts.digest = *hasher.finalize().as_bytes();
            self.reading.bytes = if self.facts.name == self.entry.name { bytes } else { 0 };
        }
    }
}

/// What decides whether an archive is a correction: its time is by its name, else the latest of its members.
fn archive_facts(entry: &Entry, parts: &[ReportFile], client: &ClientSettings) -> ArchiveFacts {
    let latest = parts.iter().filter(|part| !part.facts.rejected).map(|part| part.facts.snapshot_at).max();
    let any = parts.iter().map(|part| part.facts.snapshot_at).max();
    ArchiveFacts {
        name: entry.name.clone(),
        snapshot_at: time_by_name(&entry.name, client).or(latest).or(any).unwrap_or_default(),
        digest: *blake3::hash(entry.content.0.as_bytes()).as_bytes(),
        modified: entry.modified,
    }
}

/// Time of a snapshot: by its name, else the end of its latest entry date, else when it was modified (1.8).
fn snapshot_at(name: &str, modified: i64, reading: &ReportReading, client: &ClientSettings) -> NaiveDateTime {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let by_content = || {
        let (_, latest) = reading.entry_range?;
        epoch.checked_add_signed(chrono::Duration::days(latest.into())).map(snapshot_time::end_of_day)
    };
    let by_modification = || {
        // Wall time of the client, in whole seconds, as every other snapshot time.
        let time = DateTime::from_timestamp_nanos(modified).with_timezone(&client.timezone).naive_local();
        time.with_nanosecond(0).unwrap_or(time)
    };
    time_by_name(name, client).or_else(by_content).unwrap_or_else(by_modification)
}

/// Time of a snapshot by a name, as the client writes it.
pub(crate) fn time_by_name(name: &str, client: &ClientSettings) -> Option<NaiveDateTime> {
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
    kept: Option<KeptRows>,
    quarantine: QuarantineSpool,
}

impl<'a> ReportSink<'a> {
    fn new(with: &'a Reading) -> Self {
        Self { with, rows: with.spool(), kept: None, quarantine: QuarantineSpool::new(with.spool()) }
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

    fn kept(&mut self, rows: KeptRows) -> Result<(), SinkError> {
        self.kept = Some(rows);
        Ok(())
    }
}

struct LeadSink<'a> {
    with: &'a Reading,
    rows: &'a mut BTreeMap<ClientId, Spool>,
    quarantine: QuarantineSpool,
}

impl LeadSink<'_> {
    fn push(&mut self, client: &str, rows: RecordBatch) -> Result<(), SinkError> {
        let spool = self.rows.entry(ClientId(client.to_owned())).or_insert_with(|| self.with.spool());
        Ok(spool.push(rows)?)
    }
}

impl RowSink for LeadSink<'_> {
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError> {
        let client =
            batch.column_by_name("client_id").and_then(|column| column.as_string_opt::<i32>()).cloned();
        let client = client.ok_or("clean leads are without a client")?;
        let mut by_client: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (row, id) in (0..).zip(&client) {
            by_client.entry(id.unwrap_or_default()).or_default().push(row);
        }
        for (id, rows) in &by_client {
            let of_it = if by_client.len() == 1 {
                batch.clone()
            } else {
                arrow::compute::take_record_batch(&batch, &UInt32Array::from(rows.clone()))?
            };
            self.push(id, of_it)?;
        }
        Ok(())
    }

    fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), SinkError> {
        Ok(self.quarantine.push(row)?)
    }
}
