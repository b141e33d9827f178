//! Rows of a delimited file: physical lines to cells, with recovery from quotes that never close (1.5).
//!
//! A line without a quote, as nearly all are, is split in place; any other goes through `csv-core`.

use std::io::{self, Read};

use crate::lines::{Line, LineReader, MAX_LINE};
use crate::raw::{LineKey, RawRow, Rows, Step};

/// A quoted cell with more line ends than this is a broken quote.
const MAX_LINE_ENDS_IN_CELL: usize = 20;
/// A quoted cell of more bytes than this is a broken quote.
const MAX_QUOTED_CELL: usize = 64 << 10;

/// Reads the rows of a delimited file.
pub(crate) struct RecordReader<R> {
    lines: LineReader<R>,
    delimiter: u8,
    row: RawRow,
    quoted: QuotedParser,
}

impl<R: Read> RecordReader<R> {
    /// Reads rows from `input`, which is UTF-8.
    pub(crate) fn new(input: R, delimiter: u8) -> Self {
        let quoted = QuotedParser::new(delimiter);
        Self { lines: LineReader::new(input), delimiter, row: RawRow::default(), quoted }
    }

    /// Splits `text` in place; false if it is no row at all.
    fn split(&mut self) -> bool {
        let RawRow { text, cells, .. } = &mut self.row;
        cells.clear();
        let mut start = 0;
        for at in memchr::memchr_iter(self.delimiter, text.as_bytes()) {
            cells.push((start, at as u32));
            start = at as u32 + 1;
        }
        if start == 0 && text.trim().is_empty() {
            return false;
        }
        cells.push((start, text.len() as u32));
        true
    }

    /// A row that begins on `first`, which holds a quote: lines are added until the row is complete, or
    /// its open quote turns out to be broken; then the row ends with the line in which that quote opened.
    fn quoted_row(&mut self, first: Line) -> io::Result<Step> {
        self.quoted.begin();
        let (mut current, mut count) = (first, 1);
        let (mut opened, mut open_field) = ((first, 1), usize::MAX);
        let (step, (through, lines)) = loop {
            let complete = self.quoted.feed(self.lines.with_line_end(current));
            if let Some(field) = self.quoted.too_long() {
                let at = if field == open_field { opened } else { (current, count) };
                break (Step::Malformed, at);
            }
            if complete {
                break (Step::Row, (current, count));
            }
            if open_field != self.quoted.fields() {
                open_field = self.quoted.fields();
                opened = (current, count);
            }
            if self.quoted.is_broken() {
                break (Step::Malformed, opened);
            }
            match self.lines.peek(Some(current))? {
                Some(next) if !next.overlong => (current, count) = (next, count + 1),
                Some(_) => break (Step::Malformed, opened),
                None => break (Step::Malformed, (current, count)),
            }
        };
        decode_into(&mut self.row.raw, self.lines.text_through(through));
        if step == Step::Row {
            self.row.text.clear();
            self.quoted.take_into(&mut self.row.text, &mut self.row.cells);
        }
        self.lines.consume(through, lines);
        self.row.lines = lines;
        Ok(step)
    }
}

impl<R: Read> Rows for RecordReader<R> {
    fn next_row(&mut self) -> io::Result<Step> {
        self.next(|_, _| Shown::Unasked)
    }

    fn next_new(&mut self, mut known: impl FnMut(u64, &[u8]) -> Option<LineKey>) -> io::Result<Step> {
        self.next(|line, bytes| known(line, bytes).map_or(Shown::Known, Shown::New))
    }

    fn row(&self) -> &RawRow {
        &self.row
    }

    /// A line has the cells that it has (1.7).
    fn begin_body(&mut self) {}
}

/// What was said of a line before it was split.
enum Shown {
    Unasked,
    Known,
    New(LineKey),
}

