//! A report file as received, without forgotten people.

use std::io;

use super::plan::Plan;
use super::suppress::Suppression;
use super::workbook::Sheet;
use crate::IngestError;
use crate::container::{ReadSeek, Reopen, Repacked, Rewrite, repack};
use crate::report::ReportOptions;

/// What is left of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// The file to put in its place; none if all of it stays.
    pub bytes: Option<Vec<u8>>,
    /// Rows that were taken out.
    pub rows: u64,
    /// Members that could not be looked into, by name; an empty one is the file itself. They are encrypted, damaged,
    /// too large, or of a kind that is no report: nothing of them reaches the tables. A note stands in their place in
    /// `bytes`, by which they are rejected as before.
    pub unread: Vec<String>,
}

/// Takes the rows of forgotten people out of a report file, packed as it may be; see [`crate::forget`]. Reading what
/// is left gives the rows (with their lines), the buckets, the quarantine and the findings that reading the file gives.
///
/// A text becomes UTF-8. A mark is left of a row that goes. Where an identifier stands in a line that is
/// none of a readable row, only the line's shape is left of it, or something of the same shape stands in for the
/// identifier. A workbook becomes a text of its cells with tabs between them.
///
/// # Errors
/// What the input reports.
pub fn redact_report(file: &mut dyn ReadSeek, options: &ReportOptions<'_>) -> Result<Redaction, IngestError> {
    let Some(suppression) = Suppression::of(options) else { return Ok(Redaction::default()) };
    let mut taking = Taking { options, suppression, rows: 0 };
    let Repacked { bytes, unread } = repack(file, options.limits, &mut taking)?;
    Ok(Redaction { bytes, rows: taking.rows, unread })
}

/// Takes people out of the contents of a file.
struct Taking<'a> {
    options: &'a ReportOptions<'a>,
    suppression: Suppression<'a>,
    rows: u64,
}

impl Rewrite for Taking<'_> {
    fn text(&mut self, source: &mut dyn Reopen) -> io::Result<Option<Vec<u8>>> {
        let plan = Plan::of(source, self.options, &mut self.suppression)?;
        if plan.is_empty() {
            return Ok(None);
        }
        self.rows += plan.rows;
        plan.apply(source, &self.suppression).map(Some)
    }

    fn workbook(&mut self, file: &mut dyn ReadSeek, is_found: bool) -> io::Result<Option<Vec<u8>>> {
        let sheet = Sheet::of(file, self.options, &mut self.suppression)?;
        let rows = sheet.rows;
        let bytes = sheet.into_bytes(is_found);
        self.rows += if bytes.is_some() { rows } else { 0 };
        Ok(bytes)
    }

    fn finds(&mut self, text: &str) -> bool {
        self.suppression.finds(text)
    }
}
