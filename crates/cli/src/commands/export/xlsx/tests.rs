//! Workbooks, read back with calamine.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use calamine::{Data, Reader, Xlsx};
use chrono::Datelike;

use super::*;

/// The sheets of a workbook with one table, each with its rows.
fn written(batch: &RecordBatch, full: u32) -> Vec<(String, Vec<Vec<Data>>)> {
    let scratch = tempfile::tempdir().unwrap();
    let mut book = Book::new(scratch.path()).unwrap();
    let mut sheet = book.begin("t", &batch.schema()).unwrap();
    book.write(&mut sheet, batch, full).unwrap();
    book.end(&sheet).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    book.workbook.save_to_writer(&mut bytes).unwrap();
    let mut read = Xlsx::new(bytes).unwrap();
    let rows = |range: &calamine::Range<Data>| range.rows().map(<[Data]>::to_vec).collect();
    read.worksheets().iter().map(|(name, range)| (name.clone(), rows(range))).collect()
}

#[test]
fn rows_go_on_in_further_sheets() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..7));
    let sheets = written(&RecordBatch::try_from_iter([("n", numbers)]).unwrap(), 4);
    let told: Vec<_> = sheets.iter().map(|(name, rows)| (name.as_str(), rows.len())).collect();
    assert_eq!(told, [("t", 4), ("t (2)", 4), ("t (3)", 2)]);
    assert_eq!(sheets[1].1[0], [Data::String("n".to_owned())]);
    assert_eq!(sheets[2].1[1], [Data::Float(6.0)]);
}

#[test]
fn text_stays_text() {
    let long = "é".repeat(40_000);
    let texts =
        ["=1+1", "https://example.com", "007", "a\u{1}b\u{ffff}", "_x0041_", " x ", "<&>\"", long.as_str()];
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let sheets = written(&RecordBatch::try_from_iter([("a", column)]).unwrap(), SHEET_ROWS);
    let read: Vec<_> = sheets[0].1[1..].iter().map(|row| row[0].to_string()).collect();
    assert_eq!(read[..3], ["=1+1", "https://example.com", "007"]);
    assert!(matches!(sheets[0].1[1][0], Data::String(_)) && matches!(sheets[0].1[3][0], Data::String(_)));
    assert_eq!(read[3], "a\u{fffd}b\u{fffd}");
    assert_eq!(read[5..7], [" x ", "<&>\""]);
    assert_eq!(read[7].encode_utf16().count(), CELL_UNITS);
    assert!(read[7].ends_with(CUT));
}

#[test]
fn times_that_excel_has() {
    let at = |year: i32, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(12, 0, 0).unwrap()
    };
    // Known of Excel: 1900-03-01 is day 61, 2023-01-02 is 44928.
    assert_eq!(serial(at(1900, 3, 1)), Some(61.5));
    assert_eq!(serial(at(2023, 1, 2)), Some(44_928.5));
    assert_eq!(serial(at(1900, 2, 28)), None);
    assert_eq!(serial(at(2023, 1, 2).with_year(10_000).unwrap()), None);
}
