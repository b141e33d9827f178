//! What is left of a file reads as the file does, and holds nobody who is forgotten.

use std::io::{Cursor, Read, Write};

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use data_encoding::{BASE64, HEXLOWER};
use leadq_contract::{BucketCounts, ClientId, ClientSettings, IdentifierKind, IdentifierSecret, Limits};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;

use super::*;
use crate::cells::hash::{HashAlgorithm, every_hash};
use crate::container::unpack;
use crate::report::tests::Taken;
use crate::{Book, FileFinding, ReportOptions, read_report};

pub(super) const EMAIL: &str = "jane.doe@example.com";
pub(super) const PHONE: &str = "(555) 010-1234";

pub(super) fn secret() -> IdentifierSecret {
    IdentifierSecret::new(&[1; 32]).unwrap()
}

/// Jane, with her email and her phone.
pub(super) fn jane() -> Forgotten {
    let email = every_hash(EMAIL, IdentifierKind::Email);
    let all = email.into_iter().chain(every_hash(PHONE, IdentifierKind::Phone));
    all.map(|hash| secret().key(hash.as_bytes())).collect()
}

pub(super) fn hex(algorithm: HashAlgorithm, text: &str) -> String {
    String::from_utf8(algorithm.hash(text.as_bytes()).as_bytes().to_vec()).unwrap()
}

pub(super) fn base64(text: &str) -> String {
    BASE64.encode(&HEXLOWER.decode(hex(HashAlgorithm::Sha256, text).as_bytes()).unwrap())
}

/// What a file, or a member, reads to.
#[derive(Debug, PartialEq)]
struct Reading {
    member: Option<String>,
    rejected: bool,
    buckets: BucketCounts,
    rows: Vec<String>,
    quarantine: Vec<String>,
    findings: Vec<FileFinding>,
    rest: String,
}

fn with_options<T>(use_them: impl FnOnce(&ReportOptions<'_>) -> T) -> T {
    let options = ReportOptions {
        client: &ClientSettings::with_id(ClientId::default_client()),
        secret: &secret(),
        algorithm: HashAlgorithm::Sha256,
        limits: &Limits::default(),
        forgotten: &jane(),
    };
    use_them(&options)
}

fn read(bytes: &[u8]) -> Vec<Reading> {
    let mut parts = Vec::new();
    with_options(|options| {
        unpack(&mut Cursor::new(bytes), options.limits, &mut |part| {
            let member = part.member.map(str::to_owned);
            let mut taken = Taken::default();
            let reading = read_report(part.content, options, &mut Book::default(), &mut taken)?;
            let quarantine =
                taken.aside.iter().map(|row| format!("{} {} {}", row.line, row.reason, row.text)).collect();
            parts.push(Reading {
                member,
                rejected: reading.rejected.is_some(),
                buckets: reading.buckets,
                rows: taken.batches.iter().flat_map(rows).collect(),
                quarantine,
                rest: format!(
                    "{:?} {:?} {:?} {:?}",
                    reading.informative, reading.entry_range, reading.rows_set, reading.hash_digits
                ),
                findings: reading.findings,
            });
            Ok(())
        })
        .unwrap();
    });
    parts
}

fn rows(batch: &RecordBatch) -> Vec<String> {
    let cell = |row, column: &arrow::array::ArrayRef| array_value_to_string(column, row).unwrap();
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|c| cell(row, c)).collect::<Vec<_>>().join("|"))
        .collect()
}

fn redact(bytes: &[u8]) -> Redaction {
    with_options(|options| redact_report(&mut Cursor::new(bytes), options)).unwrap()
}

/// What every hash of Jane looks like as bytes.
fn traces() -> Vec<String> {
    let texts = [EMAIL, "+15550101234", "15550101234"];
    let hashes = texts.iter().flat_map(|text| HashAlgorithm::ALL.map(|algorithm| hex(algorithm, text)));
    hashes.chain(texts.iter().map(|text| base64(text).trim_end_matches('=').to_owned())).collect()
}

fn assert_gone(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lower = text.to_lowercase();
    for trace in traces() {
        assert!(!lower.contains(&trace) && !text.contains(&trace), "{trace} in {text}");
    }
    assert!(!lower.contains(EMAIL), "{text}");
}

