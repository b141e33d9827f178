//! Room 2: clean rows to record versions, links, the star schema and what became of each lead.
//!
//! Two halves. The [`fold`] is a pure function over one client's snapshots in order, in memory in
//! proportion to the client's records. The [`plan`] says, as SQL, how links and outcomes follow from the
//! folded tables; an engine executes it, here or on a cluster.

pub mod claim;
pub mod explain;
pub mod fold;
pub mod health;
pub mod link;
pub mod plan;

pub use fold::{Changes, ClientFold, FoldError, SnapshotMeta};
