//! The law of known rows: a fold that knows them comes to what one comes to that is given every row anew.

use std::collections::BTreeMap;

use leadq_contract::{BookId, IdentifierKey};
use proptest::prelude::*;

use super::group::Group;
use super::tests::{Row, batch, client, meta};
use super::*;

/// A row: its lead number and persons few, so that groups, split identities and duplicates come about.
fn row() -> impl Strategy<Value = Row> {
    let number = prop::sample::select(vec!["1", "2", "3", "4", ""]);
    let flag = prop::option::of(any::<bool>());
    let dispo = prop::option::of(prop::sample::select(vec!["Sale", "SALE", "Data"]));
    let day = prop::option::of(0..3i32);
    (number, 0..3u8, 0..2u8, day, prop::option::of(0..2i64), flag.clone(), flag, dispo)
        .prop_map(|(n, e, p, d, a, s, m, x)| Row(n, e, p, d, a, s, m, x))
}

/// What makes rows equal after cleaning.
fn values(row: &Row) -> String {
    format!("{row:?}").to_lowercase()
}

/// A snapshot: which of the rows of a history it has, in what order, and its columns that are missing.
type Snapshot = (Vec<prop::sample::Index>, Vec<ReportColumn>, bool);

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let columns = vec![
        ReportColumn::Set,
        ReportColumn::Demo,
        ReportColumn::ApptAt,
        ReportColumn::EmailHash,
        ReportColumn::EntryDate,
        ReportColumn::Dispo,
    ];
    let missing = prop_oneof![3 => Just(Vec::new()), 1 => prop::sample::subsequence(columns, 0..3)];
    (prop::collection::vec(any::<prop::sample::Index>(), 0..14), missing, prop::bool::weighted(0.1))
}

/// What a fold has come to, all of it.
#[derive(Debug, PartialEq)]
struct All {
    kept: Vec<u8>,
    closed: Vec<RecordBatch>,
    split: Vec<(String, u64)>,
}

/// Folds snapshots: with rows that are known where the one before had them, or all anew.
fn fold(snapshots: &[(Vec<Row>, Vec<ReportColumn>, bool)], knows: bool) -> All {
    let mut fold = ClientFold::new(&client());
    let (mut closed, mut split) = (Vec::new(), Vec::new());
    let (mut book, mut file, mut numbers, mut given_out) = (0, 0, BTreeMap::new(), 0);
    for (index, (rows, missing, anew)) in snapshots.iter().enumerate() {
        if !knows || *anew {
            (book, file, numbers, given_out) = (index as u64, 0, BTreeMap::new(), 0);
        }
        file += 1;
        let mut kept = KeptRows::of_file(BookId(book), file, given_out);
        let (mut now, mut fresh) = (BTreeMap::new(), Vec::new());
        for (line, row) in (2..).zip(rows) {
            let number = *numbers.entry(values(row)).or_insert_with(|| {
                fresh.push(row.clone());
                given_out += 1;
                given_out - 1
            });
            now.insert(values(row), number);
            kept.push(line, number);
        }
        numbers = now;
        let mut meta = meta(index as i64 + 1, rows);
        meta.columns.present =
            ReportColumn::ALL.into_iter().filter(|column| !missing.contains(column)).collect();
        assert!(fold.knows(&kept));
        let batches = fresh.chunks(3).map(|rows| Ok::<_, String>(batch(rows, 0)));
        let changes = fold.apply(meta, &kept, batches).unwrap();
        closed.extend(changes.closed);
        split.extend(changes.split);
    }
    All { kept: fold.to_bytes().unwrap(), closed, split }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn known_rows_fold_as_fresh_ones_do(
        rows in prop::collection::vec(row(), 1..10),
        snapshots in prop::collection::vec(snapshot(), 1..8),
    ) {
        let snapshots: Vec<_> = snapshots
            .into_iter()
            .map(|(picked, missing, anew)| {
                let mut rows: Vec<Row> = picked.iter().map(|index| index.get(&rows).clone()).collect();
                // Duplicates are none of the kept rows (1.7).
                let mut seen = std::collections::BTreeSet::new();
                rows.retain(|row| seen.insert(values(row)));
                (rows, missing, anew)
            })
            .collect();
        prop_assert_eq!(fold(&snapshots, true), fold(&snapshots, false));
    }

    #[test]
    fn a_row_that_stands_changes_no_state(
        before in prop::option::of(row()),
        row in row(),
        unknown in prop::sample::subsequence(ReportColumn::ALL.to_vec(), 0..5),
    ) {
        let unknown: ColumnSet = unknown.into_iter().collect();
        let values = |Row(_, email, phone, entry_date, appt_at, set, demo, _): Row| RowValues {
            email: (email > 0).then_some(IdentifierKey([email; 32])),
            phone: (phone > 0).then_some(IdentifierKey([phone; 32])),
            entry_date,
            appt_at,
            set,
            demo,
            ..RowValues::empty(2)
        };
        let before = before.map(|row| State::after(&values(row), None, ColumnSet::default()));
        let group = Group::new(0, &values(row), false);
        let state = State::after(&group.values, before.as_ref(), unknown);
        prop_assert_eq!(State::after(&group.values, Some(&state), unknown), state);
    }
}

#[test]
fn rows_of_a_file_that_was_not_folded_are_not_known() {
    let rows = [1u8, 2, 3].map(|n| Row("", n, 0, None, None, None, None, None));
    let file = |number: u32, fresh_from: u32, rows: std::ops::Range<u32>| {
        let mut kept = KeptRows::of_file(BookId(1), number, fresh_from);
        rows.for_each(|row| kept.push(u64::from(row) + 2, row));
        kept
    };
    let (first, second, third) = (file(1, 0, 0..2), file(2, 2, 0..3), file(3, 3, 1..3));
    let mut fold = ClientFold::new(&client());
    let mut apply = |kept: &KeptRows, fresh: &[Row]| {
        fold.apply(meta(1, &rows), kept, std::iter::once(Ok::<_, String>(batch(fresh, 0)))).map(|_| ())
    };
    apply(&first, &rows[..2]).unwrap();
    assert!(matches!(apply(&third, &[]), Err(FoldError::Numbers { .. })));
    apply(&second, &rows[2..]).unwrap();
    apply(&third, &[]).unwrap();
    assert_eq!((fold.kept.records.len(), fold.snapshots().len()), (3, 3));
}
