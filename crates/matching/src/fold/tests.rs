//! The fold as a whole: history over several snapshots, and the laws that it keeps.

use std::sync::Arc;

use arrow::array::{
    Array as _, AsArray, BooleanArray, Date32Array, DictionaryArray, FixedSizeBinaryArray, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, UInt32Type};
use arrow::util::pretty::pretty_format_batches;
use leadq_contract::{BookId, ClientId, IdentifierKey, Table, rows};

use super::*;

/// A row in short: lead number, email and phone (0 is null), entry day, appointment, set, demo, disposition.
#[derive(Debug, Clone)]
pub(crate) struct Row(
    pub(crate) &'static str,
    pub(crate) u8,
    pub(crate) u8,
    pub(crate) Option<i32>,
    pub(crate) Option<i64>,
    pub(crate) Option<bool>,
    pub(crate) Option<bool>,
    pub(crate) Option<&'static str>,
);

pub(super) fn batch(rows: &[Row], first_line: u64) -> RecordBatch {
    let keys = |value: fn(&Row) -> u8| {
        let keys = rows.iter().map(|row| (value(row) > 0).then(|| vec![value(row); 32]));
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(keys, 32).unwrap()
    };
    let none = || DictionaryArray::<UInt32Type>::from_iter(rows.iter().map(|_| None::<&str>));
    RecordBatch::try_new(
        rows::report_rows(),
        vec![
            Arc::new(UInt64Array::from_iter_values(first_line..first_line + rows.len() as u64)),
            Arc::new(rows.iter().map(|row| row.3).collect::<Date32Array>()),
            Arc::new(rows.iter().map(|row| (!row.0.is_empty()).then_some(row.0)).collect::<StringArray>()),
            Arc::new(keys(|row| row.1)),
            Arc::new(keys(|row| row.2)),
            Arc::new(none()),
            Arc::new(none()),
            Arc::new(none()),
            Arc::new(rows.iter().map(|row| row.4).collect::<TimestampMicrosecondArray>()),
            Arc::new(rows.iter().map(|row| row.5).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.6).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.7).collect::<DictionaryArray<UInt32Type>>()),
            Arc::new(none()),
        ],
    )
    .unwrap()
}

/// The rows of a file that is read with a book of its own: all are fresh.
fn all_fresh(number: u64, rows: usize) -> KeptRows {
    let mut kept = KeptRows::of_file(BookId(number), 1, 0);
    (0..rows as u32).for_each(|row| kept.push(u64::from(row) + 2, row));
    kept
}

pub(super) fn meta(number: i64, rows: &[Row]) -> SnapshotMeta {
    let present = ReportColumn::ALL.into_iter().collect();
    let days = || rows.iter().filter_map(|row| row.3);
    SnapshotMeta {
        file: format!("data_{number}.csv"),
        at: number * 86_400_000_000,
        columns: ColumnCounts { kept: rows.len() as u64, present, informative: [1; ReportColumn::COUNT] },
        entry_range: days().min().zip(days().max()),
    }
}

pub(crate) fn client() -> ClientSettings {
    ClientSettings::with_id(ClientId("c".to_owned()))
}

/// Folds snapshots of a client, one a day from the second of 1970 on.
pub(crate) fn folded(client: &ClientSettings, snapshots: &[Vec<Row>]) -> ClientFold {
    let mut fold = ClientFold::new(client);
    for (number, rows) in (1..).zip(snapshots) {
        let batches = std::iter::once(Ok::<_, String>(batch(rows, 2)));
        fold.apply(meta(number, rows), &all_fresh(number as u64, rows.len()), batches).unwrap();
    }
    fold
}

/// Folds snapshots, each cut into batches of `size` rows; the fold goes to bytes and back after `kept`.
fn fold(snapshots: &[Vec<Row>], size: usize, kept: usize) -> (ClientFold, Vec<RecordBatch>) {
    let mut fold = ClientFold::new(&client());
    let mut versions = Vec::new();
    for (index, rows) in snapshots.iter().enumerate() {
        let batches = rows
            .chunks(size)
            .enumerate()
            .map(|(n, part)| Ok::<_, String>(batch(part, (n * size) as u64 + 2)));
        let kept_rows = all_fresh(index as u64, rows.len());
        versions.extend(fold.apply(meta(index as i64 + 1, rows), &kept_rows, batches).unwrap().closed);
        if index == kept {
            fold = ClientFold::from_bytes(&client(), &fold.to_bytes().unwrap()).unwrap();
        }
    }
    versions.extend(fold.open_versions().map(Result::unwrap));
    (fold, versions)
}

fn shown(table: Table, batches: &[RecordBatch], columns: &[&str]) -> String {
    let all = concat_batches(&table.schema(&[]), batches).unwrap();
    let schema = all.schema();
    let picked: Vec<_> = columns.iter().map(|c| schema.index_of(c).unwrap()).collect();
    let order =
        arrow::compute::sort_to_indices(all.column_by_name("record_key").unwrap(), None, None).unwrap();
    let all = arrow::compute::take_record_batch(&all, &order).unwrap();
    pretty_format_batches(&[all.project(&picked).unwrap()]).unwrap().to_string()
}