/// Checks the law for an unpacked text or its redaction.
fn check(bytes: &[u8]) -> Redaction {
    let redaction = redact(bytes);
    let left = redaction.bytes.as_deref().unwrap_or(bytes);
    assert_eq!(read(left), read(bytes), "{}", String::from_utf8_lossy(left));
    assert_eq!(redact(left), Redaction::default(), "nothing is left to take out");
    let is_in =
        |bytes: &[u8]| with_options(|options| is_in_report(&mut Cursor::new(bytes), options)).unwrap();
    assert!(!is_in(left), "{}", String::from_utf8_lossy(left));
    redaction
}

fn check_text(bytes: &[u8]) -> Redaction {
    let redaction = check(bytes);
    assert_gone(redaction.bytes.as_deref().unwrap_or(bytes));
    redaction
}

fn jane_hash() -> String {
    hex(HashAlgorithm::Sha256, EMAIL)
}

#[test]
fn a_forgotten_row_is_counted_after_those_without_identity_and_before_duplicates_1_7() {
    let hash = jane_hash();
    let text = format!(
        "Lead #,Email,City,Set,Zip,Note\n1,{hash},Reno,maybe,x,\n1,{hash},Reno,maybe,x,\n,,Reno,1,,{hash}\n,,,,,{hash}\n\
         2,,RENO,1,,\n2,,reno,1,,\n{hash},,Reno,1,,\n"
    );
    with_options(|options| {
        let mut taken = Taken::default();
        let mut text = text.as_bytes();
        let content = crate::container::Content::Text(&mut text);
        let reading = read_report(content, options, &mut Book::default(), &mut taken).unwrap();
        use leadq_contract::Bucket as B;
        let counts =
            [B::Forgotten, B::NoIdentity, B::Blank, B::Kept, B::Duplicate].map(|b| reading.buckets.get(b));
        assert_eq!(counts, [3, 1, 1, 1, 1]);
        // How a forgotten row spells things is forgotten too, and what is wrong with it.
        let rows: Vec<_> = taken.batches.iter().flat_map(rows).collect();
        assert!(rows[0].starts_with("6|"), "{rows:?}");
        let wrong = reading.findings.iter().filter(|found| found.code.name().starts_with("invalid"));
        assert_eq!(wrong.count(), 0);
    });
}

#[test]
fn the_rows_of_a_person_become_marked_lines() {
    let hash = jane_hash();
    let other = hex(HashAlgorithm::Sha256, "joe@example.com");
    let text = format!(
        "Lead #,Email,Phone,City,Set,Note\r\n1,{hash},,Reno,1,\r\n2,{other},,Reno,0,\"two\nlines\"\r\n\
         3,Jane.Doe@example.com,,SPARKS,x,\r\n4,,555-010-1234,Sparks,x,\"of\nJane\"\n5,{other},,Sparks,1,{}\n\
         6,{other},,sparks,0,5550101234\n7,{other},,Reno,1,\n",
        hash.to_uppercase()
    );
    let redaction = check_text(text.as_bytes());
    assert_eq!((redaction.rows, redaction.unread), (5, vec![]));
    let left = String::from_utf8(redaction.bytes.unwrap()).unwrap();
    let lines: Vec<_> = left.split('\n').map(str::trim).collect();
    const M: &str = "\u{18}";
    let (second, last) = (format!("2,{other},,Reno,0,\"two"), format!("7,{other},,Reno,1,"));
    let expected = ["Lead #,Email,Phone,City,Set,Note", M, &second, "lines\"", M, M, "", M, M, &last, ""];
    assert_eq!(lines, expected);
}

#[test]
fn what_is_no_readable_row_loses_the_person_too() {
    let hash = jane_hash();
    let text = format!(
        "Report for {EMAIL}, {hash}\nLead #,Email,City,Set,Note\nDoe,Jane,Main St 5,{hash}\n,,Reno,1,{hash}\n\
         ,,Reno,1,Jane (555) 010-1234\n,,,,{hash}\n-,-,-,-,-\n9,{hash},\"unclosed\nJane"
    );
    let redaction = check_text(text.as_bytes());
    let left = String::from_utf8(redaction.bytes.unwrap()).unwrap();
    let zeros = "0".repeat(64);
    assert!(
        left.contains(&format!("xxx,xxxx,xxxx xx 0,{}", "x")) || left.contains("xxx,xxxx,xxxx xx 0,"),
        "{left}"
    );
    assert!(
        left.contains(&format!(",,Reno,1,{zeros}\n,,Reno,1,Jane (000) 000-0000\n,,,,{zeros}\n")),
        "{left}"
    );
    assert!(!left.contains("Doe") && left.starts_with("Report for xxxx.xxx@xxxxxxx.xxx, 000"), "{left}");
}

