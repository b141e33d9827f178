//! What a run leaves for the next one to go on from: which files were taken in, what was read of them, and where
//! each client's history stands.
//!
//! The manifest is a state file of the lake, as are the kept folds that it names; data files of tables are named by
//! their last part, so that a lake can be moved. All of it follows from the archive: a manifest of another layout is
//! passed over, and the run replays.

use std::collections::{BTreeMap, BTreeSet};

use leadq_contract::run::{FileStatus, RunRecord};
use leadq_contract::{ClientId, Finding, ReportColumn, Table};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::timeline::FileFacts;
use leadq_ingest::{LeadReading, ReportReading};
use serde::{Deserialize, Serialize};

use crate::ports::{ContentId, Lake, PortError, Received};

/// Layout of the manifest and of kept folds. One of another layout is not read.
const STATE_FORMAT: u32 = 2;

/// Where the last run ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The leads files.
    pub(crate) leads: LeadsState,
    /// The clients.
    pub(crate) clients: BTreeMap<ClientId, ClientState>,
}

/// An entry of the archive's catalogue as far as it decides what is in the tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Path below the root of its drop.
    pub(crate) name: String,
    pub(crate) content: ContentId,
    /// In nanoseconds since the epoch.
    pub(crate) modified: i64,
}

impl From<&Received> for Entry {
    fn from(received: &Received) -> Self {
        Self { name: received.name.clone(), content: received.content.clone(), modified: received.modified }
    }
}

/// Names of a table's data files, by table.
pub(crate) type Parts = BTreeMap<String, Vec<String>>;

/// The leads files taken in.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct LeadsState {
    /// Of what decides how leads are read.
    pub(crate) fingerprint: String,
    /// The files that stand, in their order.
    pub(crate) files: Vec<LeadsFileState>,
    /// Data files of what is of no client: rows set aside, findings of unknown clients.
    pub(crate) tables: Parts,
}

/// A leads file that stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LeadsFileState {
    /// The client in whose own location it lies.
    pub(crate) owner: Option<ClientId>,
    pub(crate) entry: Entry,
    pub(crate) reading: LeadReading,
}

impl LeadsFileState {
    /// As rows and people know it: below its client's own location, that comes first.
    pub(crate) fn label(owner: Option<&ClientId>, name: &str) -> String {
        owner.map_or_else(|| name.to_owned(), |owner| format!("{owner}/{name}"))
    }
}

/// A client's files and history.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct ClientState {
    /// Of what decides how its files are read and folded.
    pub(crate) cleaning: String,
    /// Of what decides how its records are matched.
    pub(crate) matching: String,
    /// By what most of its leads are hashed.
    pub(crate) algorithm: HashAlgorithm,
    /// Entries of the catalogue that were taken in.
    pub(crate) taken: BTreeSet<Entry>,
    /// What was read of them, in the order in which it was read.
    pub(crate) files: Vec<FileState>,
    /// The snapshots folded, in their order.
    pub(crate) snapshots: Vec<SnapshotState>,
    /// The history in stretches, each with the fold at its end.
    pub(crate) segments: Vec<Segment>,
    /// The first so many snapshots are frozen: their files are no longer kept.
    pub(crate) frozen: usize,
    /// First and last day that its tables speak of.
    pub(crate) days: Option<(i32, i32)>,
    /// Data files of its rows.
    pub(crate) tables: Parts,
}

/// A report file, or a member of an archive, and what was read of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FileState {
    /// Its bytes, or those of the archive that it is in.
    pub(crate) content: ContentId,
    /// Name of the entry: that of the archive, if it is in one.
    pub(crate) entry: String,
    /// With keyed digests.
    pub(crate) facts: FileFacts,
    pub(crate) reading: ReportReading,
    /// What becomes of it, if what it would change was frozen when it came; then it is not judged with the others.
    pub(crate) aside: Option<FileStatus>,
    /// The archive keeps its bytes no longer.
    pub(crate) removed: bool,
}

/// A snapshot folded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SnapshotState {
    /// Its place in [`ClientState::files`].
    pub(crate) file: usize,
    /// Columns that are dead in it.
    pub(crate) dead: Vec<ReportColumn>,
    /// What only the order of the snapshots shows.
    pub(crate) findings: Vec<Finding>,
}

/// Snapshots folded in one go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Segment {
    /// Snapshots folded up to its end.
    pub(crate) upto: usize,
    /// State file of the fold at its end.
    pub(crate) fold: String,
    /// Data files of the versions that ended in it.
    pub(crate) versions: Vec<String>,
    /// Data files of its rows set aside.
    pub(crate) quarantine: Vec<String>,
}

