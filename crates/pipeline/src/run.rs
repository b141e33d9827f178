//! A run: what is new in the archive is taken in, tables follow, committed whole or not at all.
//!
//! A run goes on from what the last one left (its manifest): it reads the files that are new, folds them onto the
//! history of their clients, and makes those clients' parts of the tables anew. Clients in which nothing changed keep
//! theirs. What comes out is what one run over all files would have made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use leadq_contract::run::{FailedRun, LAKE_FORMAT, RunFile, RunRecord};
use leadq_contract::{ClientId, ClientSettings, IdentifierSecret, LeadSchema, Limits};
use leadq_ingest::{Book, Forgotten, ReportReading};
use tokio::sync::mpsc;

use crate::client::ClientDue;
use crate::error::RunError;
use crate::fingerprint;
use crate::ingest::Reading;
use crate::leads::LeadsDue;
use crate::observer::{Observer, Stage};
use crate::ports::{
    Archive, BatchStream, ContentId, Engine, Host, Lake, LakeWriter, PortError, Received, StagedTable,
};
use crate::retention::{self, Retention};
use crate::spool::SpoolMemory;
use crate::state::{ClientState, LeadsState, Manifest};
use crate::tables::Tables;

/// Batches under way between a stage's thread and whoever writes them.
pub(crate) const CHANNEL: usize = 4;

/// A client, and what leads of its own look like.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    /// The client.
    pub settings: ClientSettings,
    /// What the columns of leads of this client alone are called, and how their cells are read.
    pub lead_schema: Arc<LeadSchema>,
}

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The clients that are configured.
    pub clients: Vec<ClientRequest>,
    /// What the columns of leads of all clients are called, and how their cells are read.
    pub lead_schema: Arc<LeadSchema>,
    /// Columns of the leads kept as dimensions.
    pub dimensions: Vec<String>,
    /// Bounds on report files.
    pub limits: Limits,
    /// What identifiers are keyed with.
    pub secret: IdentifierSecret,
    /// Who is forgotten.
    pub forgotten: Forgotten,
    /// Bytes that rows under way may take before they go to disk.
    pub spool_memory: u64,
    /// Folder for what does not fit into memory.
    pub scratch: PathBuf,
    /// Files read at once.
    pub threads: usize,
    /// Version of leadq, for the record.
    pub version: String,
    /// Runs whose tables stay readable.
    pub keep_runs: u64,
    /// How long files as received stay in the archive.
    pub retention: Retention,
    /// Make every table anew from the archive, whatever the last run left.
    pub replay: bool,
}

/// What a run works with.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// The files received.
    pub archive: &'a dyn Archive,
    /// The tables.
    pub lake: &'a dyn Lake,
    /// What executes plans.
    pub engine: &'a dyn Engine,
    /// Clock and meter.
    pub host: &'a dyn Host,
}

/// What became of a run.
#[derive(Debug)]
pub enum RunOutcome {
    /// It was committed.
    Committed {
        /// Its record.
        record: Box<RunRecord>,
        /// The run before, if there was one.
        previous: Option<Box<RunRecord>>,
    },
    /// Nothing was new since this run, and nothing was committed.
    NothingNew(Box<RunRecord>),
}

/// Runs: takes in what is new in the archive, and commits the tables that follow.
///
/// # Errors
/// Whatever keeps the tables from being committed; readers see the run before, then, and the lake notes the failure.
pub async fn run(
    request: RunRequest,
    ports: Ports<'_>,
    observer: Arc<dyn Observer>,
) -> Result<RunOutcome, RunError> {
    let started_at = ports.host.now();
    let catalogue = ports.archive.catalogue().await?;
    let (previous, manifest) = left_behind(&request, ports.lake).await?;
    if let Some(run) = previous.clone()
        && !Due::of(&manifest, &catalogue, &request).is_some()
    {
        return Ok(RunOutcome::NothingNew(Box::new(run)));
    }
    let writer = ports.lake.write(&request.secret.check_value()).await?;
    // Somebody may have committed before the lock was ours.
    let (previous, manifest) = match ports.lake.last_run().await? {
        last if last == previous => (previous, manifest),
        _ => left_behind(&request, ports.lake).await?,
    };
    let version = request.version.clone();
    // Where nothing of it is gone on from, what is wrong with it does not matter.
    let goes_on = manifest.clients.values().any(|client| !client.cleaning.is_empty() || client.frozen > 0);
    let tables = match &previous {
        Some(run) if goes_on => Tables::of(ports.lake, run).await?,
        _ => Tables::default(),
    };
    let draft = RunRecord {
        run: previous.as_ref().map_or(0, |run| run.run) + 1,
        lake_format: LAKE_FORMAT,
        leadq: version.clone(),
        started_at: started_at.clone(),
        dimensions: request.dimensions.clone(),
        configuration: fingerprint::configuration(&request),
        ..RunRecord::default()
    };
    let number = draft.run;
    let memory = SpoolMemory::new(request.spool_memory);
    let expired = expired(&catalogue, request.retention, &started_at);
    let stages = Stages { request, ports, writer: &*writer, observer, memory, tables, expired, draft };
    match stages.all(manifest, &catalogue).await {
        Ok(record) => {
            Ok(RunOutcome::Committed { record: Box::new(record), previous: previous.map(Box::new) })
        }
        Err(error) => {
            let failed = FailedRun {
                run: Some(number),
                started_at,
                failed_at: ports.host.now(),
                leadq: version,
                error: error.to_string(),
            };
            if let Err(unnoted) = writer.note_failure(&failed).await {
                tracing::warn!(%unnoted, "cannot note that the run failed");
            }
            Err(error)
        }
    }
}

