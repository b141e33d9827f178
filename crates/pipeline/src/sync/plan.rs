//! What a listing means: which files are known, which can be taken, which have to stand still first.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use leadq_ingest::names::{is_passed_over, shown};

use super::known::{self, Known};
use super::{Left, LeftCause, PATIENCE, Seen, SyncSource};
use crate::ports::{Listed, Listing, PortError, Received, ReceivedKind};

/// A file to be read.
pub(super) struct ToRead<'a> {
    pub(super) listed: Listed,
    /// The latest entry of its name.
    pub(super) entry: Option<&'a Received>,
}

/// What there is to do with a drop.
#[derive(Default)]
pub(super) struct Plan<'a> {
    /// Files to take now.
    pub(super) ready: Vec<ToRead<'a>>,
    /// Files that have to stand still first.
    pub(super) waiting: Vec<ToRead<'a>>,
    /// Files that are in the archive, and could be gone at their source.
    pub(super) to_clear: Vec<(Listed, &'a Received)>,
    /// Files that are known.
    pub(super) unchanged: u64,
    /// Files to be read, as they were seen; those that are taken fall out.
    pub(super) seen: BTreeMap<String, Seen>,
    left: Vec<Left>,
    failed: Option<PortError>,
}

impl<'a> Plan<'a> {
    /// Of a drop that cannot be listed: what was seen of it stays.
    pub(super) fn failed(error: PortError, earlier: Option<&BTreeMap<String, Seen>>) -> Self {
        Self { failed: Some(error), seen: earlier.cloned().unwrap_or_default(), ..Self::default() }
    }

    /// Of a listing.
    pub(super) fn of(
        source: &'a SyncSource,
        known: &Known<'a>,
        listing: Listing,
        earlier: Option<&BTreeMap<String, Seen>>,
        now: i64,
    ) -> Self {
        let mut plan = Self::default();
        let entries = known.of_source(source);
        let markers = markers(source, &listing);
        for listed in plan.files(source, listing) {
            let entry = entries.and_then(|entries| entries.get(&*listed.name).copied());
            if let Some(entry) = entry.filter(|entry| known::is_known(&listed, entry)) {
                plan.unchanged += 1;
                if source.rules.after != leadq_contract::config::After::Keep {
                    plan.to_clear.push((listed, entry));
                }
                continue;
            }
            let before = earlier.and_then(|earlier| earlier.get(&listed.name));
            let before = before.filter(|seen| seen.is_same(&listed)).map(|seen| seen.first_seen.min(now));
            // When it was read it looked like this, too.
            let read = entry.filter(|entry| known::looks_like(&listed, entry)).map(|entry| entry.received_at);
            let first_seen = before.into_iter().chain(read.filter(|read| *read <= now)).min().unwrap_or(now);
            plan.seen.insert(listed.name.clone(), Seen::of(&listed, first_seen));
            let stood = Duration::from_nanos(u64::try_from(now.saturating_sub(first_seen)).unwrap_or(0));
            let marker = source.rules.marker_of(&listed.name).and_then(|marker| markers.get(&marker));
            let is_marked = marker.is_some_and(|marker| is_marked(&listed, *marker));
            let file = ToRead { listed, entry };
            let is_ready = is_marked || stood >= source.rules.settle;
            if is_ready { plan.ready.push(file) } else { plan.waiting.push(file) }
        }
        plan
    }

