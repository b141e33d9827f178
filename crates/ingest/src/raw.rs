//! A row as a reader found it, before anything is made of its cells: the same for text and workbooks.

use std::io;

/// What a reader came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row that splits into cells; see [`RawRow::cells`].
    Row,
    /// A row that cannot be split; see [`RawRow::raw`].
    Malformed,
    /// The same, because it is larger than a row may be; its raw text is only the beginning.
    Oversized,
    /// The end of the file.
    End,
}

/// By what a physical line is remembered; see [`Book`](crate::Book).
pub(crate) type LineKey = u128;

/// A row's text and where its cells are. Reused from row to row.
#[derive(Debug, Default)]
pub(crate) struct RawRow {
    /// Physical line of the row's first line, or row of the sheet, 1-based.
    pub(crate) line: u64,
    /// The text as it stands in the file, where it differs from `text`.
    pub(crate) raw: String,
    /// Text that the cells point into.
    pub(crate) text: String,
    pub(crate) cells: Vec<(u32, u32)>,
    /// How many physical lines it takes.
    pub(crate) lines: u64,
    /// It is larger than a row may be, and only its beginning is here.
    pub(crate) is_cut: bool,
    /// Of a line that [`Rows::next_new`] showed and that was not known.
    pub(crate) key: Option<LineKey>,
}

impl RawRow {
    /// A cell, as it stands.
    pub(crate) fn cell(&self, index: usize) -> &str {
        let (start, end) = self.cells[index];
        &self.text[start as usize..end as usize]
    }

    /// The cells.
    pub(crate) fn cells(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.cells.iter().map(|(start, end)| &self.text[*start as usize..*end as usize])
    }

    /// Raw text, for the quarantine.
    pub(crate) fn raw(&self) -> &str {
        if self.raw.is_empty() { &self.text } else { &self.raw }
    }
}

/// Reads rows one after another.
pub(crate) trait Rows {
    /// Goes to the next row. What is no row by 1.7 (empty lines, rows of a sheet without values) is passed over.
    ///
    /// # Errors
    /// What the input reports.
    fn next_row(&mut self) -> io::Result<Step>;

    /// Goes to the next row that is not `known`: that is asked of physical lines without quotes, with their number
    /// and text, before they are split; none for one that is done with, else its key.
    ///
    /// # Errors
    /// What the input reports.
    fn next_new(&mut self, _known: impl FnMut(u64, &[u8]) -> Option<LineKey>) -> io::Result<Step> {
        self.next_row()
    }

    /// The current row.
    fn row(&self) -> &RawRow;

    /// The current row is the header: the rows below have as many cells.
    fn begin_body(&mut self);
}
