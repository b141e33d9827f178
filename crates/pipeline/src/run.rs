//! A run: leads and reports in, tables out, committed whole or not at all.
//!
//! Each stage takes what the stage before it made, by value; there is no way to commit what was not
//! modelled, or to model what was not folded.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use leadq_contract::run::{LAKE_FORMAT, RunRecord};
use leadq_contract::{
    ClientId, ClientSettings, Finding, IdentifierKind, IdentifierSecret, LeadSchema, Limits, Table, rows,
};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_matching::plan::input;
use tokio::sync::mpsc;

use crate::batches::{self, DigitsRow};
use crate::error::RunError;
use crate::history::{History, HistorySinks};
use crate::ingest::{self, LeadsFile, Reading, ReportFile};
use crate::model::{self, once};
use crate::observer::{Observer, Stage};
use crate::ports::{BatchStream, Engine, Host, Lake, LakeWriter, PortError, StagedTable};
use crate::source::SourceFile;
use crate::spool::SpoolMemory;

/// Batches under way between a stage's thread and whoever writes them.
const CHANNEL: usize = 4;

/// A client and its report files.
#[derive(Debug, Clone)]
pub struct ClientFiles {
    /// The client.
    pub settings: ClientSettings,
    /// Its report files.
    pub reports: Vec<SourceFile>,
}

/// A leads file, and what is known of it before it is read.
#[derive(Debug, Clone)]
pub struct LeadsSource {
    /// The file.
    pub file: SourceFile,
    /// The client in whose own location it lies; its leads are of that client unless they name another one.
    pub owner: Option<ClientId>,
    /// What its columns are called, and how their cells are read.
    pub schema: Arc<LeadSchema>,
}

/// What a run is to take in.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Leads files, in natural order.
    pub leads: Vec<LeadsSource>,
    /// Clients and their report files.
    pub clients: Vec<ClientFiles>,
    /// Columns of the leads kept as dimensions.
    pub dimensions: Vec<String>,
    /// Bounds on report files.
    pub limits: Limits,
    /// What identifiers are keyed with.
    pub secret: IdentifierSecret,
    /// Bytes that rows under way may take before they go to disk.
    pub spool_memory: u64,
    /// Folder for what does not fit into memory.
    pub scratch: PathBuf,
    /// Files read at once.
    pub threads: usize,
    /// Version of leadq, for the record.
    pub version: String,
}

/// A committed run.
#[derive(Debug)]
pub struct RunOutcome {
    /// The run record.
    pub record: RunRecord,
    /// The run before, if there was one.
    pub previous: Option<RunRecord>,
}

/// Runs: takes in all files, and commits the tables that follow from them.
///
/// # Errors
/// Whatever keeps the tables from being committed; readers see the run before, then.
pub async fn run(
    request: RunRequest,
    lake: &dyn Lake,
    engine: &dyn Engine,
    host: &dyn Host,
    observer: Arc<dyn Observer>,
) -> Result<RunOutcome, RunError> {
    let started_at = host.now();
    let writer = lake.write(&request.secret.check_value()).await?;
    let previous = lake.last_run().await?;
    let mut stages = Stages { request, engine, writer: &*writer, observer, seconds: BTreeMap::new() };
    let ingested = stages.ingest().await?;
    let folded = stages.fold(ingested).await?;
    let modelled = stages.model(folded).await?;
    let begun = Instant::now();
    stages.observer.begin(Stage::Commit, 1);
    let draft = RunRecord {
        run: previous.as_ref().map_or(0, |run| run.run) + 1,
        lake_format: LAKE_FORMAT,
        leadq: stages.request.version,
        started_at,
        committed_at: host.now(),
        dimensions: stages.request.dimensions,
        tables: BTreeMap::new(),
        seconds: stages.seconds,
        peak_memory: host.peak_memory(),
        ..RunRecord::default()
    };
    let record = writer.commit(modelled.0, draft).await?;
    stages.observer.step("run record");
    tracing::info!(run = record.run, commit.seconds = begun.elapsed().as_secs_f64(), "run committed");
    Ok(RunOutcome { record, previous })
}

/// Files read, each row in its bucket.
struct Ingested {
    leads: Vec<LeadsFile>,
    reports: Vec<(Arc<ClientSettings>, Vec<ReportFile>)>,
}

/// History folded, its tables staged and readable by the engine.
struct Folded(Vec<StagedTable>);

/// All tables staged.
struct Modelled(Vec<StagedTable>);

/// What the stages share.
struct Stages<'a> {
    request: RunRequest,
    engine: &'a dyn Engine,
    writer: &'a dyn LakeWriter,
    observer: Arc<dyn Observer>,
    seconds: BTreeMap<String, f64>,
}