    /// The files of a listing that can be taken at all, in the order of their names.
    fn files(&mut self, source: &SyncSource, listing: Listing) -> Vec<Listed> {
        for other in listing.passed_over {
            let advice = "put the file itself there, under a plain name".to_owned();
            self.left.push(left(source, &other.name, LeftCause::PassedOver, other.reason, advice));
        }
        let mut files: Vec<Listed> = Vec::with_capacity(listing.files.len());
        for listed in listing.files {
            if !leaves(&listed.name) && is_wanted(source, &listed.name) {
                files.push(listed);
            } else if leaves(&listed.name) {
                let reason = "its name leaves the folder, or has control characters".to_owned();
                let advice = "give it a plain name".to_owned();
                self.left.push(left(source, &listed.name, LeftCause::PassedOver, reason, advice));
            }
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        self.once_each(source, files)
    }

    /// What is listed several times, and each time differently, cannot be told apart.
    fn once_each(&mut self, source: &SyncSource, mut files: Vec<Listed>) -> Vec<Listed> {
        files.dedup();
        let mut twice: Vec<String> = Vec::new();
        for pair in files.windows(2) {
            if pair[0].name == pair[1].name && twice.last() != Some(&pair[0].name) {
                twice.push(pair[0].name.clone());
            }
        }
        if !twice.is_empty() {
            files.retain(|file| twice.binary_search(&file.name).is_err());
        }
        for name in twice {
            let reason = "it is listed several times, with another size or time each".to_owned();
            let advice = "look at the server; it is taken when it is listed once".to_owned();
            self.left.push(left(source, &name, LeftCause::Changed, reason, advice));
        }
        files
    }

    /// Compares what was waited for with a second listing, made after it had to stand still.
    pub(super) fn again(&mut self, source: &SyncSource, listing: Listing, now: i64) {
        let mut listing: HashMap<_, _> =
            listing.files.into_iter().map(|listed| (listed.name.clone(), listed)).collect();
        for mut file in std::mem::take(&mut self.waiting) {
            let name = file.listed.name.clone();
            match listing.remove(&name) {
                Some(listed) if known::is_same(&listed, &file.listed) => {
                    file.listed = listed;
                    self.ready.push(file);
                }
                Some(listed) => {
                    let reason = changed(&file.listed, &listed);
                    self.seen.insert(name.clone(), Seen::of(&listed, now));
                    let advice =
                        "nothing, if it is still being uploaded: it is taken when it stands still".to_owned();
                    self.left.push(left(source, &name, LeftCause::Changed, reason, advice));
                }
                None => {
                    self.seen.remove(&name);
                    let reason = "it was there, and a little later it was gone".to_owned();
                    let advice = "upload it again if it was not meant to go".to_owned();
                    self.left.push(left(source, &name, LeftCause::Vanished, reason, advice));
                }
            }
        }
    }

    /// The second listing failed.
    pub(super) fn fails(&mut self, error: PortError) {
        self.failed = Some(error);
    }

    /// Whether there are files that have to stand still first.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many files can be taken.
    pub(super) fn ready(&self) -> u64 {
        self.ready.len() as u64
    }

    /// What was left, and why the drop could not be listed if it could not.
    pub(super) fn end(mut self, source: &SyncSource) -> (Vec<Left>, Option<PortError>) {
        for file in self.waiting {
            let settle = source.rules.settle;
            let reason = format!("it has not stood still for {settle:?} yet");
            let advice = if settle > PATIENCE {
                "nothing: it is taken when it has, or when its marker is there".to_owned()
            } else {
                "nothing: it is taken the next time".to_owned()
            };
            self.left.push(left(source, &file.listed.name, LeftCause::Settling, reason, advice));
        }
        (self.left, self.failed)
    }
}

/// A file that is left.
pub(super) fn left(
    source: &SyncSource,
    name: &str,
    cause: LeftCause,
    reason: String,
    advice: String,
) -> Left {
    let name = shown(name);
    Left {
        client: source.client.clone(),
        source: source.drop.location().to_owned(),
        name,
        cause,
        reason,
        advice,
    }
}

/// How a file differs between two looks at it.
pub(super) fn changed(before: &Listed, now: &Listed) -> String {
    match (before.bytes, now.bytes) {
        (Some(before), Some(now)) if before < now => {
            format!("it grew from {before} to {now} bytes meanwhile")
        }
        (Some(before), Some(now)) if before > now => {
            format!("it shrank from {before} to {now} bytes meanwhile")
        }
        _ => "it was changed meanwhile".to_owned(),
    }
}

/// The markers of a listing, with their times.
fn markers(source: &SyncSource, listing: &Listing) -> HashMap<String, Option<i64>> {
    let Some(suffix) = &source.rules.marker else { return HashMap::new() };
    let markers = listing.files.iter().filter(|listed| listed.name.ends_with(&**suffix));
    markers.map(|listed| (listed.name.clone(), listed.modified)).collect()
}

/// Whether a marker of this time says that a file is complete. An older one was for what the file was before.
pub(super) fn is_marked(listed: &Listed, marker: Option<i64>) -> bool {
    listed.modified.zip(marker).is_none_or(|(file, marker)| marker >= file)
}

/// Whether a name would lead out of the folder, or cannot be shown.
fn leaves(name: &str) -> bool {
    name.split('/').any(|part| matches!(part, "" | "." | "..")) || name.contains(char::is_control)
}

/// Whether a file is one to take: leads are Parquet files, unless a location names them itself.
fn is_wanted(source: &SyncSource, name: &str) -> bool {
    if source.rules.is_ours(name) || name.split('/').any(is_passed_over) {
        return false;
    }
    let location = source.drop.location();
    let is_named = || {
        let last = location.rsplit('/').next().unwrap_or_default();
        last == name || is_pattern(last)
    };
    let is_parquet = || name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("parquet"));
    source.kind != ReceivedKind::Leads || is_parquet() || is_named()
}

/// Whether a location, or a part of one, is a pattern.
pub(super) fn is_pattern(location: &str) -> bool {
    location.contains(['*', '?', '[', '{'])
}
