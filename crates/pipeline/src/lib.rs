//! The hallway: which room comes when, what a run does and commits, and the ports that the edges fill.
//!
//! A [`run`] goes through the rooms in order and commits at its end; a [`view`] reads what a committed run
//! pinned. Neither knows a concrete lake or engine.

pub mod analysis;
mod archived;
mod batches;
mod client;
pub mod error;
mod fingerprint;
pub mod forget;
mod history;
mod ingest;
mod kept;
mod leads;
pub mod observer;
pub mod ports;
pub mod retention;
pub mod run;
mod spool;
mod state;
mod stretch;
pub mod sync;
mod tables;
pub mod view;
mod wall;

pub use error::RunError;
pub use run::{ClientRequest, Ports, RunOutcome, RunRequest, run};
pub use view::View;
