//! The book: what makes a line that was read before cheap to read again.
//!
//! Nearly all lines of a snapshot stand byte for byte in the one before it. A [`Book`] goes with its reader from file
//! to file of one client and remembers
//!
//! - of each line of the file read last what reading it came to ([`lines`]): the number of its row, what it adds to
//!   the counts of its file, its bad cells. Such a line is found by its digest; no cell of it is looked at.
//! - the number of each row of the file read last ([`numbers`]), by a digest of its clean values: rows that are
//!   spelled differently may be equal (1.7, `duplicate`).
//!
//! A row that no file before had gets the next number, and is handed on; of any other only the number is. What the
//! file at hand does not have is dropped at its end, so a book is as large as one snapshot.
//!
//! Only physical lines without quotes are remembered, and only those that came to a row: kept, or a duplicate. Any
//! other goes the long way each time. What a line comes to follows from its text, the header and delimiter (the
//! *layout*, which is part of each line's digest) and the [`ReportOptions`](crate::ReportOptions), which are the same
//! for all files of a book. Whether a row is a forgotten person's too: a line of one is never remembered.

mod lines;
mod numbers;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use leadq_contract::{BookId, KeptRows};

use crate::digest::digest;
use crate::raw::LineKey;
use lines::Lines;
pub(crate) use lines::Remembered;
pub(crate) use numbers::Numbered;
use numbers::Numbers;

/// Numbers that a book may give out before it begins anew, where it has few rows; else [`MAX_NUMBERS_A_ROW`] times its
/// rows. Who works with numbers keeps a little of each.
const MAX_NUMBERS: usize = 1 << 20;
const MAX_NUMBERS_A_ROW: usize = 8;

/// A memory of the lines and rows of the file read last; see the module.
pub struct Book {
    id: BookId,
    /// Lines that are remembered at most.
    most_lines: usize,
    /// Number of the file being read, or read last; from 1.
    file: u32,
    /// Of what the lines of the file being read are read by.
    layout: u128,
    lines: Lines,
    numbers: Numbers,
    /// The rows of the file being read.
    kept: Option<KeptRows>,
}

impl Book {
    /// Bytes that a remembered line takes, about.
    pub const LINE_BYTES: usize = Lines::ENTRY_BYTES;

    /// An empty book, that remembers so many lines at most. Others are read the long way each time.
    #[must_use]
    pub fn new(most_lines: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: BookId(NEXT.fetch_add(1, Ordering::Relaxed)),
            most_lines,
            file: 0,
            layout: 0,
            lines: Lines::default(),
            numbers: Numbers::default(),
            kept: None,
        }
    }

    /// Begins a file. One that was begun and not finished is void: what it left here goes.
    pub(crate) fn open(&mut self) {
        let limit = MAX_NUMBERS.max(self.numbers.len() * MAX_NUMBERS_A_ROW);
        if self.kept.is_some() || self.numbers.given_out() as usize > limit {
            *self = Self::new(self.most_lines);
        }
    }

    /// The rows to come have this header, and cells between which `delimiter` stands.
    pub(crate) fn begin<'t>(&mut self, header: impl Iterator<Item = &'t str>, delimiter: u8) {
        let mut layout = vec![delimiter];
        for cell in header {
            layout.extend_from_slice(&(cell.len() as u64).to_le_bytes());
            layout.extend_from_slice(cell.as_bytes());
        }
        self.layout = digest(&layout);
        self.file += 1;
        self.lines.begin();
        self.kept = Some(KeptRows::of_file(self.id, self.file, self.numbers.given_out()));
    }

    /// By what a line of this layout is remembered.
    pub(crate) fn key(&self, line: &[u8]) -> LineKey {
        digest(line) ^ self.layout
    }

    /// What a line came to when it was read before, and whether this file has its row already; that is noted.
    pub(crate) fn recall(&mut self, key: LineKey) -> Option<(&Remembered, bool)> {
        let remembered = self.lines.find(key, self.file)?;
        let is_first = self.numbers.again(remembered.row, self.file);
        Some((remembered, is_first))
    }

    /// The number of a row with these clean values.
    pub(crate) fn number(&mut self, values: u128) -> io::Result<Numbered> {
        self.numbers.number(values, self.file)
    }

    /// Remembers what a line came to.
    pub(crate) fn remember(&mut self, key: LineKey, what: Remembered) {
        if self.lines.len() < self.most_lines {
            self.lines.insert(key, what, self.file);
        }
    }

    /// The file has this row, on this line.
    pub(crate) fn keep(&mut self, line: u64, row: u32) {
        if let Some(kept) = &mut self.kept {
            kept.push(line, row);
        }
    }

    /// Ends a file: its rows. What it does not have is dropped.
    pub(crate) fn finish(&mut self) -> Option<KeptRows> {
        self.lines.retain(self.file);
        self.numbers.retain(self.file);
        self.kept.take()
    }
}

impl Default for Book {
    /// A book of up to a quarter of a gigabyte.
    fn default() -> Self {
        Self::new((256 << 20) / Self::LINE_BYTES)
    }
}

#[cfg(test)]
mod tests;
