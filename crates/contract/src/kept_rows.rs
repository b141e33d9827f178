//! Which rows a report file has, by number: what lets a row that came before be known without being looked at.
//!
//! Whoever reads files of a client one after the other numbers their rows in a *book*: a row gets the next number
//! when a file has it for the first time, and keeps it as long as each further file has it. A file is handed on as
//! those of its rows that got a number with it, and the numbers of all.

use std::ops::Range;

/// Name of a book; no two of a process have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BookId(pub u64);

/// The place of a file in a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookMark {
    /// The book.
    pub book: BookId,
    /// How many files it has up to this one.
    pub file: u32,
    /// Numbers that rows of this file got with it.
    pub fresh: Range<u32>,
}

impl BookMark {
    /// Whether who knows the rows of `before`, and only those, knows all rows of this file that are not fresh.
    ///
    /// A row keeps its number only as long as each file has it. So the rows of this file that are not fresh are among
    /// those of any file before it, as long as no number was given out in between.
    #[must_use]
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let continues = |before: &Self| {
            before.book == self.book && before.file < self.file && before.fresh.end == self.fresh.start
        };
        self.fresh.start == 0 || before.is_some_and(continues)
    }
}

/// Rows that stand on consecutive lines and have consecutive numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRun {
    /// Physical line of the first, 1-based.
    pub line: u64,
    /// Number of the first.
    pub row: u32,
    /// How many.
    pub count: u32,
}

/// The kept rows of a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRows {
    /// Where the file stands in its book.
    pub mark: BookMark,
    /// Its rows. Most lines of a file stand as they stood in the one before, so there are far fewer runs than rows.
    pub runs: Vec<RowRun>,
}

impl KeptRows {
    /// None yet, of the next file of a book in which `numbered` rows have a number.
    #[must_use]
    pub const fn of_file(book: BookId, file: u32, numbered: u32) -> Self {
        Self { mark: BookMark { book, file, fresh: numbered..numbered }, runs: Vec::new() }
    }

    /// Adds the next row. One that is fresh has the next number.
    pub fn push(&mut self, line: u64, row: u32) {
        self.mark.fresh.end = self.mark.fresh.end.max(row + 1);
        match self.runs.last_mut() {
            Some(run)
                if run.line + u64::from(run.count) == line && run.row.checked_add(run.count) == Some(row) =>
            {
                run.count += 1;
            }
            _ => self.runs.push(RowRun { line, row, count: 1 }),
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.count as usize).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Line and number of each row, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let rows = |run: &RowRun| {
            let (line, row) = (run.line, run.row);
            (0..run.count).map(move |n| (line + u64::from(n), row + n))
        };
        self.runs.iter().flat_map(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_pushed() {
        let rows = [(2, 0), (3, 1), (5, 2), (6, 9), (7, 10), (8, 3), (4, 4), (1 << 40, 5)];
        let mut kept = KeptRows::of_file(BookId(1), 1, 9);
        rows.iter().for_each(|(line, row)| kept.push(*line, *row));
        assert_eq!(kept.iter().collect::<Vec<_>>(), rows);
        assert_eq!((kept.runs.len(), kept.mark.fresh), (6, 9..11));
    }

    #[test]
    fn what_may_follow() {
        let mark = |book, file, fresh| BookMark { book: BookId(book), file, fresh };
        let before = mark(1, 2, 10..15);
        for (next, follows) in [
            (mark(1, 3, 15..20), true),
            (mark(1, 4, 15..15), true),
            (mark(1, 4, 16..20), false),
            (mark(1, 1, 15..15), false),
            (mark(2, 3, 15..20), false),
            (mark(2, 1, 0..20), true),
        ] {
            assert_eq!(next.follows(Some(&before)), follows, "{next:?}");
        }
        assert!(!before.follows(None) && mark(2, 1, 0..20).follows(None));
    }
}