/// What the last run left; nothing of it, if this one replays or cannot read it.
async fn left_behind(
    request: &RunRequest,
    lake: &dyn Lake,
) -> Result<(Option<RunRecord>, Manifest), PortError> {
    let previous = lake.last_run().await?;
    let manifest = Manifest::of(lake, previous.as_ref()).await;
    if !request.replay {
        return Ok((previous, manifest?.unwrap_or_default()));
    }
    // A replay needs nothing of it but what is frozen, and mends one that is damaged.
    let manifest = manifest.unwrap_or_else(|error| {
        tracing::warn!("{error}; it is passed over");
        None
    });
    let mut manifest = manifest.unwrap_or_default();
    manifest.leads = LeadsState::default();
    manifest.clients.values_mut().for_each(ClientState::void);
    Ok((previous, manifest))
}

/// Contents that may leave the archive.
fn expired(catalogue: &[Received], retention: Retention, now: &str) -> BTreeSet<ContentId> {
    if retention == Retention::default() {
        return BTreeSet::new();
    }
    let now = now.parse::<DateTime<Utc>>().ok().and_then(|now| now.timestamp_nanos_opt());
    now.map(|now| retention::expired(catalogue, retention, now)).unwrap_or_default()
}

/// What is to be done.
struct Due {
    leads: LeadsDue,
    clients: BTreeMap<ClientId, ClientDue>,
    /// Whether a client is no longer configured.
    gone: bool,
}

impl Due {
    fn of(manifest: &Manifest, catalogue: &[Received], request: &RunRequest) -> Self {
        let clients = request.clients.iter().map(|client| {
            let id = &client.settings.id;
            (id.clone(), ClientDue::of(manifest.clients.get(id), catalogue, &client.settings, request))
        });
        let clients: BTreeMap<_, _> = clients.collect();
        let gone = manifest.clients.keys().any(|id| !clients.contains_key(id));
        Self { leads: LeadsDue::of(&manifest.leads, catalogue, request), clients, gone }
    }

    fn is_some(&self) -> bool {
        self.gone || self.leads.is_some() || self.clients.values().any(ClientDue::is_some)
    }
}

/// What the stages share.
pub(crate) struct Stages<'a> {
    pub(crate) request: RunRequest,
    pub(crate) ports: Ports<'a>,
    pub(crate) writer: &'a dyn LakeWriter,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) memory: SpoolMemory,
    /// Data files that tables have or will have.
    pub(crate) tables: Tables,
    /// Contents that may leave the archive.
    pub(crate) expired: BTreeSet<ContentId>,
    /// The record so far.
    draft: RunRecord,
}