impl ClientState {
    /// Forgets everything but what is frozen and what cannot be read again: a replay begins there.
    pub(crate) fn reset(&mut self) {
        self.rewind(self.frozen);
        let frozen: BTreeSet<usize> = self.snapshots.iter().map(|snapshot| snapshot.file).collect();
        let mut places = BTreeMap::new();
        let (mut kept, mut dropped) = (Vec::new(), BTreeSet::new());
        for (place, file) in std::mem::take(&mut self.files).into_iter().enumerate() {
            if frozen.contains(&place) || file.removed {
                places.insert(place, kept.len());
                kept.push(file);
            } else {
                dropped.insert((file.entry, file.content));
            }
        }
        for snapshot in &mut self.snapshots {
            snapshot.file = places.get(&snapshot.file).copied().unwrap_or_default();
        }
        let known: BTreeSet<_> = kept.iter().map(|file| (file.entry.clone(), file.content.clone())).collect();
        self.files = kept;
        // An archive is read again if any of its members has to be.
        self.taken.retain(|entry| {
            let file = (entry.name.clone(), entry.content.clone());
            known.contains(&file) && !dropped.contains(&file)
        });
        // Its leads are none of its files.
        self.tables.retain(|table, _| table == Table::DimLead.name());
    }

    /// Has the next run replay its files.
    pub(crate) fn void(&mut self) {
        self.cleaning.clear();
    }

    /// Goes back to the last kept fold that is not beyond so many snapshots.
    pub(crate) fn rewind(&mut self, snapshots: usize) {
        self.segments.retain(|segment| segment.upto <= snapshots);
        self.snapshots.truncate(self.folded());
    }

    /// How many snapshots, the oldest, have files that may all leave the archive.
    pub(crate) fn leaving(&self, order: &[usize], expired: &BTreeSet<ContentId>) -> usize {
        let leaves = |place: &&usize| {
            let file = &self.files[**place];
            file.removed || expired.contains(&file.content)
        };
        order.iter().take_while(leaves).count()
    }

    /// Freezes the history as far as a kept fold allows and its files may leave.
    pub(crate) fn freeze(&mut self, leaving: usize) {
        let ends = self.segments.iter().map(|segment| segment.upto);
        self.frozen = ends.filter(|end| *end <= leaving).max().unwrap_or(0).max(self.frozen);
    }

    /// Contents that are needed to fold again what is not frozen.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &ContentId> {
        self.snapshots.iter().skip(self.frozen).map(|snapshot| &self.files[snapshot.file].content)
    }

    /// Snapshots folded.
    pub(crate) fn folded(&self) -> usize {
        self.segments.last().map_or(0, |segment| segment.upto)
    }

    /// Keeps few folds, at distances from the newest that about double: of those whose distance has the same power of
    /// two the oldest, the newest of all, and the one at the end of what is frozen. So a late file costs a few times
    /// its age, and the folds take little room. Stretches between them are joined.
    ///
    /// Where files leave the archive in time, some eight more are kept at even distances, so that what is frozen can
    /// follow what has left.
    pub(crate) fn thin_out(&mut self, freezes: bool) {
        let newest = self.folded();
        let even = if freezes { ((newest - self.frozen) / 8).next_power_of_two() } else { usize::MAX };
        let power = |segment: &Segment| (newest - segment.upto).checked_ilog2();
        let mut kept: Vec<Segment> = Vec::new();
        for mut segment in std::mem::take(&mut self.segments) {
            // The one before stays if it is as far back: then this one goes, and the next begins where it began.
            while let Some(before) = kept.pop() {
                let stays = kept.last().is_none_or(|older| power(older) != power(&before))
                    || before.upto == self.frozen
                    || before.upto == newest
                    || before.upto.is_multiple_of(even);
                if stays {
                    kept.push(before);
                    break;
                }
                segment.versions.splice(0..0, before.versions);
                segment.quarantine.splice(0..0, before.quarantine);
            }
            kept.push(segment);
        }
        self.segments = kept;
    }
}

impl Manifest {
    /// The manifest that a run left; none if it is of another layout, or the run left none.
    ///
    /// # Errors
    /// If it is gone or damaged.
    pub(crate) async fn of(lake: &dyn Lake, run: Option<&RunRecord>) -> Result<Option<Self>, PortError> {
        let Some(name) = run.and_then(|run| run.state.first()) else { return Ok(None) };
        let bytes = lake.state(name).await?;
        let damaged = |reason: &dyn std::fmt::Display| {
            PortError::permanent("go on from", name, reason)
                .hint("the file is damaged; make the tables anew from the archive with `leadq replay`")
        };
        let unpacked = unpacked(&bytes).map_err(|error| damaged(&error))?;
        let Some((format, rest)) = unpacked.split_first_chunk::<4>() else { return Ok(None) };
        if u32::from_le_bytes(*format) != STATE_FORMAT {
            tracing::info!(
                "what the last run left is of another leadq; everything is taken in anew from the archive"
            );
            return Ok(None);
        }
        postcard::from_bytes(rest).map(Some).map_err(|error| damaged(&error))
    }