impl<R: Read> RecordReader<R> {
    /// Goes to the next row; `shown` is asked of each physical line without quotes before it is split.
    fn next(&mut self, mut shown: impl FnMut(u64, &[u8]) -> Shown) -> io::Result<Step> {
        loop {
            let Some(line) = self.lines.peek(None)? else { return Ok(Step::End) };
            let bytes = self.lines.text(line);
            let is_quoted = !line.overlong && memchr::memchr(b'"', bytes).is_some();
            self.row.key = None;
            if !line.overlong && !is_quoted {
                match shown(self.lines.number(), bytes) {
                    Shown::Known => {
                        self.lines.consume(line, 1);
                        continue;
                    }
                    Shown::New(key) => self.row.key = Some(key),
                    Shown::Unasked => {}
                }
            }
            self.row.line = self.lines.number();
            self.row.raw.clear();
            self.row.lines = 1;
            self.row.is_cut = line.overlong;
            if line.overlong {
                decode_into(&mut self.row.raw, beginning(bytes));
                self.lines.consume(line, 1);
                return Ok(Step::Oversized);
            }
            if is_quoted {
                return self.quoted_row(line);
            }
            self.row.text.clear();
            decode_into(&mut self.row.text, bytes);
            self.lines.consume(line, 1);
            if self.split() {
                return Ok(Step::Row);
            }
        }
    }
}

/// One row with quotes, fed line by line to `csv-core`.
struct QuotedParser {
    core: csv_core::Reader,
    output: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    ended: usize,
    /// Complete cells whose length is known to do; a row may have millions, on thousands of lines.
    measured: usize,
}

impl QuotedParser {
    fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { core, output: vec![0; 1024], written: 0, ends: vec![0; 32], ended: 0, measured: 0 }
    }

    fn begin(&mut self) {
        self.core.reset();
        (self.written, self.ended, self.measured) = (0, 0, 0);
    }

    /// Cells that are complete.
    const fn fields(&self) -> usize {
        self.ended
    }

    /// Feeds a line with its line end; true if the row is complete.
    fn feed(&mut self, line: &[u8]) -> bool {
        let ends_openly = !matches!(line.last(), Some(b'\n' | b'\r'));
        self.feed_bytes(line) || (ends_openly && self.feed_bytes(b"\n"))
    }

    fn feed_bytes(&mut self, mut input: &[u8]) -> bool {
        use csv_core::ReadRecordResult as Outcome;
        while !input.is_empty() {
            let (outcome, read, written, ended) =
                self.core.read_record(input, &mut self.output[self.written..], &mut self.ends[self.ended..]);
            input = &input[read..];
            self.written += written;
            self.ended += ended;
            match outcome {
                Outcome::Record => return true,
                Outcome::OutputFull => self.output.resize(self.output.len() * 2, 0),
                Outcome::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                Outcome::InputEmpty | Outcome::End => return false,
            }
        }
        false
    }

    /// The first cell, complete or open, that is too long for a quoted one (1.5). In a row with quotes no
    /// cell is longer, quoted or not.
    fn too_long(&mut self) -> Option<usize> {
        let mut from = if self.measured == 0 { 0 } else { self.ends[self.measured - 1] };
        while self.measured < self.ended {
            let end = self.ends[self.measured];
            if end - from > MAX_QUOTED_CELL {
                return Some(self.measured);
            }
            from = end;
            self.measured += 1;
        }
        (self.written - from > MAX_QUOTED_CELL).then_some(self.ended)
    }

    /// Whether the quote that is open now is a broken one (1.5).
    fn is_broken(&self) -> bool {
        let start = if self.ended == 0 { 0 } else { self.ends[self.ended - 1] };
        let cell = &self.output[start..self.written];
        self.written > MAX_LINE || line_ends(cell) > MAX_LINE_ENDS_IN_CELL
    }

    fn take_into(&self, text: &mut String, cells: &mut Vec<(u32, u32)>) {
        cells.clear();
        let mut from = 0;
        for end in &self.ends[..self.ended] {
            let start = text.len() as u32;
            decode_into(text, &self.output[from..*end]);
            cells.push((start, text.len() as u32));
            from = *end;
        }
    }
}

/// Line ends in a cell; CRLF is one.
fn line_ends(cell: &[u8]) -> usize {
    memchr::memchr2_iter(b'\n', b'\r', cell)
        .filter(|at| cell[*at] == b'\n' || cell.get(at + 1) != Some(&b'\n'))
        .count()
}

/// The beginning of an overlong line, up to a place where no identifier is cut in two.
fn beginning(line: &[u8]) -> &[u8] {
    let head = &line[..line.len().min(1024)];
    let end = head.iter().rposition(|b| matches!(b, b',' | b'"') || b.is_ascii_whitespace());
    &head[..end.unwrap_or(0)]
}

