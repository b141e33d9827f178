//! Physical lines of a decoded text, in bounded memory, with the freedom to look ahead (spec 1.5).
//!
//! A line ends with LF, CRLF or CR. NUL characters are dropped. A line longer than [`MAX_LINE`] is handed on in
//! pieces of that length, each as a line of its own, so that nothing is lost and memory stays bounded.

use std::io::{self, Read};

use super::charset::{Charset, Converter};

/// The longest piece of a line that is held.
pub(super) const MAX_LINE: usize = 4 << 20;
/// Bytes by which the encoding is told.
const HEAD: usize = 256 << 10;
/// Bytes asked of the input at once.
const CHUNK: usize = 64 << 10;

/// A physical line within the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// End of the text, before the line end.
    pub(super) end: usize,
    /// Start of the next line.
    pub(super) next: usize,
}

/// What lies between the line consumed last and the line looked at furthest.
pub(super) struct Window<R> {
    input: R,
    raw: Vec<u8>,
    charset: Charset,
    converter: Converter,
    text: String,
    /// Start of the first line not yet consumed.
    start: usize,
    at_end: bool,
    /// 1-based number of the line at `start`.
    number: u64,
}

impl<R: Read> Window<R> {
    /// Reads the beginning of `input` and tells its encoding.
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let at_end = head.len() < HEAD;
        let (charset, mark) = Charset::of(&head, at_end);
        let mut window = Self {
            input,
            raw: vec![0; CHUNK],
            charset,
            converter: charset.converter(),
            text: String::new(),
            start: 0,
            at_end,
            number: 1,
        };
        window.append(&head[mark..]);
        Ok(window)
    }

    pub(super) const fn charset(&self) -> Charset {
        self.charset
    }

    /// Number of the next line to consume, 1-based.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The first `length` bytes of what is not consumed, or a little less, up to the end of a line.
    pub(super) fn sample(&mut self, length: usize) -> io::Result<&str> {
        while !self.at_end && self.text.len() - self.start < length {
            self.fill()?;
        }
        let text = &self.text[self.start..];
        if self.at_end && text.len() <= length {
            return Ok(text);
        }
        let text = &text[..text.floor_char_boundary(length)];
        Ok(text.rfind(['\n', '\r']).map_or(text, |end| &text[..end]))
    }

    /// The line after `previous` (the next to consume, for `None`), without consuming it.
    pub(super) fn peek(&mut self, previous: Option<Line>) -> io::Result<Option<Line>> {
        let start = self.start + previous.map_or(0, |line| line.next);
        let mut searched = start;
        loop {
            if let Some(at) = memchr::memchr2(b'\n', b'\r', &self.text.as_bytes()[searched..])
                .filter(|at| searched + at - start <= MAX_LINE)
            {
                let end = searched + at;
                let next = self.after_line_end(end)?;
                return Ok(Some(self.relative(end, next)));
            }
            searched = self.text.len();
            if searched - start > MAX_LINE {
                let end = self.text.floor_char_boundary(start + MAX_LINE);
                return Ok(Some(self.relative(end, end)));
            }
            if self.at_end {
                return Ok((start < searched).then(|| self.relative(searched, searched)));
            }
            self.fill()?;
        }
    }

    /// The text from the next line to consume.
    pub(super) fn text(&self) -> &str {
        &self.text[self.start..]
    }

    /// Consumes all lines up to and with `line`, `count` of them. Lines peeked at before are void.
    pub(super) fn consume(&mut self, line: Line, count: u64) {
        self.start += line.next;
        self.number += count;
        if self.start >= CHUNK {
            self.text.drain(..self.start);
            self.start = 0;
        }
    }

    const fn relative(&self, end: usize, next: usize) -> Line {
        Line { end: end - self.start, next: next - self.start }
    }

    /// End of the line end at `end`; a CR at the end of what is there needs one more character to judge.
    fn after_line_end(&mut self, end: usize) -> io::Result<usize> {
        if self.text.as_bytes()[end] == b'\n' {
            return Ok(end + 1);
        }
        while end + 1 == self.text.len() && !self.at_end {
            self.fill()?;
        }
        let crlf = self.text.as_bytes().get(end + 1) == Some(&b'\n');
        Ok(end + 1 + usize::from(crlf))
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut raw = std::mem::take(&mut self.raw);
        let read = loop {
            match self.input.read(&mut raw) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        if let Ok(read) = read {
            self.at_end = read == 0;
            self.append(&raw[..read]);
        }
        self.raw = raw;
        read.map(drop)
    }

    fn append(&mut self, bytes: &[u8]) {
        let before = self.text.len();
        self.converter.convert(bytes, self.at_end, &mut self.text);
        if memchr::memchr(0, &self.text.as_bytes()[before..]).is_some() {
            let kept = self.text[before..].replace('\0', "");
            self.text.truncate(before);
            self.text.push_str(&kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: impl Read) -> Vec<(u64, String)> {
        let mut window = Window::new(input).unwrap();
        let mut all = Vec::new();
        while let Some(line) = window.peek(None).unwrap() {
            all.push((window.number(), window.text()[..line.end].to_owned()));
            window.consume(line, 1);
        }
        all
    }

    #[test]
    fn line_ends_of_1_5_mixed_and_nul_dropped() {
        let expected =
            [(1, "a"), (2, "b"), (3, ""), (4, "c"), (5, ""), (6, "d")].map(|(n, t)| (n, t.to_owned()));
        assert_eq!(lines(&b"\xEF\xBB\xBFa\n\0b\r\n\rc\r\r\0\nd"[..]), expected);
    }

    #[test]
    fn a_line_end_over_the_edge_of_a_read_is_one() {
        for length in HEAD - 2..HEAD + 2 {
            let bytes = [vec![b'x'; length], b"\r\ny".to_vec()].concat();
            let found = lines(&bytes[..]);
            assert_eq!((found.len(), found[0].1.len(), &*found[1].1), (2, length, "y"));
        }
    }

    #[test]
    fn an_endless_line_comes_in_pieces_and_is_whole() {
        let bytes = "é".repeat(MAX_LINE);
        let found = lines(format!("{bytes}\r\nnext").as_bytes());
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].1.clone() + &found[1].1, bytes);
        assert_eq!(found[2].1, "next");
    }

    #[test]
    fn a_sample_ends_with_a_line() {
        let bytes = "ab\n".repeat(HEAD);
        let mut window = Window::new(bytes.as_bytes()).unwrap();
        assert_eq!(window.sample(7).unwrap(), "ab\nab");
        assert_eq!(window.sample(2).unwrap(), "ab");
        assert_eq!(window.sample(usize::MAX).unwrap().len(), bytes.len());
    }
}
