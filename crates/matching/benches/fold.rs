//! The fold: a snapshot into nothing, and a further one in which two rows of a hundred differ, of which either all rows
//! are read again or only those that differ.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to say")]

use std::convert::Infallible;
use std::sync::Arc;

use arrow::array::{
    BooleanArray, Date32Array, DictionaryArray, FixedSizeBinaryArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::UInt32Type;
use divan::Bencher;
use divan::counter::ItemsCount;
use leadq_contract::{BookId, ClientId, ClientSettings, KeptRows, ReportColumn, rows};
use leadq_matching::health::ColumnCounts;
use leadq_matching::{ClientFold, SnapshotMeta};

/// Rows of a snapshot.
const ROWS: u32 = 20_000;

fn main() {
    divan::main();
}

/// A snapshot: which rows it has, and those that are fresh.
struct Snapshot(KeptRows, RecordBatch);

/// Whether a further snapshot has a row otherwise than the first.
fn differs(row: u32) -> bool {
    row.is_multiple_of(50)
}

/// All rows, read with a book of its own.
fn all_fresh(book: u64, further: bool) -> Snapshot {
    let mut kept = KeptRows::of_file(BookId(book), 1, 0);
    (0..ROWS).for_each(|row| kept.push(u64::from(row) + 2, row));
    Snapshot(kept, batch(&(0..ROWS).collect::<Vec<_>>(), further))
}

/// The further snapshot, read with the book of the first.
fn known() -> Snapshot {
    let mut kept = KeptRows::of_file(BookId(1), 2, ROWS);
    let fresh: Vec<u32> = (0..ROWS).filter(|row| differs(*row)).collect();
    let mut next = ROWS..;
    for row in 0..ROWS {
        let number = if differs(row) { next.next().unwrap() } else { row };
        kept.push(u64::from(row) + 2, number);
    }
    Snapshot(kept, batch(&fresh, true))
}

fn batch(rows: &[u32], further: bool) -> RecordBatch {
    let keys = |salt: u8| {
        let key = |row: &u32| {
            let mut key = [salt; 32];
            key[..8].copy_from_slice(&u64::from(*row).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
            key
        };
        FixedSizeBinaryArray::try_from_iter(rows.iter().map(key)).unwrap()
    };
    let texts = |text: &dyn Fn(usize) -> &'static str| {
        rows.iter().map(|row| text(*row as usize)).collect::<DictionaryArray<UInt32Type>>()
    };
    let dispo = |row: usize| if further && differs(row as u32) { "Confirmed" } else { "Data" };
    let appt = |row: &u32| row.is_multiple_of(4).then_some(1);
    let flag = |every: u32| rows.iter().map(|row| Some(row.is_multiple_of(every))).collect::<BooleanArray>();
    RecordBatch::try_new(
        rows::report_rows(),
        vec![
            Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| u64::from(*row) + 2))),
            Arc::new(rows.iter().map(|row| Some(19_000 + *row as i32 % 100)).collect::<Date32Array>()),
            Arc::new(rows.iter().map(|row| Some((200_000 + row).to_string())).collect::<StringArray>()),
            Arc::new(keys(1)),
            Arc::new(keys(2)),
            Arc::new(texts(&|row| ["Bremerton", "Surprise", "Tacoma"][row % 3])),
            Arc::new(texts(&|row| ["WA", "AZ"][row % 2])),
            Arc::new(texts(&|row| ["98310", "85374", "98401"][row % 3])),
            Arc::new(rows.iter().map(appt).collect::<TimestampMicrosecondArray>()),
            Arc::new(flag(4)),
            Arc::new(flag(8)),
            Arc::new(texts(&dispo)),
            Arc::new(texts(&|_| "In Progress")),
        ],
    )
    .unwrap()
}

fn apply(fold: &mut ClientFold, Snapshot(kept, fresh): &Snapshot) {
    let present = ReportColumn::ALL.into_iter().collect();
    let columns = ColumnCounts { kept: u64::from(ROWS), present, informative: [1; ReportColumn::COUNT] };
    let meta =
        SnapshotMeta { file: "data.csv".to_owned(), at: 0, columns, entry_range: Some((19_000, 19_099)) };
    fold.apply(meta, kept, [Ok::<_, Infallible>(fresh.clone())].into_iter()).unwrap();
}

fn empty() -> ClientFold {
    ClientFold::new(&ClientSettings::with_id(ClientId::default_client()))
}

/// Folds a snapshot into a fold that has the first.
fn further(bencher: Bencher, snapshot: &Snapshot) {
    let mut folded = empty();
    apply(&mut folded, &all_fresh(1, false));
    bencher
        .counter(ItemsCount::new(ROWS))
        .with_inputs(|| folded.clone())
        .bench_local_refs(|fold| apply(fold, snapshot));
}

#[divan::bench]
fn first_snapshot(bencher: Bencher) {
    let first = all_fresh(1, false);
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(empty).bench_local_refs(|fold| apply(fold, &first));
}

#[divan::bench]
fn further_snapshot_read_whole(bencher: Bencher) {
    further(bencher, &all_fresh(2, true));
}

#[divan::bench]
fn further_snapshot_of_known_rows(bencher: Bencher) {
    further(bencher, &known());
}
