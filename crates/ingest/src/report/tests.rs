//! A report as a whole: whatever the bytes, every row is in one bucket, and nothing panics.

use std::io::{Cursor, Read};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use leadq_contract::rows::field;
use leadq_contract::{Bucket, ClientId, ClientSettings, IdentifierSecret, KeptRows, QuarantinedRow};
use proptest::prelude::*;

use super::*;
use crate::container::unpack;
use crate::{RestartableSink, RowSink, SinkError};

/// A sink that keeps what it takes.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) aside: Vec<QuarantinedRow>,
    pub(crate) kept: Option<KeptRows>,
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

impl RestartableSink for Taken {
    fn restart(&mut self) {
        *self = Self::default();
    }

    fn kept(&mut self, rows: KeptRows) -> Result<(), SinkError> {
        self.kept = Some(rows);
        Ok(())
    }
}

fn read(bytes: &[u8]) -> (ReportReading, Taken) {
    read_content(Content::Text(&mut { bytes }))
}

/// Reads a file as a run does: each part that is in it.
pub(crate) fn read_file(bytes: &[u8]) -> Vec<(Option<String>, ReportReading, Vec<u64>)> {
    let mut parts = Vec::new();
    unpack(&mut Cursor::new(bytes), &Limits::default(), &mut |part| {
        let member = part.member.map(str::to_owned);
        let (reading, taken) = read_content(part.content);
        parts.push((member, reading, kept(&taken)));
        Ok(())
    })
    .unwrap();
    parts
}

fn read_content(content: Content<'_>) -> (ReportReading, Taken) {
    let client = ClientSettings::with_id(ClientId::default_client());
    let secret = IdentifierSecret::new(&[1; 32]).unwrap();
    let options = ReportOptions {
        client: &client,
        secret: &secret,
        algorithm: HashAlgorithm::Sha256,
        limits: &Limits::default(),
        forgotten: Forgotten::nobody(),
    };
    let mut taken = Taken::default();
    let reading = read_report(content, &options, &mut Book::default(), &mut taken).unwrap();
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
        let (parts, other) = read_content(Content::Text(&mut Parts(text.as_bytes(), size)));
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

impl Reopen for Parts<'_> {
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Parts(self.0, self.1)))
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

/// A report with an accent in a city, in its bytes.
fn accented(city: &[u8]) -> Vec<u8> {
    let hash = "3b7c33e84ea3ae8b249dc1e1578fc84cb4047ac4";
    let mut bytes = format!("Email;Lead #;Set;City\n{hash};1;1;plain\n{hash};2;1;").into_bytes();
    bytes.extend_from_slice(city);
    bytes.push(b'\n');
    bytes
}

fn cities(taken: &Taken) -> Vec<String> {
    let column = taken.batches[0].column(field::CITY).as_dictionary::<arrow::datatypes::UInt32Type>();
    let texts = column.downcast_dict::<arrow::array::StringArray>().unwrap();
    texts.into_iter().flatten().map(str::to_owned).collect()
}

#[test]
fn encodings_of_1_5_within_a_report() {
    let utf16: Vec<u8> = {
        let text = String::from_utf8(accented("Espa\u{f1}ola".as_bytes())).unwrap();
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let cases = [
        (accented("Espa\u{f1}ola".as_bytes()), "Espa\u{f1}ola", "UTF-8, semicolon"),
        (accented(b"Espa\xF1ola"), "Espa\u{f1}ola", "Windows-1252, semicolon"),
        (accented(b"\xC3\xB1 Espa\xF1ola"), "\u{c3}\u{b1} Espa\u{f1}ola", "Windows-1252, semicolon"),
        (utf16, "Espa\u{f1}ola", "UTF-16LE, semicolon"),
    ];
    for (bytes, city, form) in cases {
        let (reading, taken) = read(&bytes);
        assert_eq!(
            (cities(&taken), reading.form.as_str()),
            (vec!["Plain".to_owned(), city.to_owned()], form)
        );
        assert_eq!((kept(&taken), reading.bytes), (vec![2, 3], bytes.len() as u64));
    }
}

#[test]
fn what_was_taken_for_utf_8_far_into_a_file_is_void_when_it_is_not() {
    // More than a batch of rows, all valid UTF-8, before the byte that is not.
    let mut text = String::from("Lead #,Email,Set,City\n");
    (0..20_000).for_each(|n| text.push_str(&format!("{n},,1,Espa\u{f1}ola\n")));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(b"20000,,1,Espa\xF1ola\n");
    let (reading, taken) = read(&bytes);
    assert_eq!((kept(&taken).len(), reading.buckets.get(Bucket::Kept)), (20_001, 20_001));
    assert_eq!(reading.form, "Windows-1252, comma");
    assert_eq!(cities(&taken)[0], "Espa\u{e3}\u{b1}ola");
}

#[test]
fn too_many_columns_are_no_report() {
    let header = format!("Lead #,Email,Set{}\n1,,1\n", ",x".repeat(16_382));
    let (reading, _) = read(header.as_bytes());
    assert_eq!(reading.findings[0].code, FindingCode::TooManyColumns);
    let (reading, _) = read(format!("Lead #,Email,Set{}\n", ",x".repeat(16_381)).as_bytes());
    assert_eq!(reading.rejected, None);
}

#[test]
fn an_endless_line_is_one_row_set_aside() {
    let bytes = format!("Lead #,Email,Set\n1,,{}\n2,,1\n", "x".repeat(5 << 20));
    let (reading, taken) = read(bytes.as_bytes());
    assert_eq!((kept(&taken), taken.aside[0].line, taken.aside[0].reason), (vec![3], 2, "malformed"));
    assert!(reading.findings.iter().any(|found| found.code == FindingCode::OversizedRow && found.count == 1));
}

#[test]
fn the_first_visible_sheet_with_a_header_is_the_report() {
    use rust_xlsxwriter::{Format, Workbook};
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for (place, name) in ["notes", "hidden", "leads", "more leads"].into_iter().enumerate() {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.set_hidden(name == "hidden").write(0, 0, "Report run at 5").unwrap();
        if name != "notes" {
            sheet.write_row(2, 0, ["Lead #", "Entry Date", "Email", "Set"]).unwrap();
            sheet.write(3, 0, 100 + place as u32).unwrap().write(3, 3, true).unwrap();
            sheet.write_with_format(3, 1, 45_000, &date).unwrap();
            sheet.write(5, 0, "-----").unwrap();
            sheet.write(6, 0, "(1 row affected)").unwrap();
        }
    }
    let parts = read_file(&workbook.save_to_buffer().unwrap());
    let [(None, reading, kept)] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((reading.form.as_str(), &kept[..]), ("xlsx, sheet leads", &[4][..]));
    assert_eq!((reading.entry_range, reading.rows_set), (Some((19_431, 19_431)), [1, 0]));
    let counts = [Bucket::Separator, Bucket::Footer, Bucket::Kept].map(|bucket| reading.buckets.get(bucket));
    assert_eq!((counts, reading.buckets.rows_read()), ([1, 1, 1], 3));
}
