//! The lake: tables as Delta Lake, runs as records that pin a version of each table.
//!
//! ```text
//! LAKE/lake.json             layout version and what recognises the secret; written once
//! LAKE/tables/NAME/          a Delta table each, for any tool that reads Delta
//! LAKE/runs/00000001.json    a committed run: the version of each table, what it took in
//! LAKE/runs/kept.json        the first run whose tables are kept
//! LAKE/runs/failed/          runs that ended without a commit
//! LAKE/state/                what the next run goes on from, named by the last run's record
//! LAKE/.lock                 held by the one writer; in an object store, lease.json
//! ```
//!
//! A run is committed when its record exists. Everything before is invisible to leadq's readers: they
//! take the newest record and open each table at the version it pins. Other tools open a table's head,
//! which is why a writer first puts back tables that a crashed run left ahead ([`DeltaLake`]'s `write`).
//!
//! - `lake` and `writer` fill the pipeline's ports.
//! - `location`, `durable`, `cloud`: where the lake is, how its files reach the disk, or which store has them.
//! - `hold`: the right to write: `lock` on a disk, `lease` in a store; `holder` says who has it.
//! - `identity`, `runs`, `failed`, `state`: `lake.json`, the run records, those that failed, the state files.
//! - `fit`, `stage`: rows to data files. `delta`: data files to table versions and back.
//! - `tidy`, `history`: deleting what no kept run needs, and finding out what that is.
//! - `failure`: what a store reports, as a port's error.
//! - `crash`: points at which tests let a run die.
//!
//! Never here: SQL, DataFusion, what a column means.

mod cloud;
mod crash;
mod delta;
mod durable;
mod failed;
mod failure;
mod fit;
mod history;
mod hold;
mod holder;
mod identity;
mod lake;
mod lease;
mod location;
mod lock;
mod runs;
mod stage;
mod state;
mod tidy;
mod writer;

pub use crash::{CrashHook, CrashPoint};
pub use lake::DeltaLake;
pub use lease::LeaseTimes;
