//! Runs that ended without a commit: one JSON file each, the latest hundred.

use chrono::{DateTime, FixedOffset};
use futures::{StreamExt as _, TryStreamExt as _};
use leadq_contract::run::{FailedRun, RunRecord};
use leadq_pipeline::ports::PortError;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use crate::failure;
use crate::location::Location;

/// How many are kept.
const KEPT: usize = 100;
/// How many are read at a time.
const READS: usize = 8;

/// Writes one down and deletes those before the latest hundred.
pub(crate) async fn note(location: &Location, run: &FailedRun) -> Result<(), PortError> {
    let path = folder(location).join(format!("{}.json", safe(&run.started_at)));
    let failed = |error: &(dyn std::error::Error + 'static)| {
        failure::of("note failed run in", location.told(&path), error)
    };
    let text = serde_json::to_string_pretty(run).map_err(|error| failed(&error))?;
    location.store().put(&path, format!("{text}\n").into()).await.map_err(|error| failed(&error))?;
    let mut files = files(location).await?;
    files.truncate(files.len().saturating_sub(KEPT));
    location.delete(files).await
}

/// Those since the last run, oldest first. Times do not tell: they are whole seconds, in which a run may fit.
pub(crate) async fn since(
    location: &Location,
    last: Option<&RunRecord>,
) -> Result<Vec<FailedRun>, PortError> {
    let mut files = files(location).await?;
    files.drain(..files.len().saturating_sub(KEPT));
    let reads = futures::stream::iter(files).map(async |path| read(location, &path).await).buffered(READS);
    let runs: Vec<_> = reads.try_collect().await?;
    let began = last.and_then(|last| parsed(&last.started_at));
    let after = |failed: &FailedRun| match failed.run {
        Some(run) => last.is_none_or(|last| run > last.run),
        None => parsed(&failed.started_at) > began,
    };
    let mut runs: Vec<_> = runs.into_iter().flatten().filter(after).collect();
    runs.sort_by_key(|run| parsed(&run.started_at));
    Ok(runs)
}

async fn read(location: &Location, path: &Path) -> Result<Option<FailedRun>, PortError> {
    let Some(bytes) = location.read(path).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        PortError::permanent("read", location.told(path), error)
            .hint("the file is damaged; delete it, it says only that a run failed")
    })
}

/// The files, oldest first.
async fn files(location: &Location) -> Result<Vec<Path>, PortError> {
    let mut files = location.list(&folder(location)).await?;
    files.retain(|path| path.filename().is_some_and(|name| name.ends_with(".json")));
    files.sort();
    Ok(files)
}

fn folder(location: &Location) -> Path {
    location.runs().join("failed")
}

fn parsed(moment: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(moment).ok()
}

/// A moment as a file's name on any system; names sort as moments of the same form do.
fn safe(moment: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    moment.chars().map(plain).collect()
}
