//! Which data files the kept versions of a table need, by its log.
//!
//! Delta's own vacuum is not used. It commits twice to the table each time, so that heads run away from what runs pin;
//! it judges files that no commit names by the store's clock; and it loads every kept version anew. Here the oldest
//! kept version is loaded and the commits after it are applied, each read once.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};
use leadq_pipeline::ports::PortError;
use object_store::path::Path;
use serde::Deserialize;

use crate::delta;
use crate::location::Location;

/// Digits of a version in names of the log.
const DIGITS: usize = 20;
/// Commits that are read at a time.
const READS: usize = 16;

/// What is in the folder of a table's log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The files of each version: its commit, its checkpoint, what others derive from them.
    files: BTreeMap<u64, Vec<Path>>,
    checkpoints: BTreeSet<u64>,
    newest: u64,
}

impl Log {
    /// Lists the log of a table.
    pub(crate) async fn list(location: &Location, name: &str) -> Result<Self, PortError> {
        let mut log = Self::default();
        for path in location.list(&location.log(name)).await? {
            let Some((version, kind)) = path.filename().and_then(parts) else { continue };
            if kind == "json" {
                log.newest = log.newest.max(version);
            }
            if kind == "checkpoint.parquet" {
                log.checkpoints.insert(version);
            }
            log.files.entry(version).or_default().push(path);
        }
        Ok(log)
    }

    /// The last checkpoint at a version or before it.
    pub(crate) fn checkpoint(&self, version: u64) -> Option<u64> {
        self.checkpoints.range(..=version).next_back().copied()
    }

    /// The files of the log that no version from `oldest` on is read by: those before its checkpoint.
    pub(crate) fn before(&self, oldest: u64) -> Vec<Path> {
        let first = self.checkpoint(oldest).unwrap_or_default();
        self.files.range(..first).flat_map(|(_, files)| files.iter().cloned()).collect()
    }

    /// Names of the data files that the versions in `pins` need, or that the head needs.
    pub(crate) async fn needed(
        &self,
        location: &Location,
        name: &str,
        pins: &BTreeSet<u64>,
    ) -> Result<BTreeSet<String>, PortError> {
        let (Some(oldest), Some(latest)) = (pins.first().copied(), pins.last().copied()) else {
            return Ok(BTreeSet::new());
        };
        if latest > oldest && latest > self.newest {
            return Err(gone(location, &location.table_commit(name, latest)));
        }
        let mut current = delta::file_names(location, name, oldest).await?;
        let mut needed = current.clone();
        let commits = futures::stream::iter(oldest + 1..=self.newest)
            .map(async |version| Ok((version, read(location, name, version).await?)))
            .buffered(READS);
        let mut commits = std::pin::pin!(commits);
        while let Some((version, changes)) = commits.try_next().await? {
            for change in changes {
                match change {
                    Change { add: Some(file), .. } => current.insert(file.path),
                    Change { remove: Some(file), .. } => current.remove(&file.path),
                    Change { .. } => continue,
                };
            }
            if pins.contains(&version) || version == self.newest {
                needed.extend(current.iter().cloned());
            }
        }
        Ok(needed)
    }
}

/// What a line of a commit does to the files of a table; most other lines do nothing.
#[derive(Debug, Deserialize)]
struct Change {
    add: Option<Named>,
    remove: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    path: String,
}

async fn read(location: &Location, name: &str, version: u64) -> Result<Vec<Change>, PortError> {
    let path = location.table_commit(name, version);
    let failed = |reason: &dyn std::fmt::Display| PortError::permanent("read", location.told(&path), reason);
    let bytes = location.read(&path).await?.ok_or_else(|| gone(location, &path))?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| failed(&error))).collect()
}

/// Without it nobody can tell which files are needed, so none is deleted.
fn gone(location: &Location, path: &Path) -> PortError {
    PortError::permanent(
        "read",
        location.told(path),
        "the commit is gone; somebody else has cleaned up the log",
    )
    .hint("nothing is deleted of this table until the runs that it belongs to are no longer kept")
}

/// The version and the kind of a file of the log: `00000000000000000012.checkpoint.parquet`.
fn parts(name: &str) -> Option<(u64, &str)> {
    let (version, kind) = name.split_once('.')?;
    let plain = version.len() == DIGITS && version.bytes().all(|byte| byte.is_ascii_digit());
    if plain { Some((version.parse().ok()?, kind)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_log_have_versions() {
        let check = |name: &str, parts_of| assert_eq!(parts(name), parts_of, "{name}");
        check("00000000000000000012.json", Some((12, "json")));
        check("00000000000000000010.checkpoint.parquet", Some((10, "checkpoint.parquet")));
        check("_last_checkpoint", None);
        check("12.json", None);
        check("0000000000000000001a.json", None);
    }
}
