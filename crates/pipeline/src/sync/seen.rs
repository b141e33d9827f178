//! What earlier listings showed of files that were not taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ports::Listed;

/// A file that a listing showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its size, where it was told.
    pub bytes: Option<u64>,
    /// Its time, where it was told.
    pub modified: Option<i64>,
    /// Its entity tag, where there is one.
    pub version: Option<String>,
    /// When it was first seen so, in nanoseconds since the epoch.
    pub first_seen: i64,
}

impl Seen {
    pub(super) fn of(listed: &Listed, first_seen: i64) -> Self {
        Self { bytes: listed.bytes, modified: listed.modified, version: listed.version.clone(), first_seen }
    }

    pub(super) fn is_same(&self, listed: &Listed) -> bool {
        (self.bytes, self.modified) == (listed.bytes, listed.modified) && self.version == listed.version
    }
}

/// Files that were seen and not taken, by drop and name: what the next time goes on from. It is small: what is taken is
/// not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenState {
    sources: BTreeMap<String, BTreeMap<String, Seen>>,
}

impl SeenState {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(super) fn new(sources: impl Iterator<Item = (String, BTreeMap<String, Seen>)>) -> Self {
        let mut state = Self::default();
        for (source, seen) in sources.filter(|(_, seen)| !seen.is_empty()) {
            state.sources.entry(source).or_default().extend(seen);
        }
        state
    }

    pub(super) fn of(&self, source: &str) -> Option<&BTreeMap<String, Seen>> {
        self.sources.get(source)
    }
}
