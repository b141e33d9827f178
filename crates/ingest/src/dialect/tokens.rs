//! The places of a row where its reading can turn: delimiters, quotes, line ends; and cells, once they are read.

use super::{Dialect, Escape};

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Delimiter,
    Quote,
    /// The end of a physical line, or of the text.
    LineEnd,
}

/// A place in a row's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
    /// Where the text goes on.
    pub(super) end: usize,
}

/// What a token is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Part of the cell's text.
    Text,
    /// A quote that opens a cell.
    Open,
    /// A quote that closes a cell; blanks after it are not part of the cell.
    Close,
    /// Not there: the second of two quotes that stand for one.
    Drop,
    /// The end of a cell.
    End,
    /// A quote that opens a cell, although the delimiter before it is missing.
    EndOpen,
    /// A quote that closes a cell, although the delimiter after it is missing.
    CloseEnd,
}

/// Appends the tokens of the line `text[from..end]`, whose line end goes to `next`.
pub(super) fn tokenize(
    dialect: &Dialect,
    text: &str,
    from: usize,
    (end, next): (usize, usize),
    out: &mut Vec<Token>,
) {
    let (bytes, delimiter) = (text.as_bytes(), dialect.delimiter.as_bytes());
    let quote = dialect.quote.byte();
    let other = if dialect.escape == Escape::Backslash { b'\\' } else { quote };
    let mut from = from;
    while let Some(found) = memchr::memchr3(delimiter[0], quote, other, &bytes[from..end]) {
        let at = from + found;
        from = at + 1;
        if bytes[at] == b'\\' && other == b'\\' {
            from = at + escaped(dialect, &text[at..end]).map_or(1, |length| 1 + length);
        } else if bytes[at] == quote {
            out.push(Token { kind: Kind::Quote, at, end: from });
        } else if bytes[at..end].starts_with(delimiter) {
            from = at + delimiter.len();
            out.push(Token { kind: Kind::Delimiter, at, end: from });
        }
    }
    out.push(Token { kind: Kind::LineEnd, at: end, end: next });
}

/// Length of what the backslash that `text` begins with makes text of, if it does.
fn escaped(dialect: &Dialect, text: &str) -> Option<usize> {
    let rest = &text.as_bytes()[1..];
    match rest.first()? {
        b'\\' => Some(1),
        byte if *byte == dialect.quote.byte() => Some(1),
        _ => rest.starts_with(dialect.delimiter.as_bytes()).then_some(dialect.delimiter.len()),
    }
}

/// Whether there are only blanks in `text`.
pub(super) fn blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// Whether the cell can end after the quote `tokens[at]`: a delimiter or a line end follows.
pub(super) fn can_close(text: &str, tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 1).is_some_and(|next| next.kind != Kind::Quote && blank(&text[tokens[at].end..next.at]))
}

/// Whether the quote `tokens[at]` and the next are two that stand for one.
pub(super) fn is_pair(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Quote && next.at == tokens[at].end)
}

/// The cells of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    text: String,
    /// End of each cell in the text, and whether it was quoted.
    ends: Vec<(usize, bool)>,
}

impl Cells {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Their texts, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.with_quoted().map(|(cell, _)| cell)
    }

    /// Their texts, and whether they were quoted.
    pub(super) fn with_quoted(&self) -> impl Iterator<Item = (&str, bool)> {
        let mut from = 0;
        self.ends
            .iter()
            .map(move |(end, quoted)| (&self.text[std::mem::replace(&mut from, *end)..*end], *quoted))
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Splits a line that holds nothing but cells and delimiters.
    pub(super) fn split(&mut self, delimiter: &str, line: &str) {
        self.clear();
        for cell in line.split(delimiter) {
            self.text.push_str(cell);
            self.ends.push((self.text.len(), false));
        }
    }

    /// Takes the cells of a row of `text`, whose `tokens` are taken for `acts`.
    pub(super) fn build(&mut self, dialect: &Dialect, text: &str, tokens: &[Token], acts: &[Act]) {
        self.clear();
        let (mut from, mut quoted, mut closed) = (0, false, false);
        for (token, act) in tokens.iter().zip(acts) {
            match act {
                Act::Text => continue,
                // What stands before it is blank.
                Act::Open => quoted = true,
                Act::Drop => self.push(dialect, &text[from..token.at]),
                Act::Close => {
                    self.push(dialect, &text[from..token.at]);
                    closed = true;
                }
                Act::End | Act::EndOpen | Act::CloseEnd => {
                    if !std::mem::take(&mut closed) {
                        self.push(dialect, &text[from..token.at]);
                    }
                    self.ends.push((self.text.len(), std::mem::take(&mut quoted)));
                    quoted = *act == Act::EndOpen;
                }
            }
            from = token.end;
        }
    }

    /// Adds text to the cell that is read, without its backslashes where they are no text.
    fn push(&mut self, dialect: &Dialect, mut text: &str) {
        while dialect.escape == Escape::Backslash
            && let Some(at) = memchr::memchr(b'\\', text.as_bytes())
        {
            let length = escaped(dialect, &text[at..]);
            let end = at + 1 + length.unwrap_or(0);
            self.text.push_str(&text[..if length.is_some() { at } else { end }]);
            self.text.push_str(&text[at + 1..end]);
            text = &text[end..];
        }
        self.text.push_str(text);
    }
}
