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
    opened: usize,
    line_ends: usize,
    /// What the tokens are taken for, as far as they were read.
    pub(super) acts: Vec<Act>,
    /// A quote within quotes is neither doubled nor at the end of its cell.
    pub(super) flawed: bool,
    /// There is a quote in a cell that is not quoted.
    pub(super) stray: bool,
}

impl Strict {
    pub(super) fn begin(&mut self) {
        self.acts.clear();
        (self.place, self.line_ends) = (Place::Start, 0);
        (self.flawed, self.stray) = (false, false);
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
                    let long = token.end - self.opened > MAX_QUOTED_CELL || token.end > MAX_LINE;
                    if long || self.line_ends > MAX_LINE_ENDS_IN_CELL {
                        return Progress::Broken;
                    }
                }
            }
        }
        Progress::Open
    }

    fn quote(&mut self, text: &str, tokens: &[Token]) {
        let at = self.acts.len();
        let cell = at.checked_sub(1).map_or(0, |before| tokens[before].end);
        match self.place {
            Place::Start if blank(&text[cell..tokens[at].at]) => {
                self.acts.push(Act::Open);
                (self.place, self.opened, self.line_ends) = (Place::Quoted, tokens[at].end, 0);
            }
            Place::Quoted if is_pair(tokens, at) => self.acts.extend([Act::Text, Act::Drop]),
            Place::Quoted if can_close(text, tokens, at) => {
                self.acts.push(Act::Close);
                self.place = Place::Closed;
            }
            Place::Quoted => {
                self.acts.push(Act::Text);
                self.flawed = true;
            }
            Place::Start | Place::Unquoted | Place::Closed => {
                self.acts.push(Act::Text);
                (self.place, self.stray) = (Place::Unquoted, true);
            }
        }
    }
}
