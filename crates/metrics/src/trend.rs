//! The trend: what had been reached by each snapshot of a client, and over all clients.

use chrono::NaiveDateTime;

use crate::{Base, Counts};

/// What had been reached by one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPoint {
    /// The client; `None` over all clients.
    pub client_id: Option<String>,
    /// The snapshot's time, wall time of the client's zone.
    pub snapshot_at: NaiveDateTime,
    /// What `delivered` counts, and what the rates are of.
    pub base: Base,
    /// What had been reached.
    pub counts: Counts,
    /// What broke in this snapshot, in words: `column set went dead`.
    pub breaks: Vec<String>,
}
