//! Rows whose quotes do not fit: of all readings, the one that costs least, by dynamic programming.
//!
//! Each thing that a careful writer would not have done has a cost: a quote left as it is within quotes, one that
//! opens a cell but was text, a delimiter that is missing beside a quote. Where the table's width is known, only
//! readings with as many cells count, which is what tells a stray quote from a quoted cell: a stray one swallows
//! the delimiters behind it.

use super::tokens::{Act, Kind, Token, blank, can_close, is_pair};

/// Steps (tokens times cells) that a row may cost.
const MAX_STEPS: usize = 1 << 16;

/// A quote within quotes that is not doubled.
const BARE_QUOTE: u32 = 1;
/// A quote in the middle of a cell that is not quoted.
const QUOTE_IN_TEXT: u32 = 1;
/// A quote at the start of a cell that is not quoted.
const STRAY_OPENING: u32 = 2;
/// A quote within quotes, where the cell could end.
const PASSED_CLOSING: u32 = 3;
/// A quoted cell right after or before another cell, without a delimiter: dearer than any number of quotes that
/// were not doubled.
const MISSING_DELIMITER: u32 = 1 << 20;
/// A row that misses more than one delimiter is not what it seems.
const TOO_DEAR: u32 = 2 * MISSING_DELIMITER;

const NEVER: u32 = u32::MAX;

/// Where a reading stands between two tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Unquoted,
    Quoted,
    Closed,
}

const PLACES: [Place; 4] = [Place::Start, Place::Unquoted, Place::Quoted, Place::Closed];

/// The cheapest way to a place: its cost, and the last step, from where.
#[derive(Debug, Clone, Copy)]
struct Way {
    cost: u32,
    act: Act,
    from: Place,
    /// The step took two quotes that stand for one.
    pair: bool,
}

const NO_WAY: Way = Way { cost: NEVER, act: Act::Text, from: Place::Start, pair: false };

/// The cheapest reading of the row of `text` that `tokens` end in a line end; with `width`, of those with so many
/// cells. Of equal ones it is always the same. `None` if there is none, or if it would cost too much to look.
pub(super) fn cheapest(text: &str, tokens: &[Token], width: Option<usize>) -> Option<Vec<Act>> {
    let cells = width.unwrap_or(1);
    if cells == 0 || (tokens.len() + 1).checked_mul(cells)? > MAX_STEPS {
        return None;
    }
    let mut ways =
        Ways { counted: width.is_some(), cells, ways: vec![NO_WAY; (tokens.len() + 1) * cells * 4] };
    let start = ways.index(0, 0, Place::Start);
    ways.ways[start].cost = 0;
    for at in 0..tokens.len() {
        for done in 0..cells {
            for place in PLACES {
                let cost = ways.ways[ways.index(at, done, place)].cost;
                if cost != NEVER {
                    ways.go_on(text, tokens, at, done, place);
                }
            }
        }
    }
    ways.trace(tokens.len())
}

struct Ways {
    /// Whether cells are counted.
    counted: bool,
    cells: usize,
    /// By tokens read, cells ended, place.
    ways: Vec<Way>,
}

impl Ways {
    const fn index(&self, at: usize, done: usize, place: Place) -> usize {
        (at * self.cells + done) * 4 + place as usize
    }

    /// All that `tokens[at]` can be taken for.
    fn go_on(&mut self, text: &str, tokens: &[Token], at: usize, done: usize, place: Place) {
        let last = at + 1 == tokens.len();
        let mut step = |act, to, cost| self.step((at, done, place), act, to, cost);
        match (tokens[at].kind, place) {
            (Kind::LineEnd, Place::Quoted) if last => {}
            (_, Place::Quoted) if tokens[at].kind != Kind::Quote => step(Act::Text, Place::Quoted, 0),
            // The last cell ends with the row; it is not counted, so that the width is one more.
            (Kind::LineEnd, _) if last => step(Act::End, Place::Closed, 0),
            (Kind::LineEnd, _) => {}
            (Kind::Delimiter, _) => step(Act::End, Place::Start, 0),
            (Kind::Quote, Place::Start) => {
                let cell = at.checked_sub(1).map_or(0, |before| tokens[before].end);
                if blank(&text[cell..tokens[at].at]) {
                    step(Act::Open, Place::Quoted, 0);
                    step(Act::Text, Place::Unquoted, STRAY_OPENING);
                } else {
                    step(Act::Text, Place::Unquoted, QUOTE_IN_TEXT);
                    step(Act::EndOpen, Place::Quoted, MISSING_DELIMITER);
                }
            }
            (Kind::Quote, Place::Unquoted) => {
                step(Act::Text, Place::Unquoted, QUOTE_IN_TEXT);
                step(Act::EndOpen, Place::Quoted, MISSING_DELIMITER);
            }
            (Kind::Quote, Place::Quoted) if can_close(text, tokens, at) => {
                step(Act::Close, Place::Closed, 0);
                step(Act::Text, Place::Quoted, PASSED_CLOSING);
            }
            (Kind::Quote, Place::Quoted) => {
                step(Act::Text, Place::Quoted, BARE_QUOTE);
                step(Act::CloseEnd, Place::Start, MISSING_DELIMITER);
                if is_pair(tokens, at) {
                    self.pair((at, done));
                }
            }
            (Kind::Quote, Place::Closed) => {}
        }
    }

    fn step(&mut self, (at, done, from): (usize, usize, Place), act: Act, to: Place, cost: u32) {
        let row_ends = to == Place::Closed && act == Act::End;
        let ends = self.counted && !row_ends && matches!(act, Act::End | Act::EndOpen | Act::CloseEnd);
        let done_then = done + usize::from(ends);
        if done_then >= self.cells {
            return;
        }
        let cost = self.ways[self.index(at, done, from)].cost + cost;
        self.offer((at + 1, done_then, to), Way { cost, act, from, pair: false });
    }

    fn pair(&mut self, (at, done): (usize, usize)) {
        let cost = self.ways[self.index(at, done, Place::Quoted)].cost;
        let way = Way { cost, act: Act::Drop, from: Place::Quoted, pair: true };
        self.offer((at + 2, done, Place::Quoted), way);
    }

    fn offer(&mut self, (at, done, place): (usize, usize, Place), way: Way) {
        let index = self.index(at, done, place);
        if way.cost < self.ways[index].cost {
            self.ways[index] = way;
        }
    }

    /// The acts of the cheapest way to the end.
    fn trace(&self, tokens: usize) -> Option<Vec<Act>> {
        let (mut at, mut done, mut place) = (tokens, self.cells - 1, Place::Closed);
        if self.ways[self.index(at, done, place)].cost >= TOO_DEAR {
            return None;
        }
        let mut acts = Vec::with_capacity(tokens);
        while at > 0 {
            let way = self.ways[self.index(at, done, place)];
            let row_ends = at == tokens;
            acts.push(way.act);
            if way.pair {
                acts.push(Act::Text);
                at -= 1;
            }
            if self.counted && !row_ends && matches!(way.act, Act::End | Act::EndOpen | Act::CloseEnd) {
                done -= 1;
            }
            at -= 1;
            place = way.from;
        }
        acts.reverse();
        Some(acts)
    }
}