#[test]
fn a_file_that_is_no_report_loses_the_person_too() {
    let hash = jane_hash();
    for text in [
        format!("nothing,to,see\n{EMAIL},{hash}\nx\n"),
        format!("Lead #,Email,City\n1,{hash},Reno\n"),
        hash.clone(),
    ] {
        let redaction = check_text(text.as_bytes());
        assert!(redaction.bytes.is_some() && read(text.as_bytes())[0].rejected);
    }
    assert_eq!(check(b"%PDF-1.7").unread, [""]);
    assert_eq!(check(b"").bytes, None);
}

#[test]
fn encodings_come_out_as_utf_8() {
    let hash = jane_hash();
    let text = format!("Lead #,Email,City,Set\n1,{hash},Reno,1\n2,,Montr\u{e9}al,0\n3,,\u{ff}\u{fe},0\n");
    let utf16: Vec<u8> = "\u{feff}"
        .chars()
        .chain(text.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let windows: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let mark = format!("\u{feff}{text}");
    let two_marks = format!("\u{feff}\u{feff}{text}");
    for bytes in [&utf16[..], &windows, text.as_bytes(), mark.as_bytes(), two_marks.as_bytes()] {
        let left = check_text(bytes).bytes.unwrap();
        assert!(std::str::from_utf8(&left).is_ok_and(|left| left.contains("Montr\u{e9}al")));
    }
}

#[test]
fn an_endless_line_keeps_its_beginning_only() {
    let hash = jane_hash();
    let long = format!("1,{hash},{}{hash},1", "a b ".repeat(1_100_000));
    for end in ["\n2,,Reno,1\n", "\r\n2,,Reno,1", ""] {
        let redaction = check_text(format!("Lead #,Email,City,Set\n{long}{end}").as_bytes());
        assert!(redaction.bytes.is_some());
    }
}

#[test]
fn a_quote_that_never_closes_looks_as_far_ahead_as_before() {
    // Within the open cell each line counts with its bytes, a doubled quote as one: 64 KiB are passed before the
    // line that would close it, or just not.
    let row = |len: usize| format!("2,{},\"\"x\"\"{},1\n", jane_hash(), "y".repeat(len));
    for len in [3_000, 3_900, 4_000, 4_500] {
        let text =
            format!("Lead #,Email,City,Set\n1,,\"open,1\n{}3,,end\",1\n4,,Reno,1\n", row(len).repeat(16));
        check_text(text.as_bytes());
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let time = zip::DateTime::from_date_and_time(2023, 5, 6, 7, 8, 10).unwrap();
        writer.start_file(*name, SimpleFileOptions::default().last_modified_time(time)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn packed_files_are_packed_again_the_same_way() {
    let with = format!("Lead #,Email,Set\n1,{},1\n2,,0\n", jane_hash());
    let without = b"Lead #,Email,Set\n3,,1\n";
    let nested = zip_of(&[("inner.csv", with.as_bytes())]);
    let zipped = zip_of(&[
        ("a/with.csv", with.as_bytes()),
        ("without.csv", without),
        ("packed.csv", &zstd::encode_all(with.as_bytes(), 1).unwrap()),
        ("._hidden.csv", with.as_bytes()),
        ("nested.zip", &nested),
    ]);
    let redaction = check(&zipped);
    assert_eq!((redaction.rows, &redaction.unread[..]), (3, &["nested.zip".to_owned()][..]));
    let mut archive = zip::ZipArchive::new(Cursor::new(redaction.bytes.unwrap())).unwrap();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        assert_eq!(member.last_modified().unwrap().hour(), 7);
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        assert_gone(&if index == 2 { zstd::decode_all(&bytes[..]).unwrap() } else { bytes });
    }
    let left = check(&gzip(with.as_bytes())).bytes.unwrap();
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&left[..]).read_to_end(&mut text).unwrap();
    assert_gone(&text);
    check(&gzip(&zipped));
    let broken = &gzip(with.as_bytes())[..30];
    assert_eq!(check(broken).unread, [""]);
}

#[test]
fn a_workbook_becomes_a_text_of_its_cells() {
    let other = hex(HashAlgorithm::Sha256, "joe@example.com");
    let build = |note: Option<&str>, hash: &str| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write(0, 0, "Report \"of\" May").unwrap();
        for (column, header) in ["Lead #", "Email", "City", "Set", "Entry Date"].into_iter().enumerate() {
            sheet.write(2, column as u16, header).unwrap();
        }
        let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2023, 5, 6).unwrap();
        let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        for (row, hash) in [(3, hash), (4, other.as_str()), (7, hash), (8, "")] {
            sheet.write(row, 0, row).unwrap();
            sheet.write(row, 1, hash).unwrap();
            sheet.write(row, 2, "\"Reno\"\ttown").unwrap();
            sheet.write(row, 3, true).unwrap();
            sheet.write_with_format(row, 4, &date, &format).unwrap();
        }
        sheet.write(9, 7, "surplus").unwrap();
        if let Some(note) = note {
            sheet.insert_note(4, 2, &rust_xlsxwriter::Note::new(note)).unwrap();
        }
        workbook.save_to_buffer().unwrap()
    };
    let redaction = check_text(&build(None, &jane_hash()));
    assert_eq!(redaction.rows, 2);
    let left = String::from_utf8(redaction.bytes.unwrap()).unwrap();
    assert!(left.lines().nth(4).unwrap().starts_with(&format!("4\t{other}\t")), "{left}");
    assert_eq!(check(&build(None, &other)).bytes, None);
    // Where no cell has it, but something beside the cells has.
    assert!(check_text(&build(Some(&format!("see {EMAIL}")), &other)).bytes.is_some());
    check(&zip_of(&[("book.xlsx", &build(None, &jane_hash()))]));
}