impl Stages<'_> {
    /// All stages, to the commit.
    async fn all(mut self, mut manifest: Manifest, catalogue: &[Received]) -> Result<RunRecord, RunError> {
        let Due { leads, mut clients, .. } = Due::of(&manifest, catalogue, &self.request);
        let begun = Instant::now();
        let done = self.leads(&mut manifest.leads, leads).await?;
        self.took(Stage::Leads.name(), begun);
        let mut before = std::mem::take(&mut manifest.clients);
        for client in self.request.clients.clone() {
            let id = &client.settings.id;
            let (state, due) = (before.remove(id), clients.remove(id).unwrap_or_default());
            let state = match state {
                Some(state) if !due.is_some() && !done.concerns(id) => state,
                state => self.client(&client, state, due, catalogue, (&manifest.leads, &done)).await?,
            };
            manifest.clients.insert(id.clone(), state);
        }
        self.close(&mut manifest).await?;
        self.commit(manifest).await
    }

    /// Tables over all clients, and what the record says of all.
    async fn close(&mut self, manifest: &mut Manifest) -> Result<(), RunError> {
        let begun = Instant::now();
        self.close_tables(manifest).await?;
        self.took(Stage::Model.name(), begun);
        self.draft.findings = self.findings_by_code(manifest).await?;
        Ok(())
    }

    async fn commit(mut self, mut manifest: Manifest) -> Result<RunRecord, RunError> {
        self.observer.begin(Stage::Commit, 1);
        let begun = Instant::now();
        let freezes = self.request.retention != Retention::default();
        manifest.clients.values_mut().for_each(|client| client.thin_out(freezes));
        let leaving = self.leaving(&mut manifest).await?;
        let state = self.writer.put_state("manifest", manifest.to_bytes()?).await?;
        self.draft.state = std::iter::once(state).chain(manifest.folds().cloned()).collect();
        self.draft.committed_at = self.ports.host.now();
        self.draft.peak_memory = self.ports.host.peak_memory();
        let staged: Vec<StagedTable> = self.tables.contents(&manifest, &self.request.dimensions)?;
        let record = self.writer.commit(staged, self.draft).await?;
        self.observer.step("run record");
        tracing::info!(run = record.run, commit.seconds = begun.elapsed().as_secs_f64(), "run committed");
        // Removed only now: a run that fails needs them.
        let removed = self.ports.archive.remove(&leaving).await;
        if let Err(error) = removed.and(self.writer.tidy(self.request.keep_runs).await) {
            tracing::warn!(%error, "the run is committed, but what nobody needs any more could not all be cleaned up");
        }
        Ok(record)
    }

    /// Contents of the archive that nobody will need, noted as gone.
    async fn leaving(&self, manifest: &mut Manifest) -> Result<Vec<ContentId>, RunError> {
        if self.expired.is_empty() {
            return Ok(Vec::new());
        }
        let clients = manifest.clients.values().flat_map(ClientState::needed);
        let needed: BTreeSet<&ContentId> =
            clients.chain(manifest.leads.files.iter().map(|file| &file.entry.content)).collect();
        let there = self.ports.archive.contents().await?.into_iter().map(|(content, _)| content);
        let leaving: Vec<ContentId> =
            there.filter(|content| self.expired.contains(content) && !needed.contains(content)).collect();
        let gone: BTreeSet<&ContentId> = leaving.iter().collect();
        for file in manifest.clients.values_mut().flat_map(|client| &mut client.files) {
            file.removed |= gone.contains(&file.content);
        }
        Ok(leaving)
    }

    /// What every file is read with.
    pub(crate) fn reading(&self) -> Reading {
        Reading {
            secret: Arc::new(self.request.secret.clone()),
            memory: self.memory.clone(),
            scratch: self.request.scratch.clone(),
            limits: self.request.limits,
            forgotten: self.request.forgotten.clone(),
            most_lines: self.most_lines(),
        }
    }

    /// Lines that one book remembers: so many that the books of all threads together take about as much memory as
    /// rows under way.
    fn most_lines(&self) -> usize {
        let bytes = self.request.spool_memory / self.request.threads.max(1) as u64;
        usize::try_from(bytes).unwrap_or(usize::MAX) / Book::LINE_BYTES
    }

    /// Adds a stage's seconds to the record.
    pub(crate) fn took(&mut self, stage: &str, begun: Instant) {
        let seconds = begun.elapsed().as_secs_f64();
        tracing::info!(stage, stage.seconds = seconds, "stage done");
        *self.draft.seconds.entry(stage.to_owned()).or_default() += seconds;
        self.ports.host.give_back_memory();
    }

    /// Adds rows to the record.
    pub(crate) fn count(&mut self, what: String, rows: u64) {
        *self.draft.rows.entry(what).or_default() += rows;
    }

    /// Adds a report's rows to the record.
    pub(crate) fn count_rows(&mut self, reading: &ReportReading) {
        self.count("reports.read".to_owned(), reading.buckets.rows_read());
        for bucket in leadq_contract::rows::Bucket::ALL {
            self.count(format!("reports.{}", bucket.name()), reading.buckets.get(bucket));
        }
    }

    /// Adds a file to the record.
    pub(crate) fn note_file(&mut self, file: RunFile) {
        self.draft.files.push(file);
    }
}

/// What a channel receives, as a stream.
pub(crate) fn received(receiver: mpsc::Receiver<Result<RecordBatch, PortError>>) -> BatchStream {
    futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|item| (item, receiver))
    })
    .boxed()
}
