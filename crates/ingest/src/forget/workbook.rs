//! A workbook without forgotten people, as a text of its cells.
//!
//! A workbook has too many places for a text to stand in (shared texts, comments, pivots, properties) for taking
//! single ones out. What stays is what its reader makes of it: the rows of the sheet that is read, as lines with tabs
//! between the cells, each on the line of its row's number. Other sheets, formulas and formats go. White space
//! within cells becomes spaces; a row of more cells than Excel has is left as an unreadable line.

use std::io;

use leadq_contract::Bucket;

use super::suppress::{Suppression, Verdict};
use crate::container::ReadSeek;
use crate::header::Header;
use crate::raw::{RawRow, Rows, Step};
use crate::report::{ReportOptions, objection};
use crate::shape;
use crate::sheet::Workbook;

/// Stands in for a row that is too large.
const OVERSIZED: &str = "[oversized]";

/// A workbook as a text.
pub(super) struct Sheet {
    /// Each row on the line of its number.
    text: String,
    /// Number of the next line.
    next: u64,
    /// Something was taken out.
    is_changed: bool,
    /// Rows that went.
    pub(super) rows: u64,
}

impl Sheet {
    /// The first visible sheet that has a header, without forgotten people.
    pub(super) fn of(
        file: &mut dyn ReadSeek,
        options: &ReportOptions<'_>,
        suppression: &mut Suppression<'_>,
    ) -> io::Result<Self> {
        let mut workbook = Workbook::open(file)?;
        for sheet in workbook.visible_sheets() {
            let mut written = Self { text: "\u{feff}".to_owned(), next: 1, is_changed: false, rows: 0 };
            let mut above = Vec::new();
            let mut rows = workbook.rows(&sheet)?;
            let keep = |row: &RawRow| above.push((row.line, line(row.cells())));
            let Some(header) = Header::find(&mut rows, &options.client.reports, keep)? else { continue };
            above.push((rows.row().line, line(rows.row().cells())));
            for (number, text) in above {
                let hidden = suppression.hidden(&text, true);
                written.is_changed |= hidden.is_some();
                written.write(number, hidden.as_ref().unwrap_or(&text));
            }
            if objection(&header, options.limits).is_none() {
                suppression.begin(&header);
                written.body(&mut rows, &header, suppression)?;
            }
            return Ok(written);
        }
        Ok(Self { text: "\n".to_owned(), next: 1, is_changed: false, rows: 0 })
    }

    /// The text, if anything was taken out or must go.
    pub(super) fn into_bytes(self, must_go: bool) -> Option<Vec<u8>> {
        (self.is_changed || must_go).then(|| self.text.into_bytes())
    }

    fn body(
        &mut self,
        rows: &mut impl Rows,
        header: &Header,
        suppression: &mut Suppression<'_>,
    ) -> io::Result<()> {
        loop {
            let step = rows.next_row()?;
            let row = rows.row();
            let plain = match step {
                Step::End => return Ok(()),
                Step::Oversized | Step::Malformed => OVERSIZED.to_owned(),
                Step::Row => line(row.cells()),
            };
            let changed = match (step, shape::bucket(row.cells(), header)) {
                (Step::Oversized | Step::Malformed, _) => None,
                (_, Some(Bucket::Malformed)) => suppression.scrubbed(&plain),
                (_, Some(_)) => suppression.hidden(&plain, true),
                (_, None) => self.row(row, header, suppression),
            };
            self.is_changed |= changed.is_some();
            self.write(row.line, changed.as_ref().unwrap_or(&plain));
        }
    }

    /// What becomes of a row of no particular shape, if it does not stay.
    fn row(&mut self, row: &RawRow, header: &Header, suppression: &mut Suppression<'_>) -> Option<String> {
        match suppression.judge(header, row) {
            Verdict::Stays => None,
            Verdict::Goes => {
                self.rows += 1;
                Some(shape::FORGOTTEN.to_string())
            }
            Verdict::IsSetAside => {
                let hidden = row.cells().enumerate().map(|(index, cell)| {
                    suppression.hidden_cell(index, cell).unwrap_or_else(|| cell.to_owned())
                });
                let cells: Vec<_> = hidden.collect();
                Some(line(cells.iter().map(String::as_str)))
            }
        }
    }

    fn write(&mut self, number: u64, line: &str) {
        while self.next < number {
            self.text.push('\n');
            self.next += 1;
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.next += 1;
    }
}

/// Cells as a line.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push('\t');
        }
        let cell = cell.replace(['\t', '\n', '\r', '\0'], " ");
        // Only at the beginning of a cell is a quote more than itself.
        if cell.starts_with('"') {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text
}