    /// As bytes of a state file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, PortError> {
        let failed =
            |error: &dyn std::fmt::Display| PortError::permanent("write", "the run's manifest", error);
        let mut bytes = STATE_FORMAT.to_le_bytes().to_vec();
        bytes.extend(postcard::to_stdvec(self).map_err(|error| failed(&error))?);
        packed(&bytes).map_err(|error| failed(&error))
    }

    /// Every state file that it names.
    pub(crate) fn folds(&self) -> impl Iterator<Item = &String> {
        self.clients.values().flat_map(|client| client.segments.iter().map(|segment| &segment.fold))
    }

    /// Names of the data files that a table has.
    pub(crate) fn files_of(&self, table: Table) -> impl Iterator<Item = &String> {
        let clients = self.clients.values().map(|client| &client.tables);
        clients
            .chain(std::iter::once(&self.leads.tables))
            .filter_map(move |parts| parts.get(table.name()))
            .flatten()
    }
}

/// Compressed, as state files are.
pub(crate) fn packed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    // Most of it are keys, in which there is nothing to find: a level that looks at few places.
    zstd::bulk::compress(bytes, -5)
}

/// The opposite of [`packed`].
pub(crate) fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::decode_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(ends: &[usize], frozen: usize) -> ClientState {
        let segments = ends.iter().map(|upto| Segment {
            upto: *upto,
            fold: format!("fold-{upto}"),
            versions: vec![format!("v{upto}")],
            quarantine: Vec::new(),
        });
        ClientState { segments: segments.collect(), frozen, ..ClientState::default() }
    }

    #[test]
    fn folds_are_kept_at_distances_that_double() {
        let mut state = state(&[], 0);
        for upto in 1..=200 {
            state.segments.push(Segment { upto, versions: vec![format!("v{upto}")], ..Segment::default() });
            state.thin_out(false);
            let distances: Vec<_> = state.segments.iter().rev().map(|segment| upto - segment.upto).collect();
            assert!(distances.len() <= 12, "{distances:?}");
            // Whatever comes late, the fold before it is at most a few times as far back as it is.
            for late in 1..upto {
                let from =
                    state.segments.iter().rev().map(|s| s.upto).find(|end| *end <= upto - late).unwrap_or(0);
                assert!(upto - from <= 4 * late, "{late} late of {upto}: {distances:?}");
            }
            let versions: Vec<_> = state.segments.iter().flat_map(|s| s.versions.clone()).collect();
            assert_eq!(versions, (1..=upto).map(|n| format!("v{n}")).collect::<Vec<_>>(), "nothing is lost");
        }
    }

    #[test]
    fn what_is_frozen_follows_what_leaves() {
        let mut state = state(&[], 0);
        for upto in 1..=300_usize {
            state.segments.push(Segment { upto, ..Segment::default() });
            let leaving = upto.saturating_sub(100);
            state.freeze(leaving);
            assert!(state.frozen <= leaving && leaving - state.frozen <= 32, "{leaving} {}", state.frozen);
            state.thin_out(true);
            assert!(state.segments.len() < 40, "{}", state.segments.len());
        }
    }

    #[test]
    fn the_end_of_what_is_frozen_stays() {
        let mut state = state(&[10, 11, 12, 13, 14, 15, 16], 11);
        state.thin_out(false);
        assert!(state.segments.iter().any(|segment| segment.upto == 11));
        state.rewind(13);
        assert!((11..=13).contains(&state.folded()));
        state.reset();
        assert_eq!(state.folded(), 11);
    }

    /// A file, or a member of an archive, as it was read.
    fn file(entry: &str, name: &str, removed: bool) -> FileState {
        FileState {
            content: ContentId(entry.to_owned()),
            entry: entry.to_owned(),
            facts: FileFacts {
                name: name.to_owned(),
                snapshot_at: chrono::NaiveDateTime::default(),
                digest: [0; 32],
                modified: 0,
                rejected: false,
                archive: None,
            },
            reading: ReportReading::default(),
            aside: None,
            removed,
        }
    }

    #[test]
    fn a_replay_reads_again_what_it_has_not_kept_whole() {
        let mut state = state(&[1], 1);
        state.files = vec![
            file("a.zip", "a.zip/1", false),
            file("a.zip", "a.zip/2", false),
            file("b.csv", "b.csv", false),
            file("c.csv", "c.csv", true),
        ];
        state.snapshots = vec![SnapshotState { file: 0, dead: Vec::new(), findings: Vec::new() }];
        let entry =
            |name: &str| Entry { name: name.to_owned(), content: ContentId(name.to_owned()), modified: 0 };
        state.taken = ["a.zip", "b.csv", "c.csv"].map(entry).into();
        state.reset();
        let names: Vec<_> = state.files.iter().map(|file| file.facts.name.as_str()).collect();
        assert_eq!(names, ["a.zip/1", "c.csv"], "what is frozen, and what is gone");
        assert_eq!(state.taken, [entry("c.csv")].into(), "the archive's other member is read again");
    }

    #[test]
    fn a_manifest_comes_back_and_another_layout_does_not() {
        let manifest =
            Manifest { clients: [(ClientId("a".into()), state(&[3], 0))].into(), ..Manifest::default() };
        let bytes = unpacked(&manifest.to_bytes().unwrap()).unwrap();
        let back: Manifest = postcard::from_bytes(&bytes[4..]).unwrap();
        assert_eq!(back.folds().collect::<Vec<_>>(), ["fold-3"]);
        assert_eq!(bytes[..4], STATE_FORMAT.to_le_bytes());
    }
}
