//! The run records: one JSON file a committed run, created if absent, never changed.

use leadq_contract::run::RunRecord;
use leadq_pipeline::ports::{Fault, PortError};
use object_store::path::Path;
use object_store::{Error, ObjectStore as _, PutMode, PutOptions};
use serde::Deserialize;

use crate::identity;
use crate::location::Location;

/// What every layout's record says.
#[derive(Debug, Deserialize)]
struct FormatOnly {
    lake_format: u32,
}

/// The highest number of a run, if there is any.
pub(crate) async fn last_number(location: &Location) -> Result<Option<u64>, PortError> {
    let folder = location.runs();
    match location.store().list_with_delimiter(Some(&folder)).await {
        Ok(listed) => Ok(listed.objects.iter().filter_map(|object| number_of(&object.location)).max()),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(PortError::permanent("list runs in", location.told(&folder), error)),
    }
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
        |reason: &dyn std::fmt::Display| PortError::permanent("commit run", record.run.to_string(), reason);
    let text = serde_json::to_string_pretty(record).map_err(|error| failed(&error))?;
    let create = PutOptions::from(PutMode::Create);
    match location.store().put_opts(&path, format!("{text}\n").into(), create).await {
        Ok(_) => Ok(()),
        Err(Error::AlreadyExists { .. }) => Err(taken(record.run)),
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
