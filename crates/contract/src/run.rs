//! The run record: what a committed run took in, made and pinned. Stored as JSON; the lake's readers
//! open the table versions that it names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the lake's layout that this build reads and writes.
pub const LAKE_FORMAT: u32 = 1;

/// What became of a report file (spec chapter 4, `files`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FileStatus {
    /// Its rows are in the tables.
    Ingested,
    /// The same content with the same snapshot time came under another name.
    AlreadyIngested,
    /// A correction stands in its place.
    Superseded,
    /// It is no report.
    Rejected,
}

impl FileStatus {
    /// Name in tables and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingested => "ingested",
            Self::AlreadyIngested => "already_ingested",
            Self::Superseded => "superseded",
            Self::Rejected => "rejected",
        }
    }
}

/// A committed run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Number of the run, from 1.
    pub run: u64,
    /// Version of the lake's layout ([`LAKE_FORMAT`]).
    pub lake_format: u32,
    /// Version of leadq that made it.
    pub leadq: String,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// When the commit of its tables began, RFC 3339 in UTC.
    pub committed_at: String,
    /// Dimensions of the leads, in column order.
    pub dimensions: Vec<String>,
    /// Version of each table, by name.
    pub tables: BTreeMap<String, TablePin>,
    /// Seconds by stage; the commit, which ends with this record, is not among them.
    pub seconds: BTreeMap<String, f64>,
    /// Peak resident memory in bytes, where the system tells it.
    pub peak_memory: Option<u64>,
    /// State files that the next run goes on from; the first is the manifest. Empty in records of leadq 0.1 before
    /// runs were incremental: the next run begins anew.
    #[serde(default)]
    pub state: Vec<String>,
    /// Fingerprint of the configuration as far as it decides what is in the tables.
    #[serde(default)]
    pub configuration: String,
    /// Files that this run took in, with what became of them.
    #[serde(default)]
    pub files: Vec<RunFile>,
    /// Rows by stage: `reports.read`, `reports.kept`, `history.records`, …
    #[serde(default)]
    pub rows: BTreeMap<String, u64>,
    /// Findings by code, as `finding` has them.
    #[serde(default)]
    pub findings: BTreeMap<String, u64>,
}

/// A file that a run took in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// Whose; empty for leads of all clients.
    pub client: String,
    /// Its name; of a member of an archive, `x.zip/y.csv`.
    pub name: String,
    /// What became of it: [`FileStatus::name`], or `leads`.
    pub status: String,
    /// Rows read.
    pub rows: u64,
}

/// A run that ended without a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRun {
    /// Number that it would have had; none of attempts that were noted before this was.
    #[serde(default)]
    pub run: Option<u64>,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// When it failed, RFC 3339 in UTC.
    pub failed_at: String,
    /// Version of leadq.
    pub leadq: String,
    /// Why, as it was told; holds no personal data.
    pub error: String,
}

/// A table as a run committed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePin {
    /// Version of the Delta table.
    pub version: u64,
    /// Rows in it.
    pub rows: u64,
}
