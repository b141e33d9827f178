//! After a commit: checkpoints, and away with what no kept run needs.
//!
//! Its steps can be stopped anywhere and begun again. What is deleted is needed by nobody at that moment: data files
//! in no version that a kept run pins, state files that the last record does not name, and of logs what lies before the
//! checkpoint that the oldest kept version is read from. Before anything goes it is written down which runs are no
//! longer kept, so that their readers are told.

use std::collections::BTreeSet;

use leadq_contract::Table;
use leadq_contract::run::RunRecord;
use leadq_pipeline::ports::{Lake as _, PortError};

use crate::crash::{Crash, CrashPoint};
use crate::history::Log;
use crate::hold::Hold;
use crate::lake::DeltaLake;
use crate::location::Location;
use crate::{delta, durable, runs, state};

/// Versions of a table after which its next checkpoint is due.
const CHECKPOINT_EVERY: u64 = 10;

/// Cleans up after the last run; the caller holds the lake, and has staged nothing that is not committed.
pub(crate) async fn tidy(lake: &DeltaLake, hold: &Hold, keep_runs: u64) -> Result<(), PortError> {
    let DeltaLake { location, crash, .. } = lake;
    hold.check().await?;
    let Some(last) = lake.last_run().await? else { return Ok(()) };
    state::keep_only(location, &last.state).await?;
    crash.at(CrashPoint::StateDeleted)?;
    let kept = runs::keep(location, keep_runs).await?;
    crash.at(CrashPoint::RunsExpired)?;
    for table in Table::ALL {
        let name = table.name();
        let pin = |run: &RunRecord| run.tables.get(name).map(|pin| pin.version);
        let pins: BTreeSet<u64> = kept.iter().filter_map(pin).collect();
        hold.check().await?;
        if pins.is_empty() {
            // What a first run left that died.
            location.delete(location.list(&location.log(name)).await?).await?;
        }
        tidy_table(location, table, &pins, crash).await?;
    }
    if let Some(folder) = location.local() {
        for part in ["runs", "state", "tables"] {
            durable::sweep(folder.join(part)).await?;
        }
    }
    Ok(())
}

async fn tidy_table(
    location: &Location,
    table: Table,
    pins: &BTreeSet<u64>,
    crash: &Crash,
) -> Result<(), PortError> {
    let name = table.name();
    let log = Log::list(location, name).await?;
    if let Some(latest) = pins.last().copied()
        && log.checkpoint(latest).map_or(latest + 1, |checkpoint| latest - checkpoint) >= CHECKPOINT_EVERY
    {
        delta::checkpoint(location, name, latest).await?;
        crash.at(CrashPoint::Checkpointed(table))?;
    }
    let mut files = location.list(&location.table(name)).await?;
    files.retain(|path| path.filename().is_some_and(|file| file.ends_with(".parquet")));
    let needed = log.needed(location, name, pins).await?;
    files.retain(|path| path.filename().is_some_and(|file| !needed.contains(file)));
    tracing::debug!(
        table.name = name,
        table.needed = needed.len(),
        table.deleted = files.len(),
        "tidied table"
    );
    location.delete(files).await?;
    crash.at(CrashPoint::FilesDeleted(table))?;
    if let Some(oldest) = pins.first().copied() {
        location.delete(log.before(oldest)).await?;
    }
    crash.at(CrashPoint::LogCut(table))
}
