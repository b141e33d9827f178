//! What keeps a run from being committed.

use leadq_ingest::IngestError;
use leadq_matching::FoldError;
use leadq_matching::link::LinkError;

use crate::ports::PortError;

/// A run failed; nothing of it is visible.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An edge failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// There are no leads.
    #[error("no leads file has been received")]
    NoLeads,
    /// A file of the archive is not what it was when it was taken in.
    #[error("{file} cannot be found in the archive as it was taken in")]
    Changed {
        /// The file.
        file: String,
    },
    /// A leads file cannot be read: a missing part of the leads makes every rate wrong (spec 1.2).
    #[error("cannot take in leads from {file}: {source}")]
    Leads {
        /// The file.
        file: String,
        /// Why.
        source: IngestError,
    },
    /// A client's snapshots cannot be folded.
    #[error("cannot fold the snapshots of client {client}: {source}")]
    Fold {
        /// Whose.
        client: String,
        /// Why.
        source: FoldError,
    },
    /// A client's records cannot be linked with its leads.
    #[error("cannot link the records of client {client} with its leads: {source}")]
    Link {
        /// Whose.
        client: String,
        /// Why.
        source: LinkError,
    },
    /// The scratch space cannot be used.
    #[error("cannot use the scratch space: {0}")]
    Scratch(#[from] std::io::Error),
    /// A table could not be built.
    #[error("cannot build {table}: {source}")]
    Build {
        /// Which table.
        table: &'static str,
        /// Why.
        source: arrow::error::ArrowError,
    },
    /// A task of the run died.
    #[error("a task of the run ended unexpectedly: {0}")]
    Task(#[from] tokio::task::JoinError),
}