/// Appends bytes as text; what is no UTF-8 becomes U+FFFD.
fn decode_into(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(valid) => text.push_str(valid),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(input: &str) -> Vec<String> {
        let mut reader = RecordReader::new(input.as_bytes(), b',');
        let mut all = Vec::new();
        loop {
            let step = reader.next_row().unwrap();
            let row = reader.row();
            match step {
                Step::Row => {
                    let cells: Vec<_> = row.cells().collect();
                    all.push(format!("{}:{}", row.line, cells.join("|")));
                }
                Step::Malformed => all.push(format!("{}!{}", row.line, row.raw())),
                Step::Oversized => all.push(format!("{}!!{}", row.line, row.raw())),
                Step::End => return all,
            }
        }
    }

    #[test]
    fn rows_and_lines() {
        assert_eq!(rows("a,b\r\n\r\n  \nc,\n,\n"), ["1:a|b", "4:c|", "5:|"]);
        assert_eq!(rows("a,\"b\"\"c,\nd\",e\nf,g,h"), ["1:a|b\"c,\nd|e", "3:f|g|h"]);
        assert_eq!(rows("5\" pipe,b\nc,d"), ["1:5\" pipe|b", "2:c|d"]);
        assert_eq!(rows("a,\"b\"\rc,\"d\""), ["1:a|b", "2:c|d"]);
        assert_eq!(rows(""), [""; 0]);
    }

    #[test]
    fn a_quote_that_never_closes_costs_its_line_only() {
        let tail: String = (0..30).map(|n| format!("{n},x\n")).collect();
        let found = rows(&format!("a,b\nc,\"d\n{tail}"));
        assert_eq!(found[..3], ["1:a|b", "2!c,\"d", "3:0|x"]);
        assert_eq!(found.len(), 32);
    }

    #[test]
    fn the_broken_quote_may_open_on_a_later_line_of_its_row() {
        let tail: String = (0..30).map(|n| format!("{n},x\n")).collect();
        let found = rows(&format!("\"a\nb\",\"c\n{tail}"));
        assert_eq!(found[..2], ["1!\"a\nb\",\"c", "3:0|x"]);
    }

    #[test]
    fn twenty_line_ends_are_a_cell_and_twenty_one_are_not() {
        let cell = |n: usize| format!("a,\"{}\"\nnext,row\n", "x\r\n".repeat(n));
        assert_eq!(rows(&cell(20)).len(), 2);
        assert_eq!(rows(&cell(21))[0], "1!a,\"x");
    }

    #[test]
    fn a_quoted_cell_of_more_than_64_kib_is_broken() {
        let cell = |n: usize| format!("a,\"{}\n\"\nnext,row\n", "x".repeat(n));
        assert_eq!(rows(&cell(MAX_QUOTED_CELL - 1)).len(), 2);
        assert!(rows(&cell(MAX_QUOTED_CELL))[0].starts_with("1!a,"));
        // closed on its own line, it is no better
        let line = |n: usize| format!("a,\"{}\",z\nnext,row,z\n", "x".repeat(n));
        assert!(rows(&line(MAX_QUOTED_CELL))[0].starts_with("1:a|"));
        let found = rows(&line(MAX_QUOTED_CELL + 1));
        assert!(found[0].starts_with("1!a,") && found[1] == "2:next|row|z");
    }

    #[test]
    fn an_overlong_line_stays_malformed_when_a_quote_before_it_is_broken() {
        let long = format!("{},y", "x".repeat(MAX_LINE + 100));
        let found = rows(&format!("a,\"b\n{long}\nnext,row\n"));
        assert_eq!(found[..2], ["1!a,\"b", "2!!"]);
        assert_eq!(found[2], "3:next|row");
    }

    #[test]
    fn a_row_of_many_lines_and_cells_is_measured_once() {
        // Each line closes a cell and opens the next: the row never ends. Counted, not timed.
        let mut parser = QuotedParser::new(b',');
        parser.begin();
        assert!(!parser.feed(b"\"\n") && parser.too_long().is_none());
        for cell in 1..10_000 {
            assert!(!parser.feed(b"\",\"\n"));
            let before = parser.measured;
            assert_eq!(parser.too_long(), None);
            assert_eq!((before, parser.measured), (cell - 1, cell));
        }
    }

    #[test]
    fn an_unclosed_quote_at_the_end_is_one_malformed_row() {
        assert_eq!(rows("a,b\nc,\"d\ne,f\n"), ["1:a|b", "2!c,\"d\ne,f"]);
    }
}