type Key = Option<Vec<u8>>;

fn key(rows: &RecordBatch, name: &str, row: usize) -> Key {
    let column = rows.column_by_name(name).unwrap().as_binary::<i32>();
    (!column.is_null(row)).then(|| column.value(row).to_vec())
}

/// A record and a pair that it carried; the pair's last version, and whether that is open.
type Carried = ((Key, (Key, Key)), (i64, bool));

/// Pairs that records ever carried.
fn identities(fold: &ClientFold) -> Vec<Carried> {
    let bytes = |key: Option<IdentifierKey>| key.map(|key| key.0.to_vec());
    let of = |carried: super::view::Carried| {
        let record = fold.held()[carried.record as usize].key.0.to_vec();
        let (email, phone) = carried.identifiers;
        let pair = (bytes(email), bytes(phone));
        ((Some(record), pair), (i64::from(carried.last_version), carried.is_latest))
    };
    let mut all: Vec<_> = fold.carried().map(of).collect();
    all.sort();
    all
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

#[test]
fn versions_of_one_record() {
    let snapshots = [
        vec![Row("1", 1, 1, Some(5), None, NO, NO, Some("Data"))],
        vec![Row("1", 1, 1, Some(5), None, NO, NO, Some("DATA"))],
        vec![Row("1", 1, 1, Some(5), Some(9), YES, NO, Some("Set"))],
        vec![],
        vec![Row("1", 1, 1, Some(5), Some(9), NO, NO, Some("data"))],
    ];
    let (fold, versions) = fold(&snapshots, 10, 0);
    insta::assert_snapshot!(
        shown(Table::RecordVersion, &versions, &["lead_number", "version", "valid_from", "valid_to", "file", "set", "dispo", "unset"]),
        @r"
    +-------------+---------+---------------------+---------------------+------------+-------+-------+-------+
    | lead_number | version | valid_from          | valid_to            | file       | set   | dispo | unset |
    +-------------+---------+---------------------+---------------------+------------+-------+-------+-------+
    | 1           | 1       | 1970-01-02T00:00:00 | 1970-01-04T00:00:00 | data_1.csv | false | Data  | false |
    | 1           | 2       | 1970-01-04T00:00:00 | 1970-01-06T00:00:00 | data_3.csv | true  | Set   | false |
    | 1           | 3       | 1970-01-06T00:00:00 |                     | data_5.csv | false | Data  | true  |
    +-------------+---------+---------------------+---------------------+------------+-------+-------+-------+
    "
    );
    let records: Vec<_> = fold.records().map(Result::unwrap).collect();
    insta::assert_snapshot!(
        shown(Table::CrmRecord, &records, &["versions", "presence", "set", "set_now", "set_inferred", "first_set_snapshot"]),
        @r"
    +----------+----------+------+---------+--------------+---------------------+
    | versions | presence | set  | set_now | set_inferred | first_set_snapshot  |
    +----------+----------+------+---------+--------------+---------------------+
    | 3        | present  | true | false   | false        | 1970-01-04T00:00:00 |
    +----------+----------+------+---------+--------------+---------------------+
    "
    );
}

#[test]
fn who_left_the_window_aged_out_and_others_vanished() {
    let row = |number, day| Row(number, 1, 1, day, None, NO, NO, None);
    let snapshots = [
        vec![row("old", Some(1)), row("gone", Some(7)), row("dateless", None), row("here", Some(5))],
        vec![row("here", Some(5))],
    ];
    let (fold, _) = fold(&snapshots, 10, 0);
    let records: Vec<_> = fold.records().map(Result::unwrap).collect();
    let all = concat_batches(&Table::CrmRecord.schema(&[]), &records).unwrap();
    let text =
        |name: &str, row: usize| all.column_by_name(name).unwrap().as_string::<i32>().value(row).to_owned();
    let mut presence: Vec<_> = (0..4).map(|row| (text("lead_number", row), text("presence", row))).collect();
    presence.sort();
    let presence: Vec<_> = presence.iter().map(|(n, p)| format!("{n}: {p}")).collect();
    assert_eq!(presence, ["dateless: vanished", "gone: vanished", "here: present", "old: aged_out"]);
}

#[test]
fn rows_without_a_number_are_grouped_by_identity() {
    let snapshots = [vec![
        Row("", 1, 1, Some(5), None, NO, NO, None),
        Row("", 1, 1, Some(5), None, YES, NO, None),
        Row("", 1, 1, Some(6), None, NO, NO, None),
        Row("", 1, 0, Some(5), None, NO, NO, None),
        Row("7", 1, 1, Some(5), None, NO, NO, None),
    ]];
    let (fold, _) = fold(&snapshots, 10, 0);
    assert_eq!(fold.kept.records.len(), 4);
}

#[test]
fn half_the_rows_gone_is_noticed() {
    let rows = |n: usize| vec![Row("1", 1, 1, Some(5), None, NO, NO, None); n];
    let mut fold = ClientFold::new(&client());
    let mut apply = |n: usize| {
        let rows = rows(n);
        let batches = std::iter::once(Ok::<_, String>(batch(&rows, 2)));
        fold.apply(meta(1, &rows), &all_fresh(n as u64, n), batches).unwrap().dropped_from
    };
    assert_eq!([apply(10), apply(5), apply(2)], [None, None, Some(5)]);
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = Row> {
        let number = prop::sample::select(vec!["1", "2", "3", ""]);
        let flag = prop::option::of(any::<bool>());
        let dispo = prop::option::of(prop::sample::select(vec!["Sale", "SALE", "Data", "DNS-P"]));
        (
            number,
            0..3u8,
            0..3u8,
            prop::option::of(0..4i32),
            prop::option::of(0..3i64),
            flag.clone(),
            flag,
            dispo,
        )
            .prop_map(|(n, e, p, d, a, s, m, x)| Row(n, e, p, d, a, s, m, x))
    }

    fn columns(table: Table) -> Vec<String> {
        table.schema(&[]).fields().iter().map(|f| f.name().clone()).collect()
    }

    proptest! {
        #[test]
        fn regrouping_and_stopping_change_no_table(
            snapshots in prop::collection::vec(prop::collection::vec(row(), 0..12), 1..6),
            size in 1..12usize,
            kept in 0..6usize,
        ) {
            let (whole, versions) = fold(&snapshots, 100, usize::MAX);
            let (parts, other) = fold(&snapshots, size, kept);
            let all = columns(Table::RecordVersion);
            let all: Vec<_> = all.iter().map(String::as_str).collect();
            prop_assert_eq!(shown(Table::RecordVersion, &versions, &all), shown(Table::RecordVersion, &other, &all));
            let records = |fold: &ClientFold| fold.records().map(Result::unwrap).collect::<Vec<_>>();
            let all = columns(Table::CrmRecord);
            let all: Vec<_> = all.iter().map(String::as_str).collect();
            prop_assert_eq!(
                shown(Table::CrmRecord, &records(&whole), &all),
                shown(Table::CrmRecord, &records(&parts), &all)
            );
            prop_assert_eq!(identities(&whole), identities(&parts));
            prop_assert!(whole.passed_over().eq(parts.passed_over()));
            prop_assert_eq!(whole.unset(), parts.unset());
            prop_assert_eq!(whole.days(), parts.days());
        }

        #[test]
        fn identities_are_those_of_the_versions(
            snapshots in prop::collection::vec(prop::collection::vec(row(), 0..12), 1..6),
        ) {
            let (fold, versions) = fold(&snapshots, 100, usize::MAX);
            let all = concat_batches(&Table::RecordVersion.schema(&[]), &versions).unwrap();
            let mut expected = std::collections::BTreeMap::new();
            for row in 0..all.num_rows() {
                let (record, pair) = (key(&all, "record_key", row), (key(&all, "email_key", row), key(&all, "phone_key", row)));
                if pair == (None, None) {
                    continue;
                }
                let version = all.column_by_name("version").unwrap().as_primitive::<Int64Type>().value(row);
                let open = all.column_by_name("valid_to").unwrap().is_null(row);
                let entry = expected.entry((record, pair)).or_insert((0, false));
                *entry = (entry.0.max(version), entry.1 || open);
            }
            prop_assert_eq!(identities(&fold), expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_forgotten_person_might_never_have_been_there(
            snapshots in prop::collection::vec(prop::collection::vec(row(), 0..12), 1..6),
            person in 1..4u8,
        ) {
            let key = IdentifierKey([person; 32]);
            let (mut fold, _) = fold(&snapshots, 100, usize::MAX);
            let before = fold.kept.records.len();
            let gone = fold.forget(|known| *known == key);
            prop_assert_eq!(before, fold.kept.records.len() + gone.len());
            let left: Vec<_> = fold.kept.records.iter().map(|record| record.key).collect();
            prop_assert!(gone.iter().all(|key| !left.contains(key)));
            prop_assert!(!fold.to_bytes().unwrap().windows(32).any(|bytes| bytes == key.0));
            // It goes on as any other.
            let again = ClientFold::from_bytes(&client(), &fold.to_bytes().unwrap()).unwrap();
            prop_assert_eq!(identities(&again), identities(&fold));
        }

        #[test]
        fn versions_follow_one_another_and_differ(
            snapshots in prop::collection::vec(prop::collection::vec(row(), 0..12), 1..6),
        ) {
            let (fold, _) = fold(&snapshots, 100, usize::MAX);
            for record in &fold.kept.records {
                prop_assert!(record.version >= 1);
                prop_assert!(record.first.snapshot <= record.began.snapshot);
                prop_assert!(record.began.snapshot <= record.last.snapshot);
                prop_assert!(!record.demo() || record.set);
                prop_assert_eq!(record.first_set.is_some(), record.set);
                prop_assert_eq!(record.first_demo.is_some(), record.demo());
            }
        }
    }
}
