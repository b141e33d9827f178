//! The run record: what a committed run took in, made and pinned. Stored as JSON; the lake's readers
//! open the table versions that it names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the lake's layout that this build reads and writes.
pub const LAKE_FORMAT: u32 = 1;

/// What became of a report file (spec chapter 4, `files`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}

/// A table as a run committed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePin {
    /// Version of the Delta table.
    pub version: u64,
    /// Rows in it.
    pub rows: u64,
}