impl Stages<'_> {
    async fn ingest(&mut self) -> Result<Ingested, RunError> {
        let with = Reading {
            secret: Arc::new(self.request.secret.clone()),
            memory: SpoolMemory::new(self.request.spool_memory),
            scratch: self.request.scratch.clone(),
            limits: self.request.limits,
        };
        let begun = Instant::now();
        self.observer.begin(Stage::Leads, self.request.leads.len() as u64);
        let leads = self.leads(&with).await?;
        self.tell_missing_dimensions(&leads);
        self.took(Stage::Leads, begun);
        let begun = Instant::now();
        let files = self.request.clients.iter().map(|client| client.reports.len() as u64).sum();
        self.observer.begin(Stage::Reports, files);
        let mut reports = Vec::new();
        for client in std::mem::take(&mut self.request.clients) {
            let settings = Arc::new(client.settings);
            let algorithm = ingest::algorithm_of(&leads, &settings.id);
            let threads = self.request.threads;
            let files = ingest::reports(
                client.reports,
                Arc::clone(&settings),
                algorithm,
                &with,
                threads,
                &self.observer,
            )
            .await?;
            reports.push((settings, files));
        }
        self.took(Stage::Reports, begun);
        Ok(Ingested { leads, reports })
    }

    /// Reads the leads files on a thread of their own, while the engine writes what comes of them.
    ///
    /// Plain text where a hash should be is hashed as most of the client's leads are, which is known only
    /// when all are read: where the guess was wrong, they are read again.
    async fn leads(&self, with: &Reading) -> Result<Vec<LeadsFile>, RunError> {
        let leads = self.leads_hashed(with, BTreeMap::new()).await?;
        let plain = leads.iter().flat_map(|file| &file.reading.with_plain_text);
        let algorithms: BTreeMap<_, _> =
            plain.map(|client| (client.clone(), ingest::algorithm_of(&leads, client))).collect();
        if algorithms.values().all(|algorithm| *algorithm == HashAlgorithm::default()) {
            return Ok(leads);
        }
        self.leads_hashed(with, algorithms).await
    }

    /// A dimension that no file has is a slip in the configuration or in the export: told, not silent.
    fn tell_missing_dimensions(&self, leads: &[LeadsFile]) {
        for (place, dimension) in self.request.dimensions.iter().enumerate() {
            if !leads.iter().any(|file| file.reading.dimensions.get(place) == Some(&true)) {
                tracing::warn!(
                    dimension = %dimension,
                    "no leads file has this dimension; it stays empty: compare dimensions in leadq.toml with the columns of the leads"
                );
            }
        }
    }

    async fn leads_hashed(
        &self,
        with: &Reading,
        algorithms: BTreeMap<ClientId, HashAlgorithm>,
    ) -> Result<Vec<LeadsFile>, RunError> {
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let files = self.request.leads.clone();
        let clients: Vec<_> = self.request.clients.iter().map(|client| client.settings.clone()).collect();
        let dimensions = self.request.dimensions.clone();
        let (with, observer) = (with.clone(), Arc::clone(&self.observer));
        let reading = tokio::task::spawn_blocking(move || {
            ingest::leads(files, &clients, &dimensions, &algorithms, &with, &sender, &*observer)
        });
        let schema = rows::lead_rows(&self.request.dimensions);
        let written = self.engine.scratch(input::LEAD_CLEAN, schema, received(receiver)).await;
        let read = reading.await?;
        // If writing failed, that is why reading could not go on.
        written?;
        read
    }

    async fn fold(&mut self, ingested: Ingested) -> Result<Folded, RunError> {
        let begun = Instant::now();
        let Ingested { leads, reports } = ingested;
        self.observer.begin(Stage::History, reports.iter().map(|(_, files)| files.len() as u64).sum());
        let (versions, from_versions) = mpsc::channel(CHANNEL);
        let (records, from_records) = mpsc::channel(CHANNEL);
        let (quarantine, from_quarantine) = mpsc::channel(CHANNEL);
        let sinks = HistorySinks { versions, records, quarantine };
        let (secret, observer) = (self.request.secret.clone(), Arc::clone(&self.observer));
        let folding =
            tokio::task::spawn_blocking(move || fold_all(leads, reports, &secret, &sinks, &*observer));
        let (versions, records, quarantine) = tokio::join!(
            self.stage(Table::RecordVersion, received(from_versions)),
            self.stage(Table::CrmRecord, received(from_records)),
            self.stage(Table::Quarantine, received(from_quarantine)),
        );
        let folded = folding.await?;
        let mut staged = vec![versions?, records?, quarantine?];
        let history = folded?;
        for (table, rows) in [
            (Table::ReportFile, batches::report_file(&history.files)?),
            (Table::DimSnapshot, batches::dim_snapshot(&history.snapshots, &history.files)?),
            (Table::ColumnHealth, batches::column_health(&history.snapshots, &history.files)?),
            (Table::DimClient, batches::dim_client(&history.clients)?),
            (Table::DimStatus, batches::dim_status(&history.words)?),
            (Table::DimDisposition, batches::dim_disposition(&history.words)?),
        ] {
            staged.push(self.stage(table, once(rows)).await?);
        }
        self.scratch(input::FILE_FINDING, batches::finding(&history.findings)?).await?;
        self.scratch(input::ROW_IDENTITY, batches::row_identity(history.row_identities.iter())?).await?;
        self.scratch(input::HASH_DIGITS, batches::hash_digits(&history.digits)?).await?;
        self.took(Stage::History, begun);
        Ok(Folded(staged))
    }

    async fn model(&mut self, folded: Folded) -> Result<Modelled, RunError> {
        let begun = Instant::now();
        let steps = leadq_matching::plan::steps(&self.request.dimensions).len();
        self.observer.begin(Stage::Model, steps as u64);
        let mut staged = folded.0;
        staged
            .extend(model::model(&self.request.dimensions, self.engine, self.writer, &*self.observer).await?);
        self.took(Stage::Model, begun);
        Ok(Modelled(staged))
    }

    /// Stages a table and makes it readable for the steps to come.
    async fn stage(&self, table: Table, rows: BatchStream) -> Result<StagedTable, PortError> {
        let schema: SchemaRef = table.schema(&self.request.dimensions);
        let staged = self.writer.stage(table, schema, rows).await?;
        self.engine.register(&staged.files)?;
        Ok(staged)
    }

    async fn scratch(&self, name: &str, rows: RecordBatch) -> Result<(), PortError> {
        self.engine.scratch(name, rows.schema(), once(rows)).await.map(drop)
    }

    fn took(&mut self, stage: Stage, begun: Instant) {
        let seconds = begun.elapsed().as_secs_f64();
        tracing::info!(stage = stage.name(), stage.seconds = seconds, "stage done");
        self.seconds.insert(stage.name().to_owned(), seconds);
    }
}

