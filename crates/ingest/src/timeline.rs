//! Which files stand, and in what order: corrections, repeated content, snapshot order (spec 1.8).

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::NaiveDateTime;
use leadq_contract::run::FileStatus;

/// What decides a report file's place among its client's files.
#[derive(Debug, Clone)]
pub struct FileFacts {
    /// Path below the client's root.
    pub name: String,
    /// Wall time of the snapshot.
    pub snapshot_at: NaiveDateTime,
    /// Plain digest of the content as decompressed; compared within a run, never stored.
    pub digest: [u8; 32],
    /// Modification time that came with the file, in nanoseconds since the epoch.
    pub modified: i128,
    /// Whether the file is no report.
    pub rejected: bool,
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
    supersede(files, &mut fates);
    skip_repeated(files, &mut fates);
    let mut order: Vec<usize> = (0..files.len()).filter(|i| fates[*i] == FileStatus::Ingested).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&files[*a], &files[*b]);
        a.snapshot_at.cmp(&b.snapshot_at).then_with(|| natural(&a.name, &b.name))
    });
    Timeline { fates, order }
}

/// Two contents under one name with one snapshot time: the later modified stands, ties by digest.
fn supersede(files: &[FileFacts], fates: &mut [FileStatus]) {
    let mut standing: HashMap<(&str, NaiveDateTime), &FileFacts> = HashMap::new();
    for file in files {
        let stands = standing.entry((&file.name, file.snapshot_at)).or_insert(file);
        if (file.modified, file.digest) > (stands.modified, stands.digest) {
            *stands = file;
        }
    }
    for (file, fate) in files.iter().zip(fates) {
        if standing[&(file.name.as_str(), file.snapshot_at)].digest != file.digest {
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

    fn file(name: &str, day: u32, content: u8, modified: i128) -> FileFacts {
        let date = chrono::NaiveDate::from_ymd_opt(2023, 1, day).unwrap();
        FileFacts {
            name: name.to_owned(),
            snapshot_at: crate::snapshot_time::end_of_day(date),
            digest: [content; 32],
            modified,
            rejected: false,
        }
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
            seeds in proptest::collection::vec((0..3u8, 1..3u32, 0..3u8, 0..3i128), 0..12),
            rotation in 0..12usize,
        ) {
            let files: Vec<_> = seeds.iter().map(|(n, d, c, m)| file(&format!("f{n}"), *d, *c, *m)).collect();
            let mut rotated = files.clone();
            rotated.rotate_left(rotation.min(files.len()));
            let shown = |files: &[FileFacts]| {
                let timeline = arrange(files);
                timeline.order.iter().map(|i| (files[*i].name.clone(), files[*i].snapshot_at, files[*i].digest)).collect::<Vec<_>>()
            };
            proptest::prop_assert_eq!(shown(&files), shown(&rotated));
        }
    }
}
