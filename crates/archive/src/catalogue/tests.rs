//! Which segments of a listing are read.

use proptest::prelude::*;

use super::*;

fn segments(all: &[(u64, u64)]) -> Segments {
    Segments::of(all.iter().map(|(from, to)| Segment { from: *from, to: *to }).collect())
}

#[test]
fn what_another_covers_is_passed_over() {
    let found = segments(&[(2, 2), (1, 3), (4, 4), (1, 1), (3, 3), (1, 2)]);
    assert_eq!(found.read, [Segment { from: 1, to: 3 }, Segment { from: 4, to: 4 }]);
    assert_eq!((found.covered.len(), found.gap, found.last()), (4, None, 4));
}

#[test]
fn a_gap_is_seen() {
    assert_eq!(segments(&[]).gap, None);
    assert_eq!(segments(&[(2, 2)]).gap, Some(1));
    assert_eq!(segments(&[(1, 2), (4, 4), (6, 6)]).gap, Some(3));
}

#[test]
fn names_of_segments_and_of_nothing_else() {
    for segment in
        [Segment { from: 1, to: 1 }, Segment { from: 1, to: 64 }, Segment { from: 7, to: 123_456_789 }]
    {
        assert_eq!(Segment::parse(&segment.path()), Some(segment));
    }
    for name in ["1", "00000000", "00000002-00000001", "00000001-00000001", "x", "00000001-"] {
        assert_eq!(Segment::parse(&format!("catalogue/{name}.jsonl.age")), None, "{name}");
    }
    assert_eq!(Segment::parse("catalogue/00000001.jsonl"), None);
}

proptest! {
    #[test]
    fn every_number_that_is_there_is_read(all in prop::collection::vec((1..40u64, 0..10u64), 0..40)) {
        let all: Vec<_> = all.into_iter().map(|(from, more)| (from, from + more)).collect();
        let found = segments(&all);
        let last = all.iter().map(|(_, to)| *to).max().unwrap_or(0);
        let has = |(from, to): (u64, u64), number: u64| (from..=to).contains(&number);
        for number in 1..=last {
            let there = all.iter().any(|range| has(*range, number));
            prop_assert_eq!(found.read.iter().any(|s| has((s.from, s.to), number)), there);
            prop_assert!(there || found.gap.is_some_and(|gap| gap <= number));
        }
    }
}
