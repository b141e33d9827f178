//! The run records: one JSON file a committed run, created if absent, never changed.

use futures::{StreamExt as _, TryStreamExt as _};
use leadq_contract::run::RunRecord;
use leadq_pipeline::ports::{Fault, PortError};
use object_store::path::Path;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions};
use serde::{Deserialize, Serialize};

use crate::location::Location;
use crate::{failure, identity};

/// Records that are read at a time.
const READS: usize = 8;

/// What every layout's record says.
#[derive(Debug, Deserialize)]
struct FormatOnly {
    lake_format: u32,
}

/// Which runs' tables are kept; written before what others need is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The first run whose tables are kept.
    first: u64,
    /// How many the last tidying was to keep.
    runs: u64,
}

/// The highest number of a run, if there is any.
pub(crate) async fn last_number(location: &Location) -> Result<Option<u64>, PortError> {
    Ok(numbers(location).await?.last().copied())
}

/// The numbers of all runs, in order.
async fn numbers(location: &Location) -> Result<Vec<u64>, PortError> {
    let files = location.list(&location.runs()).await?;
    let mut numbers: Vec<_> = files.iter().filter_map(number_of).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The last `count` runs, at least one; of earlier ones it is noted that they are no longer kept. What is in their
/// records besides tables' versions is left out.
pub(crate) async fn keep(location: &Location, count: u64) -> Result<Vec<RunRecord>, PortError> {
    let count = count.max(1);
    let numbers = numbers(location).await?;
    let skipped = numbers.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    let before = kept(location).await?;
    // Once gone they do not come back when more are to be kept.
    let first = numbers.get(skipped).copied().unwrap_or_default().max(before.map_or(0, |kept| kept.first));
    let note = Kept { first, runs: count };
    if skipped > 0 && before != Some(note) {
        let path = kept_path(location);
        let failed =
            |error: &(dyn std::error::Error + 'static)| failure::of("write", location.told(&path), error);
        let text = serde_json::to_string_pretty(&note).map_err(|error| failed(&error))?;
        location.store().put(&path, format!("{text}\n").into()).await.map_err(|error| failed(&error))?;
    }
    let reads = futures::stream::iter(numbers.into_iter().filter(|number| *number >= first))
        .map(async |number| {
            let run = read(location, number).await?;
            Ok(run.map(|run| RunRecord { run: number, tables: run.tables, ..RunRecord::default() }))
        })
        .buffered(READS);
    Ok(reads.try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
}

/// An error if the tables of a run are no longer kept.
pub(crate) async fn check_kept(location: &Location, number: u64) -> Result<(), PortError> {
    let Some(Kept { first, runs }) = kept(location).await? else { return Ok(()) };
    if number >= first {
        return Ok(());
    }
    let last = if runs == 1 { "only the last is".to_owned() } else { format!("the last {runs} are") };
    let reason = format!("run {number} is no longer kept: {last}");
    Err(PortError::permanent("read run", number.to_string(), reason).hint(format!(
        "the oldest run whose tables can be read is run {first}; of earlier ones the records are left"
    )))
}

async fn kept(location: &Location) -> Result<Option<Kept>, PortError> {
    let path = kept_path(location);
    let Some(bytes) = location.read(&path).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        PortError::permanent("read", location.told(&path), error)
            .hint("the file is damaged; delete it, the next run writes it anew")
    })
}

fn kept_path(location: &Location) -> Path {
    location.runs().join("kept.json")
}

/// Reads a record; none if there is none.
pub(crate) async fn read(location: &Location, number: u64) -> Result<Option<RunRecord>, PortError> {
    let path = path_of(location, number);
    let Some(bytes) = location.read(&path).await? else { return Ok(None) };
    let damaged = |reason: &dyn std::fmt::Display| {
        PortError::permanent("read run record", location.told(&path), reason).hint(
            "the file is damaged; put it back from a backup of the lake, or run leadq anew on an empty lake",
        )
    };
    let FormatOnly { lake_format } = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
    identity::check_format(location.told(&path), lake_format)?;
    let record: RunRecord = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
    if record.run != number {
        return Err(damaged(&format!("it says that it is run {}", record.run)));
    }
    Ok(Some(record))
}

/// Writes the record of a run, which commits it. Fails with [`Fault::Locked`] if the number is taken.
pub(crate) async fn create(location: &Location, record: &RunRecord) -> Result<(), PortError> {
    let path = path_of(location, record.run);
    let failed =
        |error: &(dyn std::error::Error + 'static)| failure::of("commit run", record.run.to_string(), error);
    let text = serde_json::to_string_pretty(record).map_err(|error| failed(&error))?;
    let create = PutOptions::from(PutMode::Create);
    match location.store().put_opts(&path, format!("{text}\n").into(), create).await {
        Ok(_) => Ok(()),
        // In a store the answer to our own put may have been lost on its way, and the put sent again.
        Err(Error::AlreadyExists { .. }) => match read(location, record.run).await? {
            Some(found) if found == *record => Ok(()),
            _ => Err(taken(record.run)),
        },
        Err(error) => Err(failed(&error)),
    }
}

/// The error for a number that another writer has used.
pub(crate) fn taken(number: u64) -> PortError {
    PortError::permanent("commit run", number.to_string(), "another writer has committed a run meanwhile")
        .fault(Fault::Locked)
        .hint("run again; nothing of this run is visible")
}

fn path_of(location: &Location, number: u64) -> Path {
    location.runs().join(format!("{number:08}.json"))
}

fn number_of(path: &Path) -> Option<u64> {
    let digits = path.filename()?.strip_suffix(".json")?;
    let plain = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_are_numbered() {
        let check = |name: &str, number| assert_eq!(number_of(&Path::from(name)), number, "{name}");
        check("runs/00000012.json", Some(12));
        check("runs/123456789.json", Some(123_456_789));
        check("runs/12.json", None);
        check("runs/+0000012.json", None);
        check("runs/00000012.json.bak", None);
        check("runs/.leadq-abc", None);
    }
}
