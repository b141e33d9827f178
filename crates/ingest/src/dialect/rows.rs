//! Rows of any CSV, as they come, in bounded memory.

use std::io::{self, Read};

use super::strict::{Progress, Strict};
use super::tokens::{Act, Cells, Kind, Token, tokenize};
use super::window::{Line, Window};
use super::{Dialect, Found, LineEnd, detect, mend};

/// Bytes of text that the dialect is told by.
const SAMPLE: usize = 128 << 10;

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Number of its first physical line, 1-based.
    pub line: u64,
    /// Its cells, as many as there are.
    pub cells: &'a Cells,
    /// Its quotes did not fit; the cells are the likeliest reading.
    pub mended: bool,
}

/// Reads rows.
pub struct Rows<R> {
    window: Window<R>,
    dialect: Dialect,
    line_end: LineEnd,
    /// Cells that a row has, where it is known.
    width: Option<usize>,
    tokens: Vec<Token>,
    strict: Strict,
    cells: Cells,
}

impl<R: Read> Rows<R> {
    /// Reads `input` in the dialect that fits its beginning best.
    ///
    /// # Errors
    /// What the input reports.
    pub fn detect(input: R) -> io::Result<Self> {
        let mut window = Window::new(input)?;
        let sample = window.sample(SAMPLE)?;
        let (dialect, width) = detect::detect(sample)?;
        let line_end = LineEnd::of(sample);
        Ok(Self::over(window, dialect, line_end, width))
    }

    /// Reads `input` in a dialect that is known.
    ///
    /// # Errors
    /// What the input reports.
    pub fn with_dialect(input: R, dialect: Dialect) -> io::Result<Self> {
        let mut window = Window::new(input)?;
        let sample = window.sample(SAMPLE)?;
        let width = detect::width(sample, &dialect)?;
        let line_end = LineEnd::of(sample);
        Ok(Self::over(window, dialect, line_end, width))
    }

    /// Reads a sample, whose width nobody knows yet.
    pub(super) fn sample(input: R, dialect: Dialect) -> io::Result<Self> {
        Ok(Self::over(Window::new(input)?, dialect, LineEnd::None, None))
    }

    fn over(window: Window<R>, dialect: Dialect, line_end: LineEnd, width: Option<usize>) -> Self {
        let (tokens, strict, cells) = (Vec::new(), Strict::default(), Cells::default());
        Self { window, dialect, line_end, width, tokens, strict, cells }
    }

    /// What was found out about the text.
    #[must_use]
    pub fn found(&self) -> Found {
        Found {
            charset: self.window.charset(),
            dialect: self.dialect.clone(),
            line_end: self.line_end,
            width: self.width.unwrap_or(0),
        }
    }

    /// The next row. A line that is blank and holds no delimiter is none (1.7).
    ///
    /// # Errors
    /// What the input reports.
    pub fn next_row(&mut self) -> io::Result<Option<Row<'_>>> {
        loop {
            let Some(first) = self.window.peek(None)? else { return Ok(None) };
            let line = self.window.number();
            let text = &self.window.text()[..first.end];
            if text.trim().is_empty() && !text.contains(&self.dialect.delimiter) {
                self.window.consume(first, 1);
                continue;
            }
            let special = memchr::memchr2(self.dialect.quote.byte(), b'\\', text.as_bytes()).is_some();
            if special {
                let mended = self.quoted_row(first)?;
                return Ok(Some(Row { line, cells: &self.cells, mended }));
            }
            self.cells.split(&self.dialect.delimiter, text);
            self.window.consume(first, 1);
            return Ok(Some(Row { line, cells: &self.cells, mended: false }));
        }
    }

    /// Reads a row that begins on `first`, which holds a quote or a backslash; true if its quotes did not fit.
    fn quoted_row(&mut self, first: Line) -> io::Result<bool> {
        self.strict.begin();
        self.tokens.clear();
        let (mut from, mut line) = (0, first);
        let progress = loop {
            let text = self.window.text();
            tokenize(&self.dialect, text, from, (line.end, line.next), &mut self.tokens);
            match self.strict.feed(text, &self.tokens) {
                Progress::Open => {}
                done => break done,
            }
            match self.window.peek(Some(line))? {
                Some(next) => (from, line) = (line.next, next),
                None => break self.strict.broken(),
            }
        };
        let whole = progress == Progress::Complete;
        if whole && !self.is_odd() {
            self.take(self.tokens.len(), None);
            return Ok(false);
        }
        let (taken, acts) = self.mend(whole);
        self.take(taken, acts.as_deref());
        Ok(true)
    }

    /// Whether a row that is complete should not be taken as it was read.
    fn is_odd(&self) -> bool {
        let ends = self.strict.acts.iter().filter(|act| **act == Act::End).count();
        self.strict.culprit.is_some() || self.strict.stray && self.width.is_some_and(|width| width != ends)
    }

    /// The likeliest reading of a row whose quotes do not fit, and how many tokens it takes in; `None` for the one
    /// at hand. It is the cheapest one of the table's width: up to the end of the line in which the cell at fault
    /// opened, else, if the row is `whole`, to its end. If there is none, a quote that never closes, or only on a
    /// later line, is a broken one (1.5), and its line is read without it.
    fn mend(&self, whole: bool) -> (usize, Option<Vec<Act>>) {
        let (text, all) = (self.window.text(), self.tokens.len());
        let line = self.strict.culprit.map_or(all, |culprit| {
            let end = self.tokens[culprit..].iter().position(|token| token.kind == Kind::LineEnd);
            end.map_or(all, |end| culprit + end + 1)
        });
        for end in [Some(line), (whole && line < all).then_some(all)].into_iter().flatten() {
            let acts = self.width.and_then(|width| mend::cheapest(text, &self.tokens[..end], Some(width)));
            if acts.is_some() {
                return (end, acts);
            }
        }
        if whole && line == all {
            return (all, self.strict.culprit.and_then(|_| mend::cheapest(text, &self.tokens, None)));
        }
        (line, Some(self.strict.without_quotes(&self.tokens[..line])))
    }

    /// Takes the cells of the first `count` tokens, and consumes their lines.
    fn take(&mut self, count: usize, acts: Option<&[Act]>) {
        let tokens = &self.tokens[..count];
        self.cells.build(&self.dialect, self.window.text(), tokens, acts.unwrap_or(&self.strict.acts));
        let mut line_ends = tokens.iter().filter(|token| token.kind == Kind::LineEnd);
        let lines = line_ends.clone().count() as u64;
        if let Some(last) = line_ends.next_back() {
            self.window.consume(Line { end: last.at, next: last.end }, lines);
        }
    }
}
