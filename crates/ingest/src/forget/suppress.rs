//! Whether a row of a report is a forgotten person's, asked the same way by who reads it and who takes it out.

use leadq_contract::ReportColumn;

use super::search::{Search, scrubbed};
use crate::header::Header;
use crate::keying::Keying;
use crate::raw::RawRow;
use crate::report::ReportOptions;
use crate::row::Cleaner;

/// Columns in which a number is not taken for a phone.
const OTHER_NUMBERS: [ReportColumn; 7] = [
    ReportColumn::EntryDate,
    ReportColumn::ApptAt,
    ReportColumn::LeadNumber,
    ReportColumn::Zip,
    ReportColumn::State,
    ReportColumn::Set,
    ReportColumn::Demo,
];

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It holds no identifier of a forgotten person.
    Stays,
    /// It is a forgotten person's.
    Goes,
    /// It holds one, but is blank or set aside for having none in the columns of identifiers.
    IsSetAside,
}

/// Who is forgotten, for the rows of one file.
pub(crate) struct Suppression<'a> {
    search: Search<'a>,
    /// Reads rows of the forgotten, so that the file's own does not remember how they spelled things.
    cleaner: Cleaner<'a>,
    /// By cell of a row, whether it may hold a phone.
    phones: Vec<bool>,
}

impl<'a> Suppression<'a> {
    /// None, if nobody is forgotten.
    pub(crate) fn of(options: &ReportOptions<'a>) -> Option<Self> {
        let search = Search::of(options.forgotten, options.secret)?;
        let cleaner = Cleaner::new(options.client, options.algorithm, Keying::new(options.secret));
        Some(Self { search, cleaner, phones: Vec::new() })
    }

    /// Takes the header of the rows to come.
    pub(crate) fn begin(&mut self, header: &Header) {
        let is_other = |cell: &usize| OTHER_NUMBERS.iter().any(|c| header.cells[c.index()].contains(cell));
        self.phones = (0..header.normalised.len()).map(|cell| !is_other(&cell)).collect();
    }

    /// Whether a row of no particular shape goes; see [`Self::judge`].
    pub(crate) fn drops(&mut self, header: &Header, raw: &RawRow) -> bool {
        self.judge(header, raw) == Verdict::Goes
    }

    /// What becomes of a row of no particular shape.
    pub(crate) fn judge(&mut self, header: &Header, raw: &RawRow) -> Verdict {
        let (search, phones) = (&self.search, &self.phones);
        let carries =
            raw.cells().enumerate().any(|(index, cell)| search.finds(cell, may_be_phone(phones, index)));
        if !carries {
            return Verdict::Stays;
        }
        self.cleaner.read(header, |index| raw.cell(index));
        if self.cleaner.has_identity() { Verdict::Goes } else { Verdict::IsSetAside }
    }

    /// The phones in a row's cells, as they are written there.
    pub(crate) fn phones(&self, raw: &RawRow) -> Vec<String> {
        let (search, phones) = (&self.search, &self.phones);
        let cells = raw.cells().enumerate().filter(|(index, _)| may_be_phone(phones, *index));
        cells.flat_map(|(_, cell)| search.phones_in(cell)).map(str::to_owned).collect()
    }

    /// A cell without the identifiers in it; none if it has none.
    pub(crate) fn hidden_cell(&self, index: usize, cell: &str) -> Option<String> {
        self.search.hidden(cell, may_be_phone(&self.phones, index))
    }

    /// Whether a text holds a hash or an email.
    pub(crate) fn finds(&self, text: &str) -> bool {
        self.search.finds(text, false)
    }

    /// A text without the identifiers in it; none if it has none.
    pub(crate) fn hidden(&self, text: &str, phones: bool) -> Option<String> {
        self.search.hidden(text, phones)
    }

    /// What is left of the text of a row that cannot be read and holds an identifier: its shape.
    pub(crate) fn scrubbed(&self, text: &str) -> Option<String> {
        self.search.finds(text, true).then(|| scrubbed(text))
    }
}

fn may_be_phone(phones: &[bool], cell: usize) -> bool {
    phones.get(cell).copied().unwrap_or(true)
}
