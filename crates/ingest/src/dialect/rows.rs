//! Rows of any CSV, as they come, in bounded memory.

use std::io::{self, Read};

use super::strict::{Progress, Strict};
use super::tokens::{Act, Cells, Token, tokenize};
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
        let (mut from, mut line, mut lines, mut one_line) = (0, first, 1, 0);
        let progress = loop {
            let text = self.window.text();
            tokenize(&self.dialect, text, from, (line.end, line.next), &mut self.tokens);
            one_line = if lines == 1 { self.tokens.len() } else { one_line };
            match self.strict.feed(text, &self.tokens) {
                Progress::Open => {}
                done => break done,
            }
            match self.window.peek(Some(line))? {
                Some(next) => (from, line, lines) = (line.next, next, lines + 1),
                None => break Progress::Broken,
            }
        };
        let whole = progress == Progress::Complete;
        if whole && !self.is_odd() {
            self.cells.build(&self.dialect, self.window.text(), &self.tokens, &self.strict.acts);
            self.window.consume(line, lines);
            return Ok(false);
        }
        if self.mend(first, one_line, whole) {
            self.window.consume(line, lines);
        } else {
            self.window.consume(first, 1);
        }
        Ok(true)
    }

    /// Whether a row that is complete should not be taken as it was read.
    fn is_odd(&self) -> bool {
        let ends = self.strict.acts.iter().filter(|act| **act == Act::End).count();
        self.strict.flawed || self.strict.stray && self.width.is_some_and(|width| width != ends)
    }

    /// Takes the cheapest reading of a row whose quotes do not fit: of the width of the table, on its first
    /// line, else on all of its lines (`whole`: there is such a reading), else of any width. Of a row over several
    /// lines only the first is taken then: what opened there is a broken quote (1.5). True if all lines are used.
    fn mend(&mut self, first: Line, one_line: usize, whole: bool) -> bool {
        let text = self.window.text();
        let (short, all) = (&self.tokens[..one_line], &self.tokens[..]);
        let single = whole && one_line == all.len();
        let of_width = |tokens| self.width.and_then(|width| mend::cheapest(text, tokens, Some(width)));
        let any_width = || {
            if single && !self.strict.flawed {
                return Some(self.strict.acts.clone());
            }
            mend::cheapest(text, short, None)
        };
        if let Some(acts) = of_width(short) {
            self.cells.build(&self.dialect, text, short, &acts);
            return single;
        }
        if whole
            && !single
            && let Some(acts) = of_width(all)
        {
            self.cells.build(&self.dialect, text, all, &acts);
            return true;
        }
        match any_width() {
            Some(acts) => self.cells.build(&self.dialect, text, short, &acts),
            None => self.cells.split(&self.dialect.delimiter, &text[..first.end]),
        }
        single
    }
}
