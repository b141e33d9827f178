//! The plain reading of a row with quotes, line by line: as RFC 4180 has it, noting where the quotes do not fit.

use super::tokens::{Act, Kind, Token, blank, can_close, is_pair};
use super::window::MAX_LINE;

/// A quoted cell with more line ends than this is a broken quote (1.5).
const MAX_LINE_ENDS_IN_CELL: usize = 20;
/// A quoted cell of more bytes than this, over several lines, is a broken quote (1.5).
const MAX_QUOTED_CELL: usize = 64 << 10;

/// How far the row is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Complete,
    /// A quote is open.
    Open,
    /// A quote is open and will not close.
    Broken,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// At the start of a cell.
    #[default]
    Start,
    Unquoted,
    Quoted,
    Closed,
}

/// A row on its way.
#[derive(Debug, Default)]
pub(super) struct Strict {
    place: Place,
    /// The token that opened the cell that is read.
    opener: usize,
    /// Line ends within quotes, since the cell was opened or, if there is one, the culprit.
    line_ends: usize,
    /// What the tokens are taken for, as far as they were read.
    pub(super) acts: Vec<Act>,
    /// The token that opened the first cell whose quotes do not fit: one of them is neither doubled nor at the
    /// end of the cell, or it never closes.
    pub(super) culprit: Option<usize>,
    /// There is a quote in a cell that is not quoted.
    pub(super) stray: bool,
}

impl Strict {
    pub(super) fn begin(&mut self) {
        self.acts.clear();
        (self.place, self.line_ends) = (Place::Start, 0);
        (self.culprit, self.stray) = (None, false);
    }

    /// Reads on through `tokens`, which those of one more line were added to.
    pub(super) fn feed(&mut self, text: &str, tokens: &[Token]) -> Progress {
        while let Some(token) = tokens.get(self.acts.len()) {
            match token.kind {
                Kind::Quote => self.quote(text, tokens),
                Kind::Delimiter if self.place == Place::Quoted => self.acts.push(Act::Text),
                Kind::Delimiter => {
                    self.acts.push(Act::End);
                    self.place = Place::Start;
                }
                Kind::LineEnd if self.place != Place::Quoted => {
                    self.acts.push(Act::End);
                    return Progress::Complete;
                }
                Kind::LineEnd => {
                    self.acts.push(Act::Text);
                    self.line_ends += 1;
                    let since = tokens[self.culprit.unwrap_or(self.opener)].end;
                    let long = token.end - since > MAX_QUOTED_CELL || token.end > MAX_LINE;
                    if long || self.line_ends > MAX_LINE_ENDS_IN_CELL {
                        return self.broken();
                    }
                }
            }
        }
        Progress::Open
    }

    /// The cell that is open will not close.
    pub(super) fn broken(&mut self) -> Progress {
        self.culprit.get_or_insert(self.opener);
        Progress::Broken
    }

    fn quote(&mut self, text: &str, tokens: &[Token]) {
        let at = self.acts.len();
        let cell = at.checked_sub(1).map_or(0, |before| tokens[before].end);
        match self.place {
            Place::Start if blank(&text[cell..tokens[at].at]) => {
                self.acts.push(Act::Open);
                (self.place, self.opener) = (Place::Quoted, at);
                if self.culprit.is_none() {
                    self.line_ends = 0;
                }
            }
            Place::Quoted if is_pair(tokens, at) => self.acts.extend([Act::Text, Act::Drop]),
            Place::Quoted if can_close(text, tokens, at) => {
                self.acts.push(Act::Close);
                self.place = Place::Closed;
            }
            Place::Quoted => {
                self.acts.push(Act::Text);
                self.culprit.get_or_insert(self.opener);
            }
            Place::Start | Place::Unquoted | Place::Closed => {
                self.acts.push(Act::Text);
                (self.place, self.stray) = (Place::Unquoted, true);
            }
        }
    }

    /// The reading in which `tokens`, from the culprit to the end of its line, holds no quotes.
    pub(super) fn without_quotes(&self, tokens: &[Token]) -> Vec<Act> {
        let sound = self.culprit.unwrap_or(0);
        let rest = tokens[sound..].iter().map(|token| match token.kind {
            Kind::Quote => Act::Text,
            Kind::Delimiter | Kind::LineEnd => Act::End,
        });
        self.acts[..sound].iter().copied().chain(rest).collect()
    }
}
