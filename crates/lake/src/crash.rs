//! Points of a run at which a test lets it die.

use std::sync::Arc;

use leadq_contract::Table;
use leadq_pipeline::ports::PortError;

/// Where a run can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// A data file of the table is written.
    FileStaged(Table),
    /// The table is about to be committed.
    BeforeTable(Table),
    /// The table is committed, the run is not.
    AfterTable(Table),
    /// A state file is written that no run record names yet.
    StateWritten,
    /// Every table is committed, the run record is about to be written.
    BeforeRecord,
    /// The run is committed; whoever asked for it does not know yet.
    AfterRecord,
    /// State files that the last run does not name are deleted.
    StateDeleted,
    /// It is noted which runs are no longer kept; their data files are there.
    RunsExpired,
    /// A checkpoint of the table is written.
    Checkpointed(Table),
    /// Data files of the table that no kept run needs are deleted, its log is not.
    FilesDeleted(Table),
    /// The table's log is cut where no kept run needs it.
    LogCut(Table),
}

/// Called at every point; its error ends the run there. It may as well kill the process.
pub type CrashHook = Arc<dyn Fn(CrashPoint) -> Result<(), PortError> + Send + Sync>;

/// The hook if there is one; there is none outside tests.
#[derive(Clone, Default)]
pub(crate) struct Crash(pub(crate) Option<CrashHook>);

impl Crash {
    /// Passes a point.
    pub(crate) fn at(&self, point: CrashPoint) -> Result<(), PortError> {
        self.0.as_ref().map_or(Ok(()), |hook| hook(point))
    }
}
