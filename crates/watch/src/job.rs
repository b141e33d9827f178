//! What a run came to, as monitoring is told.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use leadq_contract::Severity;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    /// It committed.
    Committed,
    /// There was nothing new.
    Unchanged,
    /// It failed.
    Failed {
        /// Why, in words that hold no personal data.
        error: String,
    },
    /// It was told to stop and did so before it committed.
    Interrupted,
}

impl JobOutcome {
    /// Every name that an outcome can have.
    pub const NAMES: [&'static str; 4] = ["committed", "unchanged", "failed", "interrupted"];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Committed => Self::NAMES[0],
            Self::Unchanged => Self::NAMES[1],
            Self::Failed { .. } => Self::NAMES[2],
            Self::Interrupted => Self::NAMES[3],
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct JobResult {
    /// How it ended.
    pub outcome: JobOutcome,
    /// What it found; none when nothing new is known, and the figures before stand.
    pub figures: Option<Figures>,
}

/// The figures of a committed run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Seconds by stage.
    pub seconds: BTreeMap<String, f64>,
    /// Rows by stage and bucket, as the run record has them: `reports.kept`.
    pub rows: BTreeMap<String, u64>,
    /// What was found, counted.
    pub findings: Vec<FindingCount>,
    /// Each client's.
    pub clients: Vec<ClientFigures>,
}

/// How often a thing was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingCount {
    /// Its code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whose it is; empty for none's.
    pub client: String,
    /// How often.
    pub count: u64,
}

/// How a client stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFigures {
    /// Its id.
    pub client: String,
    /// The instant of its latest snapshot.
    pub latest_snapshot: Option<DateTime<Utc>>,
    /// Leads delivered to it.
    pub delivered: u64,
    /// Those that are matched.
    pub matched: u64,
    /// Those that are set.
    pub set: u64,
}
