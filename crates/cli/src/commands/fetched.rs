//! What fetching left, told the same way by every command that fetches.

use leadq_pipeline::sync::Synced;

/// Something that fetching left, and what to do about it.
pub(super) struct Told {
    /// What, where and why.
    pub(super) what: String,
    /// What to do.
    pub(super) todo: String,
}

/// Drops that could not be listed, then files that were left.
pub(super) fn left(synced: &Synced) -> impl Iterator<Item = Told> {
    let failed = synced.sources.iter().filter_map(|source| source.failed.as_ref()).map(|error| {
        let todo =
            error.hint.as_deref().unwrap_or("see that it can be reached; it is tried again the next time");
        Told { what: error.to_string(), todo: todo.to_owned() }
    });
    let files = synced.left.iter().chain(&synced.uncleared).map(|left| Told {
        what: format!("{} in {}: {}", left.name, left.source, left.reason),
        todo: left.advice.clone(),
    });
    failed.chain(files)
}

/// Warns of all of it.
pub(crate) fn warn(synced: &Synced) {
    for Told { what, todo } in left(synced) {
        tracing::warn!("{what}; {todo}");
    }
}
