//! A report from its bytes to clean rows: as clients export it, with quotes, and split into cells of which nearly
//! none is read.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to say")]

use std::fmt::Write;

use arrow::record_batch::RecordBatch;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use leadq_contract::rows::Bucket;
use leadq_contract::{ClientId, ClientSettings, IdentifierSecret, Limits, QuarantinedRow};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::container::Content;
use leadq_ingest::{Forgotten, ReportOptions, RestartableSink, RowSink, SinkError, read_report};

/// Rows of a report.
const ROWS: usize = 20_000;

fn main() {
    divan::main();
}

/// Takes rows and forgets them.
struct Nowhere;

impl RowSink for Nowhere {
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError> {
        black_box(batch);
        Ok(())
    }

    fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), SinkError> {
        black_box(row);
        Ok(())
    }
}

impl RestartableSink for Nowhere {
    fn restart(&mut self) {}
}

/// Reads a report in which the nth row is `row(n)`; every row has to be kept.
fn report(bencher: Bencher, header: &str, row: impl Fn(usize) -> String) {
    let mut text = format!("{header}\n");
    for n in 0..ROWS {
        writeln!(text, "{}", row(n)).unwrap();
    }
    let client = ClientSettings::with_id(ClientId::default_client());
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    let options = ReportOptions {
        client: &client,
        secret: &secret,
        algorithm: HashAlgorithm::Sha256,
        limits: &Limits::default(),
        forgotten: Forgotten::nobody(),
    };
    let read = || read_report(Content::Text(&mut text.as_bytes()), &options, &mut Nowhere).unwrap();
    assert_eq!(read().buckets.get(Bucket::Kept), ROWS as u64, "{:?}", read().rejected);
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::new(text.len())).bench(read);
}

/// As many hexadecimal digits as SHA-256 gives, other ones for each `n`.
fn hash(n: usize) -> String {
    let mixed = (n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("{mixed:032x}{:032x}", mixed.rotate_left(41))
}

fn row(n: usize, dispo: &str) -> String {
    let (month, day) = (n % 12 + 1, n % 28 + 1);
    format!(
        "{month:02}/{day:02}/2023,{},{},{},Bremerton,WA,{},{month:02}/{day:02}/2023  1:00PM,{},0,{dispo},In Progress",
        200_000 + n,
        hash(n),
        hash(n + ROWS),
        96_000 + n % 800,
        n % 2
    )
}

const HEADER: &str =
    "ENTRYDATE,LEADNUMBER,email_hash,phone_hash,CITY,STATE,ZIP,Appt Date,Set,Demo,Dispo,Job Status";

#[divan::bench]
fn as_exported(bencher: Bencher) {
    report(bencher, HEADER, |n| row(n, "DQ - R/P/C"));
}

#[divan::bench]
fn with_quotes(bencher: Bencher) {
    report(bencher, HEADER, |n| row(n, "\"Call Back, \"\"later\"\"\""));
}

#[divan::bench]
fn split_only(bencher: Bencher) {
    let header = "LEADNUMBER,email_hash,Set,c4,c5,c6,c7,c8,c9,c10,c11,c12";
    let rest = ",some text of a column that nobody knows".repeat(9);
    report(bencher, header, |n| format!("{},,0{rest}", 200_000 + n));
}