/// Folds every client's files, and notes what the leads files left.
fn fold_all(
    leads: Vec<LeadsFile>,
    reports: Vec<(Arc<ClientSettings>, Vec<ReportFile>)>,
    secret: &IdentifierSecret,
    sinks: &HistorySinks,
    observer: &dyn Observer,
) -> Result<History, RunError> {
    let mut history = History::default();
    for file in leads {
        note_leads(file, &mut history, sinks)?;
    }
    for (client, files) in reports {
        history.fold(&client, files, secret, sinks, observer)?;
    }
    Ok(history)
}

fn note_leads(file: LeadsFile, history: &mut History, sinks: &HistorySinks) -> Result<(), RunError> {
    let name = format!("leads/{}", file.file.name);
    history.findings.extend(file.reading.findings.into_iter().map(|(client, found)| Finding {
        code: found.code,
        client,
        file: Some(name.clone()),
        line: found.line,
        column: found.column,
        count: found.count,
        samples: found.samples,
    }));
    for (client, digits) in &file.reading.hash_digits {
        history.digits.extend(digits_rows(client, "leads", digits));
    }
    let failed = |source| RunError::Build { table: "quarantine", source };
    for rows in file.quarantine.into_batches().map_err(failed)? {
        let rows = batches::quarantine(&ClientId(String::new()), &name, &rows.map_err(failed)?)?;
        crate::history::send(&sinks.quarantine, rows)?;
    }
    Ok(())
}

/// Cells by length of the hash, as rows.
pub(crate) fn digits_rows(
    client: &ClientId,
    side: &'static str,
    digits: &[[u64; 3]; 2],
) -> impl Iterator<Item = DigitsRow> {
    let kinds = [IdentifierKind::Email, IdentifierKind::Phone];
    let row = move |kind: IdentifierKind, algorithm: HashAlgorithm, cells: u64| DigitsRow {
        client: client.clone(),
        side,
        kind: kind.column(),
        digits: algorithm.digits() as i64,
        cells,
    };
    kinds.into_iter().zip(*digits).flat_map(move |(kind, counts)| {
        HashAlgorithm::ALL.map(|algorithm| row(kind, algorithm, counts[algorithm as usize]))
    })
}

/// What a channel receives, as a stream.
fn received(receiver: mpsc::Receiver<Result<RecordBatch, PortError>>) -> BatchStream {
    futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|item| (item, receiver))
    })
    .boxed()
}
