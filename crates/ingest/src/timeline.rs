//! Which files stand, and in what order: corrections, repeated content, snapshot order (spec 1.8).

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDateTime;
use leadq_contract::run::FileStatus;

/// What decides a report file's place among its client's files.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileFacts {
    /// Path below the client's root.
    pub name: String,
    /// Wall time of the snapshot.
    pub snapshot_at: NaiveDateTime,
    /// Digest of the content as decompressed; keyed, where it is kept.
    pub digest: [u8; 32],
    /// Modification time that came with the file, in nanoseconds since the epoch.
    pub modified: i64,
    /// Whether the file is no report.
    pub rejected: bool,
    /// The archive that it is a member of.
    pub archive: Option<Arc<ArchiveFacts>>,
}

/// What decides whether an archive is corrected by another of its name, with all its members (1.1).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ArchiveFacts {
    /// Path below the client's root.
    pub name: String,
    /// Wall time by its name, else the latest of its members.
    pub snapshot_at: NaiveDateTime,
    /// Digest of the archive's bytes; keyed, where it is kept.
    pub digest: [u8; 32],
    /// Modification time that came with it, in nanoseconds since the epoch.
    pub modified: i64,
}

/// A client's files, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Fate of each file, in the order given.
    pub fates: Vec<FileStatus>,
    /// Indices of the snapshots taken in, in snapshot order.
    pub order: Vec<usize>,
}

/// Judges a client's files. The result does not depend on the order in which they are given.
#[must_use]
pub fn arrange(files: &[FileFacts]) -> Timeline {
    let mut fates: Vec<_> = files
        .iter()
        .map(|file| if file.rejected { FileStatus::Rejected } else { FileStatus::Ingested })
        .collect();
    supersede(files, &mut fates, |file| file.archive.as_deref().map(Contested::archive));
    supersede(files, &mut fates, |file| Some(Contested::file(file)));
    skip_repeated(files, &mut fates);
    let mut order: Vec<usize> = (0..files.len()).filter(|i| fates[*i] == FileStatus::Ingested).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&files[*a], &files[*b]);
        a.snapshot_at.cmp(&b.snapshot_at).then_with(|| natural(&a.name, &b.name))
    });
    Timeline { fates, order }
}

/// A place that only one content can have: a name at a snapshot time.
#[derive(Clone, Copy)]
struct Contested<'a> {
    place: (&'a str, NaiveDateTime),
    /// Who is later; ties go by the digest.
    rank: (i64, [u8; 32]),
}

impl<'a> Contested<'a> {
    fn file(file: &'a FileFacts) -> Self {
        Self { place: (&file.name, file.snapshot_at), rank: (file.modified, file.digest) }
    }

    fn archive(archive: &'a ArchiveFacts) -> Self {
        Self { place: (&archive.name, archive.snapshot_at), rank: (archive.modified, archive.digest) }
    }
}

/// Two contents under one name with one snapshot time: the later modified stands, ties by digest.
fn supersede<'a>(
    files: &'a [FileFacts],
    fates: &mut [FileStatus],
    contested: impl Fn(&'a FileFacts) -> Option<Contested<'a>>,
) {
    let mut standing: HashMap<(&str, NaiveDateTime), (i64, [u8; 32])> = HashMap::new();
    let stands = |fate: &FileStatus| *fate != FileStatus::Superseded;
    for (file, _) in files.iter().zip(&*fates).filter(|(_, fate)| stands(fate)) {
        let Some(Contested { place, rank }) = contested(file) else { continue };
        let best = standing.entry(place).or_insert(rank);
        *best = rank.max(*best);
    }
    for (file, fate) in files.iter().zip(fates) {
        let Some(Contested { place, rank: (_, digest) }) = contested(file) else { continue };
        if standing.get(&place).is_some_and(|(_, standing)| *standing != digest) {
            *fate = FileStatus::Superseded;
        }
    }
}

/// The same content with the same snapshot time is one snapshot: the first name in natural order stands.
fn skip_repeated(files: &[FileFacts], fates: &mut [FileStatus]) {
    let mut standing: HashMap<([u8; 32], NaiveDateTime), usize> = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        if fates[index] != FileStatus::Ingested {
            continue;
        }
        let place = standing.entry((file.digest, file.snapshot_at)).or_insert(index);
        if *place == index {
            continue;
        }
        let earlier = natural(&file.name, &files[*place].name) == Ordering::Less;
        let loser = if earlier { std::mem::replace(place, index) } else { index };
        fates[loser] = FileStatus::AlreadyIngested;
    }
}

