//! The embedded engine: DataFusion in this process, behind the pipeline's [`Engine`] port.
//!
//! It knows Parquet files and SQL, nothing of Delta Lake, runs or leads: a table is a list of files that
//! somebody else froze. Its plans are plain Parquet scans, so that the same plan can be sent elsewhere.
//!
//! - [`EmbeddedEngine`] is what the binary builds.
//! - `session` is the one place where DataFusion is configured: memory, disk, partitions, functions.
//! - `pool` is the memory its operators share.
//! - `table` scans a list of Parquet files; `catalog` keeps the names they are registered under.
//! - `scratch` is the engine's temporary folder and the files written there.
//! - `failure` tells DataFusion's errors, `wrong_query` those that are the query's.
//! - `surrogate_key` is the one function that SQL gets from leadq.
//!
//! [`Engine`]: leadq_pipeline::ports::Engine

mod catalog;
mod engine;
mod failure;
mod pool;
mod scratch;
mod session;
mod surrogate_key;
mod table;
mod wrong_query;

pub use engine::EmbeddedEngine;
pub use session::EngineSettings;
