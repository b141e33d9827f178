//! Any CSV, read without being told its dialect: no schema, no header, nothing dropped.
//!
//! Three steps, in one pass and in bounded memory:
//!
//! 1. `window` decodes the bytes (byte order mark, else valid UTF-8, else Windows-1252: spec 1.5).
//! 2. `detect` reads a sample of the text in every dialect that could be meant and keeps the one under which
//!    it looks most like a table: rows of one shape, cells that read as something. The two measures are those of
//!    van den Burg, Nazábal and Sutton, *Wrangling messy CSV files by detecting row and type patterns* (Data
//!    Mining and Knowledge Discovery 33, 2019). How even the rows are is measured as in the table uniformity
//!    method (García, *Detecting CSV file dialects by table uniformity measurement and data type inference*,
//!    Data Science, 2024): by how many rows agree, so that one odd row does not outweigh the rest.
//! 3. `rows` splits every row (`tokens`, `strict`). Quotes that do not fit are read in the way that costs least
//!    (`mend`), and one that never closes costs its line only (1.5, 1.7).
//!
//! [`rewrite`] does all of it and writes the cells as plain CSV.

mod charset;
mod detect;
mod kind;
mod mend;
mod rewrite;
mod rows;
mod strict;
#[cfg(test)]
mod tests;
mod tokens;
mod window;

use std::fmt;

pub use charset::Charset;
pub use rewrite::{Rewritten, rewrite};
pub use rows::{Row, Rows};
pub use tokens::Cells;

/// How cells are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    delimiter: String,
    quote: Quote,
    escape: Escape,
}

impl Dialect {
    /// A dialect, unless `delimiter` is empty, or holds a quote, a backslash, a line end or a NUL.
    #[must_use]
    pub fn new(delimiter: &str, quote: Quote, escape: Escape) -> Option<Self> {
        let unfit = |c: char| matches!(c, '"' | '\'' | '\\' | '\n' | '\r' | '\0');
        let fits = !delimiter.is_empty() && !delimiter.contains(unfit);
        fits.then(|| Self { delimiter: delimiter.to_owned(), quote, escape })
    }

    /// What stands between two cells: one character or more.
    #[must_use]
    pub fn delimiter(&self) -> &str {
        &self.delimiter
    }

    /// What stands around a cell that holds delimiters, quotes or line ends.
    #[must_use]
    pub const fn quote(&self) -> Quote {
        self.quote
    }

    /// How a quote within quotes is written.
    #[must_use]
    pub const fn escape(&self) -> Escape {
        self.escape
    }
}

/// The dialect of RFC 4180.
impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: ",".to_owned(), quote: Quote::Double, escape: Escape::Doubled }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delimiter = self.delimiter.escape_debug();
        let quote = char::from(self.quote.byte());
        let escape = match self.escape {
            Escape::Doubled => "doubled",
            Escape::Backslash => "after a backslash",
        };
        write!(f, "delimiter '{delimiter}', quote {quote} ({escape} within quotes)")
    }
}

/// The character around quoted cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// `"`
    Double,
    /// `'`
    Single,
}

impl Quote {
    const fn byte(self) -> u8 {
        match self {
            Self::Double => b'"',
            Self::Single => b'\'',
        }
    }
}

/// How a quote within quotes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Twice.
    Doubled,
    /// After a backslash, which also stands before a backslash or a delimiter that is meant as text.
    Backslash,
}

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// There is none.
    None,
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
    /// More than one of them.
    Mixed,
}

impl LineEnd {
    fn of(text: &str) -> Self {
        let mut found = Self::None;
        let mut rest = text.as_bytes();
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            let (end, length) = match &rest[at..] {
                [b'\r', b'\n', ..] => (Self::CrLf, 2),
                [b'\r', ..] => (Self::Cr, 1),
                _ => (Self::Lf, 1),
            };
            if found != Self::None && found != end {
                return Self::Mixed;
            }
            found = end;
            rest = &rest[at + length..];
        }
        found
    }
}

impl fmt::Display for LineEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no line end",
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
            Self::Cr => "CR",
            Self::Mixed => "mixed line ends",
        })
    }
}

/// What was found out about a text from its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The encoding of the bytes.
    pub charset: Charset,
    /// How cells are told apart.
    pub dialect: Dialect,
    /// How lines end.
    pub line_end: LineEnd,
    /// Cells that a row usually has; 0 for a text without rows.
    pub width: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { charset, dialect, line_end, width } = self;
        let columns = if *width == 1 { "column" } else { "columns" };
        write!(f, "{charset}, {dialect}, {line_end}, {width} {columns}")
    }
}
