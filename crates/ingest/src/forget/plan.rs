//! A text without forgotten people: which of its lines become what, found as a report's reader finds its rows.
//!
//! In the place of a row that goes stand a mark, by which it is still counted, and spaces, which are no row (spec 1.7):
//! lines as long as a cell that they might stand in would be, so that a quote that never closes looks as far ahead as
//! before, and every other line keeps its number. In a line that is no row of its own something of the same shape
//! stands in for the identifiers.

use std::io::{self, Read};

use super::suppress::{Suppression, Verdict};
use crate::container::{Reopen, any_piece};
use crate::delimiter;
use crate::encoding::{self, Encoding, Utf8Reader};
use crate::header::Header;
use crate::lines::{LineReader, MAX_LINE};
use crate::raw::{RawRow, Rows, Step};
use crate::records::RecordReader;
use crate::report::{ReportOptions, objection};
use crate::shape;
use leadq_contract::Bucket;

/// What becomes of lines.
enum Change {
    /// Nothing is left of them but a mark that there was a row.
    Blank,
    /// Another text, of as many lines; without the last one's end.
    Text(String),
    /// A line longer than a reader holds, without its identifiers, and not longer than one holds.
    Hide,
}

/// Lines that become something else.
struct Lines {
    first: u64,
    count: u64,
    change: Change,
}

/// What becomes of a text.
pub(super) struct Plan {
    encoding: Encoding,
    /// In order.
    changes: Vec<Lines>,
    /// Rows that go.
    pub(super) rows: u64,
}

impl Plan {
    /// Reads a text as a report is read.
    pub(super) fn of(
        source: &mut dyn Reopen,
        options: &ReportOptions<'_>,
        suppression: &mut Suppression<'_>,
    ) -> io::Result<Self> {
        let mut plan = match Self::read_as(None, source, options, suppression) {
            Err(error) if encoding::is_not_utf8(&error) => {
                Self::read_as(Some(Encoding::Windows1252), source, options, suppression)
            }
            other => other,
        }?;
        // Nobody looked at the rest of an endless line; it goes only where it must.
        let is_endless = |lines: &Lines| matches!(lines.change, Change::Hide);
        if plan.changes.iter().any(is_endless) {
            let mut text = Utf8Reader::new(source.open()?, plan.known());
            if !any_piece(&mut text, &mut |piece| suppression.finds(piece))? {
                plan.changes.retain(|lines| !is_endless(lines));
            }
        }
        Ok(plan)
    }

    /// What its encoding is to be told, if it does not tell itself.
    fn known(&self) -> Option<Encoding> {
        Some(self.encoding).filter(|encoding| *encoding == Encoding::Windows1252)
    }

