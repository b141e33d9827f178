//! What is known after a run, as far as alerts follow from it.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// What is known after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// When the run ended.
    pub now: DateTime<Utc>,
    /// How the run ended.
    pub run: RunFact,
    /// How the data stand; none if nobody knows, after a run that failed: what was open stays open then.
    pub data: Option<DataFacts>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunFact {
    /// It committed, or there was nothing new.
    Done,
    /// It failed.
    Failed {
        /// Why.
        error: String,
        /// What to do about it, where that is known.
        advice: Option<String>,
    },
}

/// How the data stand after the last committed run. Each list is of what stands now, not only of what this run found:
/// an alert closes when its cause is no longer in the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataFacts {
    /// Files that stand rejected: no later report of the client has been taken in.
    pub rejected: Vec<RejectedFile>,
    /// Columns that are dead in their client's latest snapshot.
    pub dead_columns: Vec<DeadColumn>,
    /// The latest report of each client, stale or not.
    pub latest: Vec<LatestReport>,
    /// Rows of each client's latest snapshot, and of the one before.
    pub rows: Vec<RowCount>,
    /// Rates of each client.
    pub rates: Vec<ClientRates>,
}

/// A file that was rejected whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedFile {
    /// Whose.
    pub client: String,
    /// Its name.
    pub file: String,
    /// Why, without anything out of the file.
    pub reason: String,
}

/// A column that broke.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadColumn {
    /// Whose.
    pub client: String,
    /// Its canonical name.
    pub column: String,
    /// The snapshot's file.
    pub file: String,
    /// Share of cells that said something before, from 0 to 1.
    pub share_before: f64,
}

/// A client's latest report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestReport {
    /// Whose.
    pub client: String,
    /// The instant of its latest snapshot; none if there has never been one.
    pub snapshot: Option<DateTime<Utc>>,
    /// How often one is expected.
    pub expected_interval: Duration,
}

/// Rows of a client's latest snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCount {
    /// Whose.
    pub client: String,
    /// The snapshot's file.
    pub file: String,
    /// Rows kept of it.
    pub kept: u64,
    /// Rows kept of the snapshot before.
    pub before: u64,
}

/// How a client's leads fared, run by run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRates {
    /// Whose.
    pub client: String,
    /// After this run.
    pub now: Sample,
    /// After earlier runs, in any order. Sixty runs are enough; fewer than five say nothing yet.
    pub earlier: Vec<Sample>,
}

/// How leads fared, as of a run.
///
/// The leads should be those of a moving window (delivered in the last four weeks, say) and the same window in every
/// sample. Counts over all leads ever move so little that a new fault cannot be seen in them; they do no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When the run ended.
    pub at: DateTime<Utc>,
    /// Leads delivered.
    pub delivered: u64,
    /// Those that are matched.
    pub matched: u64,
    /// Those that are set.
    pub set: u64,
}
