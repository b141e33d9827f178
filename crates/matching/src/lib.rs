//! Room 2: clean rows to record versions, links, the star schema and what became of each lead.
//!
//! Two halves. The [`fold`] is a pure function over one client's snapshots in order, in memory in
//! proportion to the client's records. [`link`] makes links, outcomes, claims and findings of the folded records and the
//! leads, which pass by. What looks over several clients is said as SQL by [`plan`], and executed by an engine.

pub mod claim;
pub mod explain;
pub mod fold;
pub mod health;
pub mod link;
pub mod plan;

pub use fold::{Changes, ClientFold, FoldError, SnapshotMeta};