    /// Whether all of the text stays.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn read_as(
        known: Option<Encoding>,
        source: &mut dyn Reopen,
        options: &ReportOptions<'_>,
        suppression: &mut Suppression<'_>,
    ) -> io::Result<Self> {
        let mut plan = Self { encoding: Encoding::Utf8, changes: Vec::new(), rows: 0 };
        let mut text = Utf8Reader::new(source.open()?, known);
        let head = delimiter::choose(&mut text, &options.client.reports)?;
        let mut header_ends = 0;
        if let Some(mark) = head.delimiter {
            let mut rows = RecordReader::new(head.bytes.chain(&mut text), mark);
            let mut above = Vec::new();
            let keep = |row: &RawRow| above.push((row.line, row.lines, row.raw().to_owned(), row.is_cut));
            if let Some(header) = Header::find(&mut rows, &options.client.reports, keep)? {
                let row = rows.row();
                above.push((row.line, row.lines, row.raw().to_owned(), row.is_cut));
                header_ends = row.line + row.lines - 1;
                if objection(&header, options.limits).is_none() {
                    for (first, count, raw, is_cut) in above {
                        plan.keep_hidden(first, count, &raw, is_cut, suppression);
                    }
                    suppression.begin(&header);
                    plan.rows(&mut rows, &header, suppression)?;
                    plan.encoding = text.encoding();
                    return Ok(plan);
                }
            }
        }
        drop(text);
        plan.no_report(known, source, header_ends, suppression)?;
        Ok(plan)
    }

    fn change(&mut self, first: u64, count: u64, change: Option<Change>) {
        self.changes.extend(change.map(|change| Lines { first, count, change }));
    }

    fn keep_hidden(&mut self, first: u64, count: u64, raw: &str, is_cut: bool, with: &Suppression<'_>) {
        let change = if is_cut { Some(Change::Hide) } else { with.hidden(raw, true).map(Change::Text) };
        self.change(first, count, change);
    }

    fn rows(
        &mut self,
        rows: &mut impl Rows,
        header: &Header,
        suppression: &mut Suppression<'_>,
    ) -> io::Result<()> {
        loop {
            let step = rows.next_row()?;
            let row = rows.row();
            let change = match step {
                Step::End => return Ok(()),
                Step::Oversized => Some(Change::Hide),
                Step::Malformed => suppression.scrubbed(row.raw()).map(Change::Text),
                Step::Row => match shape::bucket(row.cells(), header) {
                    Some(Bucket::Malformed) => suppression.scrubbed(row.raw()).map(Change::Text),
                    Some(_) => suppression.hidden(row.raw(), true).map(Change::Text),
                    None => self.row(header, row, suppression),
                },
            };
            self.change(row.line, row.lines, change);
        }
    }

    /// What becomes of a row of no particular shape.
    fn row(&mut self, header: &Header, row: &RawRow, suppression: &mut Suppression<'_>) -> Option<Change> {
        match suppression.judge(header, row) {
            Verdict::Stays => None,
            Verdict::Goes => {
                self.rows += 1;
                Some(Change::Blank)
            }
            Verdict::IsSetAside => {
                let raw = row.raw();
                let mut text = suppression.hidden(raw, false).unwrap_or_else(|| raw.to_owned());
                for phone in suppression.phones(row) {
                    let zeros = phone.replace(|c: char| c.is_ascii_digit(), "0");
                    text = text.replace(&phone, &zeros);
                }
                Some(Change::Text(text))
            }
        }
    }

    /// The lines of a text that is no report: only its header, if it has one, is known.
    fn no_report(
        &mut self,
        known: Option<Encoding>,
        source: &mut dyn Reopen,
        header_ends: u64,
        suppression: &Suppression<'_>,
    ) -> io::Result<()> {
        let mut text = Utf8Reader::new(source.open()?, known);
        let mut lines = LineReader::new(&mut text);
        while let Some(line) = lines.peek(None)? {
            let (number, bytes) = (lines.number(), lines.text(line));
            let raw = String::from_utf8_lossy(bytes);
            if number <= header_ends || line.overlong {
                self.keep_hidden(number, 1, &raw, line.overlong, suppression);
            } else {
                self.change(number, 1, suppression.scrubbed(&raw).map(Change::Text));
            }
            lines.consume(line, 1);
        }
        self.encoding = text.encoding();
        Ok(())
    }

    /// The text as it becomes, in UTF-8.
    pub(super) fn apply(
        &self,
        source: &mut dyn Reopen,
        suppression: &Suppression<'_>,
    ) -> io::Result<Vec<u8>> {
        let mut lines = LineReader::new(Utf8Reader::new(source.open()?, self.known()));
        let mut out = Vec::new();
        let mut changes = self.changes.iter().peekable();
        while let Some(line) = lines.peek(None)? {
            let (number, text) = (lines.number(), lines.text(line));
            if number == 1 && (self.encoding != Encoding::Utf8 || text.starts_with(MARK)) {
                out.extend_from_slice(MARK);
            }
            let within = changes.peek().filter(|lines| lines.first <= number);
            match within.map(|lines| &lines.change) {
                None => out.extend_from_slice(text),
                Some(Change::Blank) => {
                    let end = out.len() + length_in_cell(text);
                    if within.is_some_and(|lines| lines.first == number) && end > out.len() {
                        out.push(shape::FORGOTTEN as u8);
                    }
                    out.resize(end, b' ');
                }
                Some(Change::Text(text)) if within.is_some_and(|lines| lines.first == number) => {
                    out.extend_from_slice(text.as_bytes());
                }
                Some(Change::Text(_)) => {}
                Some(Change::Hide) => hide(text, suppression, &mut out),
            }
            let last = within.is_none_or(|lines| lines.first + lines.count == number + 1);
            let is_text = within.is_some_and(|lines| matches!(lines.change, Change::Text(_)));
            if line.overlong {
                out.push(b'\n');
            } else if last || !is_text {
                out.extend_from_slice(&lines.with_line_end(line)[text.len()..]);
            }
            if within.is_some() && last {
                changes.next();
            }
            lines.consume(line, 1);
        }
        Ok(out)
    }
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Bytes of a line within a quoted cell that begins before it and ends after it: two quotes are one there.
fn length_in_cell(line: &[u8]) -> usize {
    line.len() - memchr::memchr_iter(b'"', line).count() / 2
}

/// The beginning of an endless line, as long as makes it one.
fn hide(line: &[u8], suppression: &Suppression<'_>, out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(line);
    let hidden = suppression.hidden(&text, true).unwrap_or_else(|| text.into_owned());
    let kept = hidden.floor_char_boundary(MAX_LINE);
    out.extend_from_slice(&hidden.as_bytes()[..kept]);
    out.resize(out.len() + MAX_LINE - kept, b'x');
}
