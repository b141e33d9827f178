//! A report as a whole: whatever the bytes, every row is in one bucket, and nothing panics.

use std::io::Read;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use leadq_contract::rows::field;
use leadq_contract::{ClientId, ClientSettings, IdentifierSecret, QuarantinedRow};
use proptest::prelude::*;

use super::*;
use crate::SinkError;

#[derive(Default)]
struct Taken {
    batches: Vec<RecordBatch>,
    aside: Vec<QuarantinedRow>,
}

impl RowSink for Taken {
    fn rows(&mut self, batch: RecordBatch) -> Result<(), SinkError> {
        self.batches.push(batch);
        Ok(())
    }

    fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), SinkError> {
        self.aside.push(row);
        Ok(())
    }
}

fn read(input: impl Read) -> (ReportReading, Taken) {
    let client = ClientSettings::with_id(ClientId::default_client());
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    let options = ReportOptions { client: &client, secret: &secret, algorithm: HashAlgorithm::Sha256 };
    let mut taken = Taken::default();
    let reading = read_report(input, &options, &mut taken).unwrap();
    (reading, taken)
}

/// Lines of the rows that were kept.
fn kept(taken: &Taken) -> Vec<u64> {
    let lines =
        |batch: &RecordBatch| batch.column(field::LINE).as_primitive::<UInt64Type>().values().to_vec();
    taken.batches.iter().flat_map(lines).collect()
}

/// Checks that every row is in one place, once.
fn adds_up(bytes: &[u8]) -> Result<ReportReading, TestCaseError> {
    let (reading, taken) = read(bytes);
    let count = |bucket| reading.buckets.get(bucket);
    prop_assert_eq!(kept(&taken).len() as u64, count(Bucket::Kept));
    prop_assert_eq!(taken.aside.len() as u64, count(Bucket::Malformed) + count(Bucket::NoIdentity));
    let mut lines: Vec<_> = taken.aside.iter().map(|row| row.line).chain(kept(&taken)).collect();
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    prop_assert_eq!(lines.len(), all, "a line stands in two places");
    prop_assert_eq!(
        reading.buckets.rows_read(),
        Bucket::ALL.iter().map(|bucket| count(*bucket)).sum::<u64>()
    );
    prop_assert_eq!(reading.bytes, bytes.len() as u64);
    Ok(reading)
}

const HEADER: &str = "Entry Date,Lead #,Email,Phone,City,State,location,Appt,Set,Demo,Dispo\n";

/// A cell as people type them, and worse.
fn cell() -> impl Strategy<Value = String> {
    let known = [
        "",
        "1",
        "0",
        "x",
        "-----",
        "N/A",
        "01/02/2023",
        "1/2/23 5:30PM",
        "45000.5",
        "WA",
        "Reno | NV",
        "a@b.c",
        "5550100123",
        "3b7c33e84ea3ae8b249dc1e1578fc84cb4047ac4",
        "Sale",
        "SALE",
        "\"a,b\"",
        "\"a\nb\"",
        "\"",
        "\"\"\"",
        "Total",
        "Set",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        "\\PC{0,12}",
        "[\\s\\x00\"]{0,4}"
    ]
}

proptest! {
    #[test]
    fn any_bytes_add_up(bytes in prop::collection::vec(any::<u8>(), 0..400), with_header in any::<bool>()) {
        let mut all = if with_header { HEADER.as_bytes().to_vec() } else { Vec::new() };
        all.extend(bytes);
        adds_up(&all)?;
    }

    #[test]
    fn any_rows_add_up(rows in prop::collection::vec(prop::collection::vec(cell(), 9..13), 0..30)) {
        let mut text = HEADER.to_owned();
        for row in &rows {
            text.push_str(&row.join(","));
            text.push('\n');
        }
        let reading = adds_up(text.as_bytes())?;
        prop_assert!(reading.rejected.is_none());
    }

    #[test]
    fn how_the_bytes_arrive_changes_nothing(rows in prop::collection::vec(prop::collection::vec(cell(), 11), 0..12), size in 1..9usize) {
        let mut text = HEADER.to_owned();
        rows.iter().for_each(|row| text.push_str(&format!("{}\r\n", row.join(","))));
        let (whole, taken) = read(text.as_bytes());
        let (parts, other) = read(Parts(text.as_bytes(), size));
        prop_assert_eq!(kept(&taken), kept(&other));
        prop_assert_eq!(taken.aside, other.aside);
        prop_assert_eq!((whole.buckets, whole.digest, whole.findings), (parts.buckets, parts.digest, parts.findings));
    }
}

/// Gives a few bytes at a time.
struct Parts<'a>(&'a [u8], usize);

impl Read for Parts<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (head, rest) = self.0.split_at(self.1.min(self.0.len()).min(out.len()));
        out[..head.len()].copy_from_slice(head);
        self.0 = rest;
        Ok(head.len())
    }
}

#[test]
fn dispositions_that_differ_in_case_are_one_and_duplicates_are_dropped() {
    let hash = "3b7c33e84ea3ae8b249dc1e1578fc84cb4047ac4";
    let text = format!(
        "Email,Lead #,Set,Dispo\n{hash},1,1,Sale\n{hash},1,true,SALE\n{},1,1,sale\n{hash},2,1,SALE\n",
        hash.to_uppercase()
    );
    let (reading, taken) = read(text.as_bytes());
    assert_eq!((reading.buckets.get(Bucket::Duplicate), kept(&taken)), (2, vec![2, 5]));
    assert_eq!(reading.rows_set, [2, 0]);
}
