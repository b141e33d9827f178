//! Workbooks of 1.1 and 1.6, written by another library, and damaged ones.

use std::io::Cursor;

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook as Writer, Worksheet, XlsxError};

use leadq_contract::ReportSchema;

use super::*;
use crate::header::Header;

type Fill<'a> = &'a dyn Fn(&mut Worksheet) -> Result<(), XlsxError>;

/// A workbook of sheets, each visible or not.
fn workbook(sheets: &[(&str, bool, Fill<'_>)]) -> Vec<u8> {
    let mut writer = Writer::new();
    for (place, (name, visible, fill)) in sheets.iter().enumerate() {
        let sheet = writer.add_worksheet();
        sheet.set_name(*name).unwrap().set_hidden(!visible);
        // What is active cannot be hidden.
        sheet.set_active(*visible && sheets[..place].iter().all(|(_, visible, _)| !visible));
        fill(sheet).unwrap();
    }
    writer.save_to_buffer().unwrap()
}

/// Rows of a sheet as `line:cell|cell`, from the header on where there is one.
fn rows(bytes: &[u8], sheet: &str) -> Vec<String> {
    let mut file = Cursor::new(bytes);
    let mut workbook = Workbook::open(&mut file).unwrap();
    let mut rows = workbook.rows(sheet).unwrap();
    let mut all = Vec::new();
    loop {
        match rows.next_row().unwrap() {
            Step::End => return all,
            Step::Row => {
                if all.is_empty() && Header::read(rows.row().cells(), &ReportSchema::default()).is_some() {
                    rows.begin_body();
                }
                let row = rows.row();
                all.push(format!("{}:{}", row.line, row.cells().collect::<Vec<_>>().join("|")));
            }
            step => all.push(format!("{}:{step:?}", rows.row().line)),
        }
    }
}

#[test]
fn cells_mean_what_excel_means() {
    let date = Format::new().set_num_format("m/d/yyyy");
    let time = Format::new().set_num_format("m/d/yy h:mm AM/PM");
    let clock = Format::new().set_num_format("h:mm");
    let zip = Format::new().set_num_format("00000");
    let fill = |sheet: &mut Worksheet| {
        let day = ExcelDateTime::from_ymd(2023, 3, 14)?;
        sheet.write_with_format(0, 0, &day, &date)?;
        sheet.write_with_format(0, 1, &ExcelDateTime::from_ymd(2023, 3, 14)?.and_hms(17, 30, 0)?, &time)?;
        sheet.write_with_format(0, 2, &ExcelDateTime::from_hms(9, 30, 0)?, &clock)?;
        sheet.write(1, 0, 289_764)?.write(1, 1, 0.5)?.write(1, 2, 4_155_550_123.0)?;
        sheet.write_with_format(1, 3, 1234, &zip)?;
        sheet.write(2, 0, true)?.write(2, 1, false)?.write(2, 3, "  text ")?;
        // a serial that is a hair before half past five
        sheet.write_with_format(3, 0, 44_999.729_166_66, &time)?;
        sheet.write(4, 0, 45_000)?;
        Ok(())
    };
    let bytes = workbook(&[("a", true, &fill)]);
    assert_eq!(
        rows(&bytes, "a"),
        [
            "1:14-Mar-2023|14-Mar-2023 17:30:00|09:30:00",
            "2:289764|0.5|4155550123|1234",
            "3:true|false||  text ",
            "4:14-Mar-2023 17:30:00",
            "5:45000",
        ]
    );
}

#[test]
fn rows_without_values_are_none_and_short_ones_are_padded() {
    let blank = Format::new().set_bold();
    let fill = |sheet: &mut Worksheet| {
        sheet.write_row(2, 1, ["Email", "Lead #", "Set", "", "Demo", " "])?;
        sheet.write_blank(3, 1, &blank)?.write(4, 1, "  ")?;
        sheet.write(5, 1, "x")?;
        sheet.write_row(7, 1, ["a", "b", "c", "d", "e", "f", "g"])?;
        Ok(())
    };
    let bytes = workbook(&[("a", true, &fill)]);
    assert_eq!(rows(&bytes, "a"), ["3:|Email|Lead #|Set||Demo", "6:|x||||", "8:|a|b|c|d|e|f|g"]);
}

#[test]
fn only_visible_sheets_count() {
    let fill = |sheet: &mut Worksheet| sheet.write(0, 0, "x").map(drop);
    let bytes = workbook(&[("secret", false, &fill), ("first", true, &fill), ("second", true, &fill)]);
    let mut file = Cursor::new(&bytes[..]);
    assert_eq!(Workbook::open(&mut file).unwrap().visible_sheets(), ["first", "second"]);
}

/// A workbook whose one sheet has this XML.
fn raw(sheet: &str) -> Vec<u8> {
    use std::io::Write;
    const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const RELATED: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
    );
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/_rels/workbook.xml.rels", RELATED),
        ("xl/workbook.xml", BOOK),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const RAW_HEADER: &str =
    r#"<row r="1"><c t="str"><v>Email</v></c><c t="str"><v>Lead #</v></c><c t="str"><v>Set</v></c></row>"#;

#[test]
fn what_is_wrong_with_a_workbook_is_told_without_its_words() {
    let bytes = raw(&format!(r#"{RAW_HEADER}<row r="2"><c t="e"><v>jane@example.com</v></c></row>"#));
    let [(None, reading, _)] = &crate::report::tests::read_file(&bytes)[..] else { panic!() };
    assert_eq!(reading.rejected.as_deref(), Some("it is damaged or cut short"));
    assert!(!format!("{:?}", reading.findings).contains('@'));
}

#[test]
fn a_row_number_that_no_sheet_has_does_no_harm() {
    // Found by fuzzing: the library multiplies it beyond its type.
    for row in ["99999999999999999999", "xmlformats.org/spreadsheetml"] {
        let bytes = raw(&format!(r#"{RAW_HEADER}<row r="{row}"><c t="str"><v>x</v></c></row>"#));
        let [(None, reading, _)] = &crate::report::tests::read_file(&bytes)[..] else { panic!() };
        // Rejected, or a row somewhere far down: either way it was read to its end.
        assert!(
            reading.rejected.is_none() || reading.rejected.as_deref() == Some("it is damaged or cut short")
        );
    }
    let bytes = raw(&format!(
        r#"{RAW_HEADER}<row r="2"><c t="str"><v></v></c><c><v>7</v></c><c t="e"><v>#REF!</v></c></row>"#
    ));
    let [(None, _, kept)] = &crate::report::tests::read_file(&bytes)[..] else { panic!() };
    assert_eq!(kept, &[2], "the frame itself is whole");
}

#[test]
fn a_row_of_more_text_than_a_line_may_have_is_oversized() {
    let text = "x".repeat(900 << 10);
    let cells = format!("<c t=\"str\"><v>{text}</v></c>").repeat(5);
    let bytes =
        raw(&format!(r#"{RAW_HEADER}<row r="2">{cells}</row><row r="3"><c r="B3"><v>7</v></c></row>"#));
    let [(None, reading, kept)] = &crate::report::tests::read_file(&bytes)[..] else { panic!() };
    assert_eq!(kept, &[3], "{reading:?}");
    assert!(reading.findings.iter().any(|found| found.code == leadq_contract::FindingCode::OversizedRow));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_panics_a_report(at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<bool>()) {
        let fill = |sheet: &mut Worksheet| {
            sheet.write_row(0, 0, ["Email", "Lead #", "Set"])?;
            sheet.write_row(1, 0, ["", "1", "1"]).map(drop)
        };
        let mut bytes = workbook(&[("a", true, &fill)]);
        let place = at.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] = with;
        }
        crate::report::tests::read_file(&bytes);
    }
}
