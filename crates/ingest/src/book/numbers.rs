//! Numbers of rows, by a digest of their clean values.

use std::io;

use hashbrown::HashTable;

/// What a row is to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbered {
    /// No file before had it; it has the next number.
    Fresh(u32),
    /// The file before had it.
    Again(u32),
    /// This file has it already.
    Duplicate(u32),
}

/// The rows of the file read last, and those of the file being read.
#[derive(Default)]
pub(super) struct Numbers {
    /// Digests of the values, with the number.
    rows: HashTable<(u128, u32)>,
    /// By number, the file that had the row last.
    files: Vec<u32>,
}

impl Numbers {
    /// Rows that have a number.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many numbers were given out.
    pub(super) const fn given_out(&self) -> u32 {
        self.files.len() as u32
    }

    /// The number of a row of `file` with these values.
    pub(super) fn number(&mut self, values: u128, file: u32) -> io::Result<Numbered> {
        let known = self.rows.find(hash(values), |(known, _)| *known == values);
        if let Some((_, row)) = known {
            let row = *row;
            return Ok(if self.again(row, file) { Numbered::Again(row) } else { Numbered::Duplicate(row) });
        }
        let row = self.given_out();
        if row == u32::MAX {
            return Err(io::Error::other("a file of more than 4,294,967,294 rows"));
        }
        self.rows.insert_unique(hash(values), (values, row), |(known, _)| hash(*known));
        self.files.push(file);
        Ok(Numbered::Fresh(row))
    }

    /// Notes that `file` has a row; whether for the first time.
    pub(super) fn again(&mut self, row: u32, file: u32) -> bool {
        std::mem::replace(&mut self.files[row as usize], file) != file
    }

    /// Drops the rows that `file` does not have.
    pub(super) fn retain(&mut self, file: u32) {
        let files = &self.files;
        self.rows.retain(|(_, row)| files[*row as usize] == file);
    }
}

/// A digest is random already.
const fn hash(values: u128) -> u64 {
    values as u64
}
