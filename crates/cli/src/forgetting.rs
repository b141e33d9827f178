//! Who is forgotten, kept in the lake; and files that came since, looked at for them before they are read.

use leadq_contract::IdentifierKey;
use leadq_contract::identifier::hex;
use leadq_ingest::Forgotten;
use leadq_pipeline::forget::{Redacted, Scope, redact};
use leadq_pipeline::ports::{Archive, Lake, PortError};
use leadq_pipeline::{RunError, RunRequest};
use serde::{Deserialize, Serialize};

/// The document that keeps who is forgotten: keyed identifiers, in hex.
const FORGOTTEN: &str = "forgotten";
/// The file of that document within the lake.
pub(crate) const LIST_FILE: &str = "documents/forgotten.json";
/// The document that keeps how much of the archive was looked at.
const LOOKED_AT: &str = "looked_at";

/// How much of the archive was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct LookedAt {
    /// For how many of the list, which only grows.
    forgotten: usize,
    /// So many entries of the catalogue.
    entries: usize,
}

/// Who is forgotten.
pub(crate) async fn list(lake: &dyn Lake) -> Result<Forgotten, PortError> {
    let Some(text) = lake.document(FORGOTTEN).await? else { return Ok(Forgotten::default()) };
    let damaged = || {
        PortError::permanent("read", "the list of people who are forgotten", "it is damaged").hint(
            "put documents/forgotten.json of the lake back from a backup; without it they would come back",
        )
    };
    let keys: Vec<String> = serde_json::from_slice(&text).map_err(|_| damaged())?;
    keys.iter().map(|key| IdentifierKey::from_hex(key).ok_or_else(damaged)).collect()
}

/// Adds to those who are forgotten. The caller holds the lake.
pub(crate) async fn add(lake: &dyn Lake, more: &[IdentifierKey]) -> Result<Forgotten, PortError> {
    let known = list(lake).await?;
    let all: Forgotten = known.keys().chain(more).copied().collect();
    if all != known {
        let keys: Vec<String> = all.keys().map(|key| hex(&key.0)).collect();
        put(lake, FORGOTTEN, &keys).await?;
    }
    Ok(all)
}

/// Looks at what came into the archive since it was looked at, and takes those who are forgotten out of it.
///
/// # Errors
/// [`Fault::Locked`](leadq_pipeline::ports::Fault::Locked) if somebody else writes to the lake: two at once could put
/// back what the other took out.
pub(crate) async fn at_the_door(
    request: &RunRequest,
    lake: &dyn Lake,
    archive: &dyn Archive,
) -> Result<(), RunError> {
    if request.forgotten.is_empty() {
        return Ok(());
    }
    let looked_at = looked_at(lake).await?;
    let place = if looked_at.forgotten == request.forgotten.keys().count() { looked_at.entries } else { 0 };
    if place >= archive.catalogue().await?.len() {
        return Ok(());
    }
    let held = lake.write(&request.secret.check_value()).await?;
    // Somebody may have been forgotten before the lake was ours.
    let request = RunRequest { forgotten: list(lake).await?, ..request.clone() };
    let place = if looked_at.forgotten == request.forgotten.keys().count() { place } else { 0 };
    take_out(&request, lake, archive, Scope::From(place)).await?;
    drop(held);
    Ok(())
}

/// Takes those who are forgotten out of the archive. The caller holds the lake.
pub(crate) async fn take_out(
    request: &RunRequest,
    lake: &dyn Lake,
    archive: &dyn Archive,
    scope: Scope,
) -> Result<Redacted, RunError> {
    let redacted = redact(request, archive, scope).await?;
    for file in &redacted.unread {
        tracing::warn!(
            "{file} could not be looked into for people who are forgotten, and was taken out of the archive"
        );
    }
    let now = LookedAt { forgotten: request.forgotten.keys().count(), entries: redacted.entries };
    put(lake, LOOKED_AT, &now).await?;
    Ok(redacted)
}

async fn looked_at(lake: &dyn Lake) -> Result<LookedAt, PortError> {
    let text = lake.document(LOOKED_AT).await?;
    // What cannot be read is as good as none: all is looked at again.
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
}

async fn put(lake: &dyn Lake, name: &'static str, value: &impl Serialize) -> Result<(), PortError> {
    let text = serde_json::to_vec(value).map_err(|error| PortError::permanent("write", name, error))?;
    lake.put_document(name, text).await
}
