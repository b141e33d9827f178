//! What the pipeline asks of the world: drops that files come from, an archive that keeps them, an engine that
//! executes plans, a lake that keeps tables.
//!
//! The crates that fill these ports are named by the binary only.

mod archive;
mod clock;
mod drops;

use std::ops::Range;
use std::pin::Pin;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::Stream;
use leadq_contract::Table;
use leadq_contract::run::{FailedRun, RunRecord};

pub use archive::{Archive, ArchivedFile, ContentId, Received, ReceivedKind, Stored};
pub use clock::Clock;
pub use drops::{ByteStream, DropFolder, Listed, Listing, PassedOver};

/// Rows on their way, batch by batch.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch, PortError>> + Send>>;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It will fail again until somebody changes something.
    Permanent,
    /// A query is wrong: its grammar, a name in it, or a value that it computes.
    Query,
    /// The same call may succeed later.
    Transient,
    /// Another writer holds the lake.
    Locked,
    /// More memory or disk is needed than was allowed.
    Exhausted,
    /// It is not allowed to the user that this process runs as, or to nobody.
    Denied,
    /// The lake is not for this build or this secret.
    Incompatible,
}

/// An edge failed: what was being done, to what, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {subject}: {reason}")]
pub struct PortError {
    /// What was being done, as a verb: `read`, `commit`.
    pub operation: &'static str,
    /// To what: a table, a file, a location.
    pub subject: String,
    /// Why it failed.
    pub reason: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
    /// Whether trying again can help.
    pub fault: Fault,
    /// Which bytes of the query it is about, where that is known.
    pub place: Option<Range<usize>>,
}

impl PortError {
    /// A permanent failure.
    pub fn permanent(operation: &'static str, subject: impl Into<String>, reason: impl ToString) -> Self {
        Self {
            operation,
            subject: subject.into(),
            reason: reason.to_string(),
            hint: None,
            fault: Fault::Permanent,
            place: None,
        }
    }

    /// The same failure with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure of another kind.
    #[must_use]
    pub const fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }
}

/// A Parquet file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Path within the store of [`TableFiles::store`], without a leading slash.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub rows: u64,
}

/// A table frozen to a list of Parquet files: a committed version, or one staged and not yet visible.
#[derive(Debug, Clone)]
pub struct TableFiles {
    /// Name to register it under.
    pub name: String,
    /// Its columns.
    pub schema: SchemaRef,
    /// Root of the object store that holds the files, `file:///` for the local disk.
    pub store: String,
    /// The files.
    pub files: Vec<DataFile>,
}

impl TableFiles {
    /// Rows in all files.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}

/// Executes plans over registered tables.
#[async_trait::async_trait]
pub trait Engine: Send + Sync {
    /// Makes a table's files readable under its name, in place of what had that name before.
    ///
    /// # Errors
    /// If the store is unknown.
    fn register(&self, table: &TableFiles) -> Result<(), PortError>;

    /// Writes rows to the engine's scratch space and makes them readable under a name. Gone with the engine.
    ///
    /// # Errors
    /// What the stream or the disk reports.
    async fn scratch(
        &self,
        name: &str,
        schema: SchemaRef,
        rows: BatchStream,
    ) -> Result<TableFiles, PortError>;

    /// Executes one query; nothing else than a query is accepted.
    ///
    /// # Errors
    /// If the query is none, names what is not registered, or does not fit into memory.
    async fn query(&self, sql: &str) -> Result<QueryRows, PortError>;
}

/// Rows of a query, with their columns.
pub struct QueryRows {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: BatchStream,
}

/// The machine: its clock and its meter.
pub trait Host: Send + Sync {
    /// Now, RFC 3339 in UTC.
    fn now(&self) -> String;

    /// Peak resident memory of this process in bytes, where the system tells it.
    fn peak_memory(&self) -> Option<u64>;

    /// A stage is over: memory that it gave back goes to the system, so that the next one's does not come on top.
    fn give_back_memory(&self) {}
}

/// A table whose data files are written and not yet visible to any reader.
pub struct StagedTable {
    /// Which table.
    pub table: Table,
    /// Its files, to read them before they are committed.
    pub files: TableFiles,
}

/// Keeps the tables.
#[async_trait::async_trait]
pub trait Lake: Send + Sync {
    /// Whether the lake has been made: then it knows the secret that it was made with.
    ///
    /// # Errors
    /// If it is of a newer build, or cannot be read.
    async fn exists(&self) -> Result<bool, PortError>;

