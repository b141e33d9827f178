//! The lake: tables as Delta Lake, runs as records that pin a version of each table.
//!
//! ```text
//! LAKE/lake.json             layout version and what recognises the secret; written once
//! LAKE/tables/NAME/          a Delta table each, for any tool that reads Delta
//! LAKE/runs/00000001.json    a committed run: the version of each table, what it took in
//! LAKE/.lock                 held by the one writer
//! ```
//!
//! A run is committed when its record exists. Everything before is invisible to leadq's readers: they
//! take the newest record and open each table at the version it pins. Other tools open a table's head,
//! which is why a writer first puts back tables that a crashed run left ahead ([`DeltaLake`]'s `write`).
//!
//! - `lake` and `writer` fill the pipeline's ports.
//! - `location`, `durable`: where the lake is, and how its files reach the disk.
//! - `lock`, `identity`, `runs`: the writer's lock, `lake.json`, the run records.
//! - `fit`, `stage`: rows to data files. `delta`: data files to table versions and back.
//! - `crash`: points at which tests let a run die.
//!
//! Never here: SQL, DataFusion, what a column means.

mod crash;
mod delta;
mod durable;
mod fit;
mod identity;
mod lake;
mod location;
mod lock;
mod runs;
mod stage;
mod state;
mod writer;

pub use crash::{CrashHook, CrashPoint};
pub use lake::DeltaLake;
