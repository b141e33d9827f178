//! A report from its bytes to clean rows: as clients export it, with quotes, split into cells of which nearly none is
//! read, and with lines that the snapshot before had.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to say")]

use std::fmt::Write;

use arrow::record_batch::RecordBatch;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use leadq_contract::{Bucket, ClientId, ClientSettings, IdentifierSecret, KeptRows, Limits, QuarantinedRow};
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::container::Content;
use leadq_ingest::{Book, Forgotten, ReportOptions, RestartableSink, RowSink, SinkError, read_report};

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

    fn kept(&mut self, rows: KeptRows) -> Result<(), SinkError> {
        black_box(rows);
        Ok(())
    }
}

fn text(header: &str, row: impl Fn(usize) -> String) -> String {
    let mut text = format!("{header}\n");
    for n in 0..ROWS {
        writeln!(text, "{}", row(n)).unwrap();
    }
    text
}

/// Reads a report into a book; every row has to be kept.
fn read(text: &str, book: &mut Book) {
    let client = ClientSettings::with_id(ClientId::default_client());
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    let options = ReportOptions {
        client: &client,
        secret: &secret,
        algorithm: HashAlgorithm::Sha256,
        limits: &Limits::default(),
        forgotten: Forgotten::nobody(),
    };
    let reading = read_report(Content::Text(&mut text.as_bytes()), &options, book, &mut Nowhere).unwrap();
    assert_eq!(reading.buckets.get(Bucket::Kept), ROWS as u64, "{:?}", reading.rejected);
}

/// Reads a report in which the nth row is `row(n)`, as the first of its client.
fn report(bencher: Bencher, header: &str, row: impl Fn(usize) -> String) {
    let text = text(header, row);
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::new(text.len()))
        .with_inputs(Book::default)
        .bench_local_refs(|book| read(&text, book));
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

/// Two rows of a hundred differ from the snapshot before.
#[divan::bench]
fn further_snapshot(bencher: Bencher) {
    let before = text(HEADER, |n| row(n, "Data"));
    let further = text(HEADER, |n| row(n, if n.is_multiple_of(50) { "Confirmed" } else { "Data" }));
    let book = || {
        let mut book = Book::default();
        read(&before, &mut book);
        book
    };
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::new(further.len()))
        .with_inputs(book)
        .bench_local_refs(|book| read(&further, book));
}
