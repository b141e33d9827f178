//! Readers of single cells (spec 1.6): the raw text of a cell in, a typed value, null or "unreadable" out.
//!
//! Pure functions without state, storage or clock. They run on every cell of every row, so they borrow
//! from the cell wherever they can; each takes the *raw* text, and trims and tests for placeholders itself.

pub mod boolean;
pub mod by_rule;
pub mod date;
pub mod hash;
pub mod place;
pub mod state;
pub mod text;
pub mod timestamp;
pub mod zip;

mod clock;
mod scan;

#[cfg(test)]
mod laws;

use leadq_contract::CellType;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read<T> {
    /// Nothing: empty or a placeholder.
    Null,
    /// A value.
    Value(T),
    /// Something that the column's type cannot read: counts as null, and as a finding.
    Invalid,
}

impl<T> Read<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Null | Self::Invalid => None,
        }
    }

    /// The reading of a cell whose trimmed text was parsed already; an unparsed one may be a placeholder.
    ///
    /// For types of which no placeholder parses: the test then costs nothing on cells that hold a value.
    fn of(parsed: Option<T>, trimmed: &str, cell_type: CellType) -> Self {
        match parsed {
            Some(value) => Self::Value(value),
            None if text::is_placeholder(trimmed, cell_type) => Self::Null,
            None => Self::Invalid,
        }
    }
}