    /// Makes the lake, if it has not been made, so that it knows its secret.
    ///
    /// # Errors
    /// [`Fault::Incompatible`] if it was made with another secret; if there is something else at its place.
    async fn make(&self, secret_check: &str) -> Result<(), PortError>;

    /// The last committed run, if any.
    ///
    /// # Errors
    /// If the record cannot be read, or is of a newer build.
    async fn last_run(&self) -> Result<Option<RunRecord>, PortError>;

    /// A committed run by number.
    ///
    /// # Errors
    /// If there is none.
    async fn run(&self, number: u64) -> Result<RunRecord, PortError>;

    /// The files of a table as a run pinned it.
    ///
    /// # Errors
    /// If the version is gone or uses Delta features that this build does not read.
    async fn pinned(&self, run: &RunRecord, table: Table) -> Result<TableFiles, PortError>;

    /// Begins to write: takes the writer's lock, checks the secret, and restores tables whose head is not
    /// what the last run record pins.
    ///
    /// # Errors
    /// [`Fault::Locked`] if somebody else writes, [`Fault::Incompatible`] for another secret.
    async fn write(&self, secret_check: &str) -> Result<Box<dyn LakeWriter>, PortError>;

    /// Reads a state file that a run record names.
    ///
    /// # Errors
    /// If it is gone.
    async fn state(&self, name: &str) -> Result<Vec<u8>, PortError>;

    /// A small document that is kept beside the tables: what drops held when they were last listed, which alerts are
    /// open, who is forgotten. None if it was never put.
    ///
    /// # Errors
    /// If it cannot be read.
    async fn document(&self, name: &str) -> Result<Option<Vec<u8>>, PortError>;

    /// Puts a document in the place of the one before, durably and whole.
    ///
    /// # Errors
    /// What the store reports.
    async fn put_document(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError>;

    /// The attempts that failed since the last committed run, oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn failures(&self) -> Result<Vec<FailedRun>, PortError>;
}

/// The one writer of a lake; dropping it gives the lock back, and what was staged stays invisible.
#[async_trait::async_trait]
pub trait LakeWriter: Send + Sync {
    /// Writes the data files that shall become the whole content of a table. `rows` must have the table's
    /// columns.
    ///
    /// # Errors
    /// What the stream or the store reports.
    async fn stage(
        &self,
        table: Table,
        schema: SchemaRef,
        rows: BatchStream,
    ) -> Result<StagedTable, PortError>;

    /// Writes what a later run goes on from, durably, to a new file of that kind: `fold`, `manifest`. Nobody looks at
    /// it unless a run record names it in `state`.
    ///
    /// # Errors
    /// What the store reports.
    async fn put_state(&self, kind: &str, bytes: Vec<u8>) -> Result<String, PortError>;

    /// Commits all staged tables, then the run record, created if absent. `record.tables` is filled here. What is
    /// staged is the whole content of a table: its files may be new, or of the table's version before; a table whose
    /// files are those of the version before keeps its version.
    ///
    /// # Errors
    /// If another writer committed meanwhile; then no reader sees anything of this run.
    async fn commit(&self, staged: Vec<StagedTable>, record: RunRecord) -> Result<RunRecord, PortError>;

    /// Cleans up after a commit: writes checkpoints, deletes state files that the last record does not name, and data
    /// files that none of the last `keep_runs` records pins. Readers of these runs are not disturbed. Only when nothing
    /// is staged: what no commit has taken over goes too.
    ///
    /// # Errors
    /// What the store reports; the committed run stands all the same.
    async fn tidy(&self, keep_runs: u64) -> Result<(), PortError>;

    /// Notes that a run failed, for `runs` and alerts, and deletes the data files that it staged and did not begin to
    /// commit.
    ///
    /// # Errors
    /// What the store reports.
    async fn note_failure(&self, failure: &FailedRun) -> Result<(), PortError>;
}
