//! Physical lines of a stream of UTF-8, in bounded memory, with the freedom to look ahead (spec 1.5).
//!
//! A line ends with LF, CRLF or CR. The reader holds what lies between the line consumed last and the
//! line looked at furthest, never more than [`MAX_LINE`] bytes of one line.

use std::io::{self, Read};

/// The longest physical line that is held; the rest of a longer one is passed over.
pub(crate) const MAX_LINE: usize = 4 << 20;

/// Bytes asked of the input at once.
const CHUNK: usize = 256 << 10;

/// A physical line within the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    start: usize,
    /// End of the text, before the line end.
    end: usize,
    /// Start of the next line.
    next: usize,
    /// The line is longer than [`MAX_LINE`]; its text is cut.
    pub(crate) overlong: bool,
}

/// Reads physical lines.
pub(crate) struct LineReader<R> {
    input: R,
    buffer: Vec<u8>,
    /// Start of the first line not yet consumed.
    start: usize,
    filled: usize,
    at_end: bool,
    /// 1-based number of the line at `start`.
    number: u64,
}

impl<R: Read> LineReader<R> {
    /// Reads lines from `input`.
    pub(crate) const fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), start: 0, filled: 0, at_end: false, number: 1 }
    }

    /// Number of the next line to consume, 1-based.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// The line after `previous` (the next to consume, for `None`), without consuming it.
    ///
    /// # Errors
    /// What the input reports.
    pub(crate) fn peek(&mut self, previous: Option<Line>) -> io::Result<Option<Line>> {
        let start = previous.map_or(self.start, |line| line.next);
        let mut searched = start;
        loop {
            if let Some(at) = memchr::memchr2(b'\n', b'\r', &self.buffer[searched..self.filled]) {
                let end = searched + at;
                let next = self.after_line_end(end)?;
                // A line that was cut before, and then not consumed, is found again by its length.
                return Ok(Some(Line { start, end, next, overlong: end - start >= MAX_LINE }));
            }
            searched = self.filled;
            if self.at_end {
                let end = self.filled;
                return Ok((start < end).then_some(Line { start, end, next: end, overlong: false }));
            }
            if searched - start > MAX_LINE {
                return self.cut(start).map(Some);
            }
            self.fill()?;
        }
    }

    /// Text of a line that was peeked at.
    pub(crate) fn text(&self, line: Line) -> &[u8] {
        &self.buffer[line.start..line.end]
    }

    /// Bytes from the next line to consume to the end of `line`, line ends included but for the last.
    pub(crate) fn text_through(&self, line: Line) -> &[u8] {
        &self.buffer[self.start..line.end]
    }

    /// The line's text with its line end.
    pub(crate) fn with_line_end(&self, line: Line) -> &[u8] {
        &self.buffer[line.start..line.next]
    }

    /// Consumes all lines up to and with `line`, `count` of them. Lines peeked at before are void.
    pub(crate) fn consume(&mut self, line: Line, count: u64) {
        self.start = line.next;
        self.number += count;
        if self.start >= CHUNK {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
    }

    /// End of the line end at `end`; a CR at the end of what is filled needs one more byte to judge.
    fn after_line_end(&mut self, end: usize) -> io::Result<usize> {
        if self.buffer[end] == b'\n' {
            return Ok(end + 1);
        }
        while end + 1 == self.filled && !self.at_end {
            self.fill()?;
        }
        let crlf = self.filled > end + 1 && self.buffer[end + 1] == b'\n';
        Ok(end + 1 + usize::from(crlf))
    }

    /// Keeps the first [`MAX_LINE`] bytes of an endless line and passes over the rest.
    fn cut(&mut self, start: usize) -> io::Result<Line> {
        let end = start + MAX_LINE;
        loop {
            if let Some(at) = memchr::memchr2(b'\n', b'\r', &self.buffer[end..self.filled]) {
                let next = self.after_line_end(end + at)?;
                return Ok(Line { start, end, next, overlong: true });
            }
            if self.at_end {
                return Ok(Line { start, end, next: self.filled, overlong: true });
            }
            self.filled = end;
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len() < self.filled + CHUNK {
            self.buffer.resize(self.filled + CHUNK, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn lines(input: impl Read) -> Vec<(u64, String)> {
        let mut reader = LineReader::new(input);
        let mut all = Vec::new();
        while let Some(line) = reader.peek(None).unwrap() {
            all.push((reader.number(), String::from_utf8_lossy(reader.text(line)).into_owned()));
            reader.consume(line, 1);
        }
        all
    }

    /// Gives one byte at a time, so that every boundary falls everywhere.
    pub(crate) struct Trickle<'a>(pub(crate) &'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn line_ends_of_1_5_mixed() {
        let bytes = b"a\nb\r\n\rc\r\r\nd";
        let expected =
            [(1, "a"), (2, "b"), (3, ""), (4, "c"), (5, ""), (6, "d")].map(|(n, t)| (n, t.to_owned()));
        assert_eq!(lines(&bytes[..]), expected);
        assert_eq!(lines(Trickle(bytes)), expected);
    }

    #[test]
    fn an_endless_line_is_cut_and_passed_over() {
        let mut bytes = vec![b'x'; MAX_LINE + 3 * CHUNK];
        bytes.extend_from_slice(b"\r\nnext");
        let mut reader = LineReader::new(&bytes[..]);
        let line = reader.peek(None).unwrap().unwrap();
        assert!(line.overlong);
        assert_eq!(reader.text(line).len(), MAX_LINE);
        assert!(reader.buffer.len() <= MAX_LINE + 3 * CHUNK);
        reader.consume(line, 1);
        let line = reader.peek(None).unwrap().unwrap();
        assert_eq!(reader.text(line), b"next");
    }
}
