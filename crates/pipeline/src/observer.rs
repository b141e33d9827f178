//! Who watches a run: progress for people, seconds for the run record.

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// New files are fetched from the drops.
    Fetch,
    /// Leads files are read.
    Leads,
    /// Report files are read and cleaned.
    Reports,
    /// Snapshots are folded to the history of records.
    History,
    /// Records are matched, outcomes and findings derived.
    Model,
    /// Tables and run record are committed.
    Commit,
}

impl Stage {
    /// Name in the run record and on the terminal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Leads => "leads",
            Self::Reports => "reports",
            Self::History => "history",
            Self::Model => "model",
            Self::Commit => "commit",
        }
    }
}

/// Is told how a run gets on. Calls may come from any thread.
pub trait Observer: Send + Sync {
    /// A stage begins, of so many steps.
    fn begin(&self, stage: Stage, steps: u64);
    /// A step of the current stage is done.
    fn step(&self, subject: &str);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn begin(&self, _: Stage, _: u64) {}
    fn step(&self, _: &str) {}
}
