//! The fold: a snapshot into nothing, and a further one in which two rows of a hundred differ.

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
use leadq_contract::{ClientId, ClientSettings, ReportColumn, rows};
use leadq_matching::health::ColumnCounts;
use leadq_matching::{ClientFold, SnapshotMeta};

/// Rows of a snapshot.
const ROWS: usize = 20_000;

fn main() {
    divan::main();
}

/// A snapshot in one batch; another `number` changes the disposition of two rows in a hundred.
fn snapshot(number: usize) -> RecordBatch {
    let keys = |salt: u8| {
        let key = |row: usize| {
            let mut key = [salt; 32];
            key[..8].copy_from_slice(&(row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
            key
        };
        FixedSizeBinaryArray::try_from_iter((0..ROWS).map(key)).unwrap()
    };
    let texts =
        |text: fn(usize) -> &'static str| (0..ROWS).map(text).collect::<DictionaryArray<UInt32Type>>();
    let changed = |row: usize| (row + number).is_multiple_of(50);
    let dispositions = (0..ROWS).map(|row| if changed(row) { "Confirmed" } else { "Data" });
    RecordBatch::try_new(
        rows::report_rows(),
        vec![
            Arc::new(UInt64Array::from_iter_values((0..ROWS).map(|row| row as u64 + 2))),
            Arc::new((0..ROWS).map(|row| Some(19_000 + row as i32 % 100)).collect::<Date32Array>()),
            Arc::new((0..ROWS).map(|row| Some((200_000 + row).to_string())).collect::<StringArray>()),
            Arc::new(keys(1)),
            Arc::new(keys(2)),
            Arc::new(texts(|row| ["Bremerton", "Surprise", "Tacoma"][row % 3])),
            Arc::new(texts(|row| ["WA", "AZ"][row % 2])),
            Arc::new(texts(|row| ["98310", "85374", "98401"][row % 3])),
            Arc::new((0..ROWS).map(|row| (row % 4 == 0).then_some(1)).collect::<TimestampMicrosecondArray>()),
            Arc::new((0..ROWS).map(|row| Some(row % 4 == 0)).collect::<BooleanArray>()),
            Arc::new((0..ROWS).map(|row| Some(row % 8 == 0)).collect::<BooleanArray>()),
            Arc::new(dispositions.collect::<DictionaryArray<UInt32Type>>()),
            Arc::new(texts(|_| "In Progress")),
        ],
    )
    .unwrap()
}

fn apply(fold: &mut ClientFold, number: usize, rows: &RecordBatch) {
    let present = ReportColumn::ALL.into_iter().collect();
    let meta = SnapshotMeta {
        file: format!("data_{number}.csv"),
        at: number as i64 * 86_400_000_000,
        columns: ColumnCounts { kept: ROWS as u64, present, informative: [1; ReportColumn::COUNT] },
        entry_range: Some((19_000, 19_099)),
    };
    fold.apply(meta, [Ok::<_, Infallible>(rows.clone())].into_iter()).unwrap();
}

fn empty() -> ClientFold {
    ClientFold::new(&ClientSettings::with_id(ClientId::default_client()))
}

#[divan::bench]
fn first_snapshot(bencher: Bencher) {
    let rows = snapshot(1);
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(empty).bench_local_refs(|fold| apply(fold, 1, &rows));
}

#[divan::bench]
fn further_snapshot(bencher: Bencher) {
    let mut folded = empty();
    apply(&mut folded, 1, &snapshot(1));
    let rows = snapshot(2);
    bencher
        .counter(ItemsCount::new(ROWS))
        .with_inputs(|| folded.clone())
        .bench_local_refs(|fold| apply(fold, 2, &rows));
}
