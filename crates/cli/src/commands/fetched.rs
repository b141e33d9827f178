//! What fetching left, told.

use leadq_pipeline::sync::Synced;

/// Warns of drops that could not be listed and of files that were left.
pub(crate) fn warn(synced: &Synced) {
    for source in &synced.sources {
        if let Some(error) = &source.failed {
            let hint = error.hint.as_deref().unwrap_or("look at the connection; the next run tries again");
            tracing::warn!("{error}; {hint}");
        }
    }
    for left in synced.left.iter().chain(&synced.uncleared) {
        tracing::warn!("{} in {}: {}; {}", left.name, left.source, left.reason, left.advice);
    }
}