/// A cell as reports have them, Jane's among them.
fn cell() -> impl Strategy<Value = String> {
    let hash = jane_hash();
    let phone = hex(HashAlgorithm::Sha1, "+15550101234");
    let fixed = [
        "",
        "1",
        "0",
        "x",
        "-",
        "Reno",
        "RENO",
        "5/6/2023",
        "2023-05-06 07:08",
        "02101",
        "5550101234",
        PHONE,
        EMAIL,
        "a@b.c",
        "\"",
        "\"\"x\"\"",
        "\"q\"",
        "\"two\nlines\"",
        "\"a,b\"",
        "caf\u{e9}",
        " ",
        "Total",
        "Email",
        "\"open",
    ];
    let mut cells: Vec<String> = fixed.iter().map(|cell| (*cell).to_owned()).collect();
    cells.extend([
        hash.clone(),
        hash.to_uppercase(),
        format!("0x{hash}"),
        format!("\"see {hash}.\""),
        phone,
        base64(EMAIL),
        format!("id/{}", base64("+15550101234")),
        hex(HashAlgorithm::Sha256, "joe@example.com"),
        hex(HashAlgorithm::Sha256, "jim@example.com"),
    ]);
    prop::sample::select(cells)
}

fn text() -> impl Strategy<Value = String> {
    let header = prop::sample::select(vec![
        "Lead #,Email,Phone,City,Set,Appt Date,Note",
        "Email,Demo,Zip,Entry Date,Lead Number,Other,location",
        "Email,City,Other,x,y,z,Zip",
        "a,b,c,d,e,f,g",
    ]);
    let line = prop_oneof![
        9 => prop::collection::vec(cell(), 7),
        1 => prop::collection::vec(cell(), 0..10),
    ];
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let lines = prop::collection::vec((line, end), 0..40);
    let mark = prop::sample::select(vec![",", ";", "\t", "|"]);
    let above = prop::collection::vec(cell(), 0..3);
    (header, above, lines, mark).prop_map(|(header, above, lines, mark)| {
        let above: String = above.into_iter().map(|cell| cell + "\n").collect();
        let lines: String = lines.into_iter().map(|(cells, end)| cells.join(mark) + end).collect();
        format!("{above}{}\n{lines}", header.replace(',', mark))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn what_is_left_reads_as_the_file_does_and_holds_nobody(text in text(), latin in any::<bool>()) {
        let bytes: Vec<u8> = if latin { text.chars().map(|c| c as u8).collect() } else { text.into_bytes() };
        check_text(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_alike(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..300usize) {
        let mut bytes = bytes;
        let at = at.min(bytes.len());
        bytes.splice(at..at, jane_hash().into_bytes());
        let mut file = b"Lead #,Email,City,Set\n".to_vec();
        file.extend_from_slice(&bytes);
        check(&file);
        check(&bytes);
    }
}
