//! Linking: a client's records with leads of which every second one finds a record; and the tables that come of it.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to say")]

use std::convert::Infallible;
use std::sync::Arc;

use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::UInt32Type;
use divan::Bencher;
use divan::counter::ItemsCount;
use leadq_contract::{BookId, ClientId, ClientSettings, KeptRows, ReportColumn, SurrogateKey, rows};
use leadq_matching::health::ColumnCounts;
use leadq_matching::link::{LeadBatches, LeadPasses, LinkError, LinkInput, Linked};
use leadq_matching::{ClientFold, SnapshotMeta};

/// Leads; there are a third as many records.
const LEADS: u32 = 60_000;
const RECORDS: u32 = LEADS / 3;
/// Rows of a batch of leads.
const BATCH: u32 = 8192;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// The day on which the first lead is delivered.
const FIRST: i64 = 19_000;

fn main() {
    divan::main();
}

/// An identifier: spread like a digest, and of its own for each kind.
fn key(number: u32, kind: u8) -> [u8; 32] {
    let mut key = [kind; 32];
    for (place, word) in key.chunks_mut(8).take(3).enumerate() {
        let mixed = (u64::from(number) << 8 | u64::from(kind)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word.copy_from_slice(&mixed.rotate_left(17 * place as u32).to_le_bytes());
    }
    key
}

/// The lead that a record came from: emails of a third of the records are others than their leads'.
fn lead_of(record: u32) -> u32 {
    record * 2 % LEADS
}

fn folded() -> ClientFold {
    let all: Vec<u32> = (0..RECORDS).collect();
    let emails = all.iter().map(|r| if r % 3 == 0 { key(*r, 9) } else { key(lead_of(*r), 1) });
    let none = || DictionaryArray::<UInt32Type>::from_iter(all.iter().map(|_| None::<&str>));
    let flag = |every: u32| all.iter().map(|r| Some(r.is_multiple_of(every))).collect::<BooleanArray>();
    let dispo = |r: &u32| ["Data", "DQ - Duplicate", "Sale", "Confirmed"][*r as usize % 4];
    let batch = RecordBatch::try_new(
        rows::report_rows(),
        vec![
            Arc::new(UInt64Array::from_iter_values(all.iter().map(|r| u64::from(*r) + 2))),
            Arc::new(all.iter().map(|r| Some(FIRST as i32 + *r as i32 % 100)).collect::<Date32Array>()),
            Arc::new(all.iter().map(|r| Some((200_000 + r).to_string())).collect::<StringArray>()),
            Arc::new(FixedSizeBinaryArray::try_from_iter(emails).unwrap()),
            Arc::new(FixedSizeBinaryArray::try_from_iter(all.iter().map(|r| key(lead_of(*r), 2))).unwrap()),
            Arc::new(none()),
            Arc::new(none()),
            Arc::new(none()),
            Arc::new(
                all.iter().map(|r| r.is_multiple_of(4).then_some(1)).collect::<TimestampMicrosecondArray>(),
            ),
            Arc::new(flag(2)),
            Arc::new(flag(4)),
            Arc::new(all.iter().map(|r| Some(dispo(r))).collect::<DictionaryArray<UInt32Type>>()),
            Arc::new(none()),
        ],
    );
    let present = ReportColumn::ALL.into_iter().collect();
    let columns = ColumnCounts { kept: u64::from(RECORDS), present, informative: [1; ReportColumn::COUNT] };
    let meta = SnapshotMeta { file: "data.csv".to_owned(), at: 0, columns, entry_range: None };
    let mut kept = KeptRows::of_file(BookId(1), 1, 0);
    all.iter().for_each(|row| kept.push(u64::from(*row) + 2, *row));
    let mut fold = ClientFold::new(&ClientSettings::with_id(ClientId::default_client()));
    fold.apply(meta, &kept, [Ok::<_, Infallible>(batch.unwrap())].into_iter()).unwrap();
    fold
}

struct Leads(Vec<RecordBatch>);

impl LeadPasses for Leads {
    fn pass(&self) -> Result<LeadBatches<'_>, LinkError> {
        Ok(Box::new(self.0.iter().cloned().map(Ok)))
    }

    fn rows(&self) -> usize {
        LEADS as usize
    }
}

fn leads() -> Leads {
    let starts = (0..LEADS).step_by(BATCH as usize);
    Leads(starts.map(|from| batch(&(from..LEADS.min(from + BATCH)).collect::<Vec<_>>())).collect())
}

fn batch(all: &[u32]) -> RecordBatch {
    let client = ClientId::default_client().0;
    let uuid = |n: &u32| format!("{n:08x}-0000-4000-8000-000000000000");
    let lead_key = |n: &u32| SurrogateKey::of("lead", &[Some(client.as_bytes()), Some(uuid(n).as_bytes())]).0;
    let times =
        || all.iter().map(|n| Some((FIRST + i64::from(n % 90)) * DAY)).collect::<TimestampMicrosecondArray>();
    let text = |text: &str| StringArray::from_iter_values(all.iter().map(|_| text.to_owned()));
    RecordBatch::try_new(
        rows::lead_rows(&[]),
        vec![
            Arc::new(BinaryArray::from_iter_values(all.iter().map(lead_key))),
            Arc::new(text(&client)),
            Arc::new(StringArray::from_iter_values(all.iter().map(uuid))),
            Arc::new(text("leads.parquet")),
            Arc::new(Int64Array::from_iter_values(all.iter().map(|n| i64::from(*n) + 1))),
            Arc::new(BinaryArray::from_iter_values(all.iter().map(|n| key(*n, 1)))),
            Arc::new(BinaryArray::from_iter_values(all.iter().map(|n| key(*n, 2)))),
            Arc::new(times().with_timezone("UTC")),
            Arc::new(times()),
            Arc::new(StringArray::new_null(all.len())),
            Arc::new(text("NV")),
            Arc::new(StringArray::new_null(all.len())),
            Arc::new(Decimal128Array::new_null(all.len()).with_precision_and_scale(18, 4).unwrap()),
        ],
    )
    .unwrap()
}

fn input<'a>(fold: &'a ClientFold, leads: &'a Leads, files: &'a [String]) -> LinkInput<'a> {
    LinkInput { fold, leads, files, latest: None, digits: [[[1, 0, 0]; 2]; 2], dimensions: &[] }
}

#[divan::bench]
fn links_outcomes_and_claims(bencher: Bencher) {
    let (fold, leads, files) = (folded(), leads(), ["leads.parquet".to_owned()]);
    bencher
        .counter(ItemsCount::new(LEADS))
        .bench_local(|| Linked::new(input(&fold, &leads, &files)).unwrap());
}

#[divan::bench]
fn rows_of_dim_lead_and_fact(bencher: Bencher) {
    let (fold, leads, files) = (folded(), leads(), ["leads.parquet".to_owned()]);
    let linked = Linked::new(input(&fold, &leads, &files)).unwrap();
    bencher.counter(ItemsCount::new(LEADS)).bench_local(|| {
        linked.lead_tables().unwrap().map(|tables| tables.unwrap()[1].num_rows()).sum::<usize>()
    });
}

#[divan::bench]
fn findings(bencher: Bencher) {
    let (fold, leads, files) = (folded(), leads(), ["leads.parquet".to_owned()]);
    let linked = Linked::new(input(&fold, &leads, &files)).unwrap();
    bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| linked.findings());
}