/// Natural order of names: runs of digits by their number, so that `data_2` comes before `data_10` and
/// `data_02` beside it; the rest without regard to case; what is equal then, by bytes.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let order = match (number(left), number(right)) {
            (Some((x, rest_of_left)), Some((y, rest_of_right))) => {
                (left, right) = (rest_of_left, rest_of_right);
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            _ => {
                let (x, y) = (left.chars().next(), right.chars().next());
                let (Some(x), Some(y)) = (x, y) else {
                    return left.len().cmp(&right.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()));
                };
                (left, right) = (&left[x.len_utf8()..], &right[y.len_utf8()..]);
                x.to_lowercase().cmp(y.to_lowercase())
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// A run of digits at the beginning, without its leading zeros, and what comes after it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].trim_start_matches('0'), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use FileStatus::{AlreadyIngested, Ingested, Rejected, Superseded};

    fn file(name: &str, day: u32, content: u8, modified: i64) -> FileFacts {
        let date = chrono::NaiveDate::from_ymd_opt(2023, 1, day).unwrap();
        FileFacts {
            name: name.to_owned(),
            snapshot_at: crate::snapshot_time::end_of_day(date),
            digest: [content; 32],
            modified,
            rejected: false,
            archive: None,
        }
    }

    /// A member of an archive of that content, whose own time is that of the day.
    fn member(archive: &str, name: &str, day: u32, content: u8, of: (u8, i64)) -> FileFacts {
        let facts = file(&format!("{archive}/{name}"), day, content, of.1);
        let archive = ArchiveFacts {
            name: archive.to_owned(),
            snapshot_at: file(archive, 5, 0, 0).snapshot_at,
            digest: [of.0; 32],
            modified: of.1,
        };
        FileFacts { archive: Some(Arc::new(archive)), ..facts }
    }

    #[test]
    fn natural_order_of_names() {
        let sorted = [
            "", "02", "2", "10", "A", "a", "r 1", "R1_x", "r_1", "r_02", "r_2", "r_010", "r_10", "r_10a",
            "ra", "é",
        ];
        for (place, name) in sorted.iter().enumerate() {
            for (other_place, other) in sorted.iter().enumerate() {
                assert_eq!(natural(name, other), place.cmp(&other_place), "{name:?} {other:?}");
            }
        }
    }

    #[test]
    fn by_time_then_natural_name() {
        let files =
            [file("data_10", 1, 1, 0), file("Data_2", 1, 2, 0), file("a", 2, 3, 0), file("b", 1, 4, 0)];
        assert_eq!(arrange(&files).order, [3, 1, 0, 2]);
    }

    #[test]
    fn the_same_content_at_the_same_time_is_one_snapshot() {
        let files = [file("b_10", 1, 1, 0), file("b_9", 1, 1, 0), file("b_9", 2, 1, 0)];
        let timeline = arrange(&files);
        assert_eq!(timeline.fates, [AlreadyIngested, Ingested, Ingested]);
        assert_eq!(timeline.order, [1, 2]);
    }

    #[test]
    fn a_correction_stands_in_the_place_of_the_other() {
        let files = [file("a", 1, 1, 10), file("a", 1, 2, 20), file("b", 1, 1, 5), file("a", 2, 1, 1)];
        assert_eq!(arrange(&files).fates, [Superseded, Ingested, Ingested, Ingested]);
    }

    #[test]
    fn a_corrected_archive_replaces_all_its_members() {
        let (first, second) = ((1, 10), (2, 20));
        let files = [
            member("x.zip", "a", 1, 1, first),
            member("x.zip", "b", 2, 2, first),
            member("x.zip", "a", 1, 3, second),
            member("y.zip", "a", 3, 4, first),
        ];
        assert_eq!(arrange(&files).fates, [Superseded, Superseded, Ingested, Ingested]);
        // the same members in an archive of other bytes: the later one's stand, and nothing is lost
        let again = [member("x.zip", "a", 1, 1, first), member("x.zip", "a", 1, 1, second)];
        assert_eq!(arrange(&again).fates, [Superseded, Ingested]);
        // a damaged archive replaces too
        let damaged =
            FileFacts { rejected: true, name: "x.zip".to_owned(), ..member("x.zip", "", 5, 9, second) };
        assert_eq!(arrange(&[files[0].clone(), damaged]).fates, [Superseded, Rejected]);
    }

    #[test]
    fn a_correction_that_is_no_report_still_replaces() {
        let mut bad = file("a", 1, 2, 20);
        bad.rejected = true;
        let timeline = arrange(&[file("a", 1, 1, 10), bad]);
        assert_eq!(timeline.fates, [Superseded, Rejected]);
        assert!(timeline.order.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn arrival_order_does_not_matter(
            seeds in proptest::collection::vec((0..3u8, 1..3u32, 0..3u8, 0..3i64, 0..4u8), 0..12),
            keys in proptest::collection::vec(proptest::prelude::any::<u32>(), 12),
        ) {
            let made = |(n, d, c, m, kind): &(u8, u32, u8, i64, u8)| match kind {
                0 => member(&format!("x{n}.zip"), "a", *d, *c, (*c, *m)),
                1 => FileFacts { rejected: true, ..file(&format!("f{n}"), *d, *c, *m) },
                _ => file(&format!("f{n}"), *d, *c, *m),
            };
            let files: Vec<_> = seeds.iter().map(made).collect();
            let mut order: Vec<usize> = (0..files.len()).collect();
            order.sort_by_key(|place| keys[*place]);
            let shuffled: Vec<_> = order.iter().map(|place| files[*place].clone()).collect();
            let shown = |files: &[FileFacts]| {
                let Timeline { fates, order } = arrange(files);
                let of = |place: &usize| (files[*place].name.clone(), files[*place].snapshot_at, files[*place].digest);
                // Of files that are the same in all that counts, either may be the one that stands.
                let mut told: Vec<_> = (0..files.len()).map(|place| (of(&place), fates[place].name())).collect();
                told.sort();
                (order.iter().map(of).collect::<Vec<_>>(), told)
            };
            proptest::prop_assert_eq!(shown(&files), shown(&shuffled));
        }
    }
}
