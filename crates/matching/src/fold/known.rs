//! Rows of the snapshot folded last, by their numbers in the book that the client's files were read with.
//!
//! A row that the snapshot before had too is not read, interned or looked up again: its values and its record are
//! here. Where it is all that its record has, as it was in the snapshot before, not even its record's state is made
//! again: nothing would come of it (see [`Known::stands`]).
//!
//! What is here follows the book: rows that the snapshot at hand does not have are dropped, and all of them when
//! another book begins. None of it outlives a run.

use leadq_contract::column::ColumnSet;
use leadq_contract::{BookMark, KeptRows};

use super::rows::RowValues;

/// Place of a row among those held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(u32);

/// A row that is held, apart from its values.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Its number in the book.
    row: u32,
    /// Place of its record.
    record: u32,
    /// Number of the snapshot that had it last.
    snapshot: u32,
    /// It was all that its record had in that snapshot.
    alone: bool,
}

/// One more than a [`Slot`]; 0 for a row that is not held.
type Place = u32;

/// The rows of the snapshot folded last.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Where that snapshot stands in its book.
    mark: Option<BookMark>,
    /// Its columns that are dead or missing.
    unknown: ColumnSet,
    /// Whether those of the snapshot at hand are the same.
    same_unknown: bool,
    /// Number of the snapshot at hand.
    snapshot: u32,
    /// By number in the book.
    places: Vec<Place>,
    held: Vec<Held>,
    values: Vec<RowValues>,
    /// Slots that hold nothing.
    free: Vec<u32>,
}

impl Known {
    /// Whether all rows of a file that are not fresh are held.
    pub(super) fn has_all_of(&self, kept: &KeptRows) -> bool {
        kept.mark.follows(self.mark.as_ref())
    }

    /// A snapshot begins. Its rows are all held or fresh.
    pub(super) fn begin(&mut self, kept: &KeptRows, snapshot: u32, unknown: ColumnSet) {
        if self.mark.as_ref().is_none_or(|mark| mark.book != kept.mark.book) {
            *self = Self::default();
        }
        self.same_unknown = self.mark.is_some() && self.unknown == unknown;
        (self.mark, self.unknown, self.snapshot) = (Some(kept.mark.clone()), unknown, snapshot);
        self.places.resize(kept.mark.fresh.end as usize, 0);
        if self.held.is_empty() {
            self.held.reserve_exact(kept.len());
            self.values.reserve_exact(kept.len());
        }
    }

    /// Adds a fresh row, with the record that it belongs to.
    pub(super) fn add(&mut self, row: u32, record: u32, values: &RowValues) -> Slot {
        let held = Held { row, record, snapshot: self.snapshot, alone: false };
        let slot = self.free.pop().unwrap_or(self.held.len() as u32);
        match self.held.get_mut(slot as usize) {
            Some(free) => (*free, self.values[slot as usize]) = (held, *values),
            None => {
                self.held.push(held);
                self.values.push(*values);
            }
        }
        self.places[row as usize] = slot + 1;
        Slot(slot)
    }

    /// The snapshot has this row: where it is held, and the place of its record.
    pub(super) fn find(&mut self, row: u32) -> Option<(Slot, u32)> {
        let slot = self.places.get(row as usize)?.checked_sub(1)?;
        let held = &mut self.held[slot as usize];
        held.snapshot = self.snapshot;
        Some((Slot(slot), held.record))
    }

    /// A row's values, on this line.
    pub(super) fn values(&self, slot: Slot, line: u64) -> RowValues {
        RowValues { line, ..self.values[slot.0 as usize] }
    }

    /// Notes whether a row is all that its record has in this snapshot.
    pub(super) fn is_alone(&mut self, slot: Slot, alone: bool) {
        self.held[slot.0 as usize].alone = alone;
    }

    /// Of a row that is all that its record has in this snapshot: whether its record's state stands as it is.
    ///
    /// It does, if the row was all that the record had in the snapshot before, and the same columns were unknown then.
    /// The record's state is then `s = State::after(row, before, unknown)` for the state before that snapshot, and
    /// `State::after(row, s, unknown)` is `s` again:
    ///
    /// - what is known is the row's value both times; what is not is `value.or(before)`, then
    ///   `value.or(value.or(before))`, which is the same;
    /// - a demo that no cell says is that of the state before, then that of `s`, which is the same;
    /// - a `set` that a cell says is that both times. One that no cell says stays with its origin if it was set. Else
    ///   it was inferred, and is set in `s`, by inference, and stays so; or there was no new evidence, and against `s`,
    ///   whose demo and appointment are the row's or were carried, there is none either.
    ///
    /// The line does not enter the state, and a group of one row is never split and passes nobody over.
    pub(super) fn stands(&self, slot: Slot) -> bool {
        self.same_unknown && self.held[slot.0 as usize].alone
    }

    /// Ends the snapshot: what it does not have is dropped.
    pub(super) fn end(&mut self) {
        for (slot, held) in (0..).zip(&self.held) {
            let place = &mut self.places[held.row as usize];
            if held.snapshot != self.snapshot && *place == slot + 1 {
                *place = 0;
                self.free.push(slot);
            }
        }
    }
}
