//! Any text as the parts of a workbook: its sheet, its texts, its styles, within an archive that is whole.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::Once;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Parts that are not fuzzed.
const FRAME: [(&str, &str); 4] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#,
    ),
];

/// Stands between the parts in the fuzzed text.
const BETWEEN: char = '\x1e';

/// A panic within the library that reads workbooks is caught by the reader, and no finding; any other is.
fn judge_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let fatal = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !leadq_ingest::is_guarded() {
                fatal(info);
            }
        }));
    });
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    judge_panics();
    let names = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"];
    let fuzzed = names.into_iter().zip(text.splitn(3, BETWEEN));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, text) in FRAME.into_iter().chain(fuzzed) {
        if writer.start_file(name, stored).is_err() || writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
    if let Ok(file) = writer.finish() {
        leadq_fuzz::read_file(&file.into_inner());
    }
});
