//! What the catalogue knows: whether a file that is listed is in the archive already.

use std::collections::HashMap;

use leadq_contract::ClientId;

use super::SyncSource;
use crate::ports::{Listed, Received, ReceivedKind};

/// How long before it was read a file must have been written, for its time to tell a later change: clocks of file
/// systems are coarse, and those of servers are off.
const DOUBT: i64 = 2_000_000_000;

/// The latest entry of each file of a drop, by name.
pub(super) type Entries<'a> = HashMap<&'a str, &'a Received>;

/// The latest entry of every file.
pub(super) struct Known<'a>(HashMap<(Option<&'a ClientId>, ReceivedKind, &'a str), Entries<'a>>);

impl<'a> Known<'a> {
    /// Of a catalogue, in the order in which it was written.
    pub(super) fn of(catalogue: &'a [Received]) -> Self {
        let mut known: HashMap<_, Entries<'a>> = HashMap::new();
        for entry in catalogue {
            let source = (entry.client.as_ref(), entry.kind, &*entry.source);
            known.entry(source).or_default().insert(&entry.name, entry);
        }
        Self(known)
    }

    /// The entries of a drop.
    pub(super) fn of_source(&self, source: &'a SyncSource) -> Option<&Entries<'a>> {
        self.0.get(&(source.client.as_ref(), source.kind, source.drop.location()))
    }
}

/// Whether a listing shows what an entry says, in so far as it tells anything.
pub(super) fn looks_like(listed: &Listed, entry: &Received) -> bool {
    let same_time = match (&listed.version, &entry.version) {
        (Some(now), Some(then)) => now == then,
        _ => listed.modified.is_none_or(|modified| modified == entry.modified),
    };
    same_time && listed.bytes.is_none_or(|bytes| bytes == entry.bytes)
}

/// Whether that can be relied on: all is told, and a file that was changed later would look otherwise.
fn is_reliable(listed: &Listed, entry: &Received) -> bool {
    let has_version = listed.version.is_some() && entry.version.is_some();
    let is_old = || listed.modified.is_some() && entry.modified <= entry.received_at.saturating_sub(DOUBT);
    listed.bytes.is_some() && (has_version || is_old())
}

/// Whether a file that is listed is the one of an entry, beyond doubt.
pub(super) fn is_known(listed: &Listed, entry: &Received) -> bool {
    looks_like(listed, entry) && is_reliable(listed, entry)
}

/// Whether two listings show the same file. Where there are entity tags, they tell; times are told with other
/// precision by other requests.
pub(super) fn is_same(a: &Listed, b: &Listed) -> bool {
    let same_time = match (&a.version, &b.version) {
        (Some(a), Some(b)) => a == b,
        _ => a.modified == b.modified,
    };
    a.bytes == b.bytes && same_time
}
