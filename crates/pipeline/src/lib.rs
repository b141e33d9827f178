//! The hallway: which room comes when, what a run does and commits, and the ports that the edges fill.
//!
//! A [`run`] goes through the rooms in order and commits at its end; a [`view`] reads what a committed run
//! pinned. Neither knows a concrete lake or engine.

pub mod analysis;
mod batches;
pub mod error;
mod history;
mod ingest;
mod model;
pub mod observer;
pub mod ports;
pub mod run;
pub mod source;
mod spool;
pub mod sync;
pub mod view;
mod wall;

pub use error::RunError;
pub use ingest::check_leads;
pub use run::{ClientFiles, LeadsSource, RunOutcome, RunRequest, run};
pub use view::View;
