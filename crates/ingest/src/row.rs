//! One data row's cells to clean values (spec 1.6), with what was wrong with them.

use std::borrow::Cow;

use leadq_contract::column::ColumnSet;
use leadq_contract::{CellType, ClientSettings, FindingCode, IdentifierKey, IdentifierKind, ReportColumn};

use crate::category::{Category, Spelled};
use crate::cells::hash::{self, HashAlgorithm, HashRead, PlainRule};
use crate::cells::{Read, boolean, by_rule, date, place, state, text, timestamp, zip};
use crate::digest::digest;
use crate::header::Header;
use crate::keying::Keying;
use crate::redact;

/// A clean row. Values of categories are ids within the file's dictionaries.
#[derive(Debug, Default, Clone)]
pub(crate) struct CleanRow {
    pub(crate) entry_date: Option<i32>,
    pub(crate) lead_number: Option<String>,
    pub(crate) email: Option<IdentifierKey>,
    pub(crate) phone: Option<IdentifierKey>,
    pub(crate) city: Option<Spelled>,
    pub(crate) state: Option<Spelled>,
    pub(crate) zip: Option<Spelled>,
    pub(crate) location: Option<Spelled>,
    pub(crate) appt_at: Option<i64>,
    pub(crate) set: Option<bool>,
    pub(crate) demo: Option<bool>,
    pub(crate) dispo: Option<Spelled>,
    pub(crate) job_status: Option<Spelled>,
    /// By what the hashes as received are made, email and phone.
    pub(crate) algorithms: [Option<HashAlgorithm>; 2],
}

/// A bad cell of the current row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BadCell {
    pub(crate) code: FindingCode,
    pub(crate) column: ReportColumn,
    pub(crate) cell: usize,
}

/// What a kept row adds to the counts of its file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Says {
    /// Columns whose own cells are informative (1.9).
    pub(crate) informative: ColumnSet,
    pub(crate) set: bool,
    pub(crate) demo: bool,
    pub(crate) entry_date: Option<i32>,
    /// By what the hashes as received are made, email and phone.
    pub(crate) algorithms: [Option<HashAlgorithm>; 2],
}

/// The dictionaries of a file's category columns.
pub(crate) struct Categories {
    pub(crate) city: Category,
    pub(crate) state: Category,
    pub(crate) zip: Category,
    pub(crate) location: Category,
    pub(crate) dispo: Category,
    pub(crate) job_status: Category,
}

impl Default for Categories {
    fn default() -> Self {
        let exact = Category::exact;
        Self {
            city: exact(),
            state: exact(),
            zip: exact(),
            location: exact(),
            dispo: Category::folded(),
            job_status: Category::folded(),
        }
    }
}

impl Categories {
    /// Bytes of all values.
    pub(crate) const fn bytes(&self) -> usize {
        self.city.bytes()
            + self.state.bytes()
            + self.zip.bytes()
            + self.location.bytes()
            + self.dispo.bytes()
            + self.job_status.bytes()
    }
}

/// Reads rows of one file.
pub(crate) struct Cleaner<'a> {
    client: &'a ClientSettings,
    plain: PlainRule,
    /// Columns that are read otherwise than by default.
    special: ColumnSet,
    keying: Keying<'a>,
    pub(crate) categories: Categories,
    /// The current row.
    pub(crate) row: CleanRow,
    /// What was wrong with the current row's cells.
    pub(crate) bad: Vec<BadCell>,
    /// Where the current row's values are laid out to be digested.
    laid_out: Vec<u8>,
}

impl<'a> Cleaner<'a> {
    /// `usual`: by what most of the client's leads are hashed.
    pub(crate) fn new(client: &'a ClientSettings, usual: HashAlgorithm, keying: Keying<'a>) -> Self {
        let is_special = |column: &ReportColumn| client.reports.special_rule(*column).is_some();
        Self {
            client,
            plain: PlainRule::of_client(&client.identity, usual),
            special: ReportColumn::ALL.into_iter().filter(is_special).collect(),
            keying,
            categories: Categories::default(),
            row: CleanRow::default(),
            bad: Vec::new(),
            laid_out: Vec::new(),
        }
    }

    /// Reads the recognised cells of a row; `cell` gives a cell's raw text.
    pub(crate) fn read<'t>(&mut self, header: &Header, cell: impl Fn(usize) -> &'t str) {
        self.bad.clear();
        self.row = CleanRow { lead_number: self.row.lead_number.take(), ..CleanRow::default() };
        let number = self.row.lead_number.get_or_insert_default();
        number.clear();
        for column in ReportColumn::ALL {
            for index in &header.cells[column.index()] {
                if self.special.contains(column) {
                    self.read_special(column, *index, cell(*index));
                } else {
                    self.read_cell(column, *index, cell(*index));
                }
            }
        }
        if self.row.lead_number.as_deref() == Some("") {
            self.row.lead_number = None;
        }
    }

    /// Reads one cell; of several cells of a column the first that reads to a value stands.
    fn read_cell(&mut self, column: ReportColumn, cell: usize, raw: &str) {
        use ReportColumn as C;
        let row = &mut self.row;
        let known = &mut self.categories;
        let bad = match column {
            C::EntryDate => first(&mut row.entry_date, date::read(raw)),
            C::LeadNumber => {
                self.write_number(text::lead_number(raw));
                false
            }
            C::City => first(&mut row.city, known.city.read(raw, |raw| masked(place::city(raw)))),
            C::State => first(&mut row.state, known.state.read(raw, state::read)),
            C::Zip => first(&mut row.zip, known.zip.read(raw, zip::read)),
            C::Location => first(&mut row.location, known.location.read(raw, free_text)),
            C::ApptAt => first(&mut row.appt_at, timestamp::read(raw, self.client.timezone)),
            C::Set => first(&mut row.set, boolean::read(raw)),
            C::Demo => first(&mut row.demo, boolean::read(raw)),
            C::Dispo => first(&mut row.dispo, known.dispo.read(raw, free_text)),
            C::JobStatus => first(&mut row.job_status, known.job_status.read(raw, free_text)),
            C::EmailHash | C::PhoneHash => return self.read_hash(column, cell, raw),
        };
        if bad {
            self.bad.push(BadCell { code: invalid_code(column), column, cell });
        }
    }

    /// Reads one cell of a column that `schemas.json` speaks of.
    fn read_special(&mut self, column: ReportColumn, cell: usize, raw: &str) {
        use ReportColumn as C;
        let client = self.client;
        let rule = client.reports.rule(column);
        if by_rule::is_placeholder(raw, rule) {
            return;
        }
        let (row, known) = (&mut self.row, &mut self.categories);
        let bad = match (column, rule.cell_type) {
            (C::EntryDate, _) => first(&mut row.entry_date, by_rule::date(raw, rule, client.timezone)),
            (C::ApptAt, _) => first(&mut row.appt_at, by_rule::timestamp(raw, rule, client.timezone)),
            (C::Set, _) => first(&mut row.set, by_rule::boolean(raw, rule)),
            (C::Demo, _) => first(&mut row.demo, by_rule::boolean(raw, rule)),
            (C::City, CellType::Text) => first(&mut row.city, known.city.read(raw, free_text)),
            (C::State, CellType::Text) => first(&mut row.state, known.state.read(raw, free_text)),
            (C::Zip, CellType::Text) => first(&mut row.zip, known.zip.read(raw, free_text)),
            (C::LeadNumber, CellType::Text) => {
                self.write_number(text::plain(raw));
                false
            }
            _ => return self.read_cell(column, cell, raw),
        };
        if bad {
            self.bad.push(BadCell { code: invalid_code(column), column, cell });
        }
    }

    /// Takes a lead number, if the row has none yet.
    fn write_number(&mut self, read: Read<Cow<'_, str>>) {
        let number = self.row.lead_number.get_or_insert_default();
        if let (Read::Value(text), true) = (read, number.is_empty()) {
            self.keying.write_number(&text, number);
        }
    }

    fn read_hash(&mut self, column: ReportColumn, cell: usize, raw: &str) {
        let (kind, side) = match column {
            ReportColumn::EmailHash => (IdentifierKind::Email, 0),
            _ => (IdentifierKind::Phone, 1),
        };
        let mut bad = |code| self.bad.push(BadCell { code, column, cell });
        let read = hash::read_by(raw, kind, self.plain);
        match &read {
            HashRead::Null | HashRead::Hash(_) => {}
            HashRead::Junk => bad(FindingCode::JunkHash),
            HashRead::PlainText(_) => bad(FindingCode::PlaintextPii),
            HashRead::PlainJunk => {
                bad(FindingCode::PlaintextPii);
                bad(FindingCode::JunkHash);
            }
            HashRead::Invalid => bad(FindingCode::InvalidHash),
        }
        let (HashRead::Hash(hash) | HashRead::PlainText(hash)) = read else { return };
        let place = if side == 0 { &mut self.row.email } else { &mut self.row.phone };
        if place.is_none() {
            *place = Some(self.keying.key(hash.as_bytes()));
            self.row.algorithms[side] = matches!(read, HashRead::Hash(_)).then(|| hash.algorithm());
        }
    }

    /// Whether all recognised cells are null.
    pub(crate) const fn is_blank(&self) -> bool {
        let r = &self.row;
        !self.has_identity()
            && r.entry_date.is_none()
            && r.city.is_none()
            && r.state.is_none()
            && r.zip.is_none()
            && r.location.is_none()
            && r.appt_at.is_none()
            && r.set.is_none()
            && r.demo.is_none()
            && r.dispo.is_none()
            && r.job_status.is_none()
    }

    /// Whether any of email, phone and lead number is there.
    pub(crate) const fn has_identity(&self) -> bool {
        self.row.email.is_some() || self.row.phone.is_some() || self.row.lead_number.is_some()
    }

    /// Whether the row's own cell of a column is informative (1.9).
    pub(crate) fn is_informative(&self, column: ReportColumn) -> bool {
        let r = &self.row;
        match column {
            ReportColumn::EntryDate => r.entry_date.is_some(),
            ReportColumn::LeadNumber => r.lead_number.is_some(),
            ReportColumn::EmailHash => r.email.is_some(),
            ReportColumn::PhoneHash => r.phone.is_some(),
            ReportColumn::City => r.city.is_some(),
            ReportColumn::State => r.state.is_some(),
            ReportColumn::Zip => r.zip.is_some(),
            ReportColumn::Location => r.location.is_some(),
            ReportColumn::ApptAt => r.appt_at.is_some(),
            ReportColumn::Set => r.set == Some(true),
            ReportColumn::Demo => r.demo == Some(true),
            ReportColumn::Dispo => r.dispo.is_some(),
            ReportColumn::JobStatus => r.job_status.is_some(),
        }
    }

    /// Fills a missing city or state from `location` (1.6).
    pub(crate) fn fill_from_location(&mut self) {
        let Some(location) = self.row.location else { return };
        if self.row.city.is_some() && self.row.state.is_some() {
            return;
        }
        let (city, state) = place::split_location(self.categories.location.text(location));
        if let (None, Some(city)) = (self.row.city, city) {
            self.row.city = Some(self.categories.city.intern(&city));
        }
        if let (None, Some(state)) = (self.row.state, state) {
            self.row.state = Some(self.categories.state.intern(state));
        }
    }

    /// What the row adds to the counts of its file, which has the columns `present`. To be asked before
    /// [`Self::fill_from_location`].
    pub(crate) fn says(&self, present: ColumnSet) -> Says {
        let row = &self.row;
        Says {
            informative: present.iter().filter(|column| self.is_informative(*column)).collect(),
            set: row.set == Some(true),
            demo: row.demo == Some(true),
            entry_date: row.entry_date,
            algorithms: row.algorithms,
        }
    }

    /// Digest of all canonical columns; equal rows have equal digests (1.7, `duplicate`).
    pub(crate) fn digest(&mut self) -> u128 {
        let (r, known, out) = (&self.row, &self.categories, &mut self.laid_out);
        out.clear();
        for number in [r.entry_date.map(i64::from), r.appt_at] {
            out.push(u8::from(number.is_some()));
            out.extend_from_slice(&number.unwrap_or_default().to_le_bytes());
        }
        for flag in [r.set, r.demo] {
            out.push(flag.map_or(2, u8::from));
        }
        for key in [r.email, r.phone] {
            out.push(u8::from(key.is_some()));
            out.extend_from_slice(&key.map_or([0; 32], |key| key.0));
        }
        for (category, value) in [
            (&known.city, r.city),
            (&known.state, r.state),
            (&known.zip, r.zip),
            (&known.location, r.location),
            (&known.dispo, r.dispo),
            (&known.job_status, r.job_status),
        ] {
            out.push(u8::from(value.is_some()));
            out.extend_from_slice(&category.digest(value).to_le_bytes());
        }
        // The only one of any length, so it stands last.
        out.push(u8::from(r.lead_number.is_some()));
        out.extend_from_slice(r.lead_number.as_deref().unwrap_or_default().as_bytes());
        digest(out)
    }
}

/// Reads free text; an identifier of a person that was typed into it is masked (promise 9).
fn free_text(raw: &str) -> Read<Cow<'_, str>> {
    masked(text::plain(raw))
}

fn masked(read: Read<Cow<'_, str>>) -> Read<Cow<'_, str>> {
    match read {
        Read::Value(text) => Read::Value(redact::free_text(text)),
        other => other,
    }
}

/// Takes a value into an empty place; true if the cell was invalid.
fn first<T>(place: &mut Option<T>, read: Read<T>) -> bool {
    match read {
        Read::Value(value) => {
            place.get_or_insert(value);
            false
        }
        Read::Null => false,
        Read::Invalid => true,
    }
}

/// The finding of a cell that its column's type cannot read.
const fn invalid_code(column: ReportColumn) -> FindingCode {
    match column {
        ReportColumn::EntryDate => FindingCode::InvalidDate,
        ReportColumn::ApptAt => FindingCode::InvalidTimestamp,
        ReportColumn::Set | ReportColumn::Demo => FindingCode::InvalidBoolean,
        ReportColumn::State => FindingCode::InvalidState,
        ReportColumn::Zip => FindingCode::InvalidZip,
        _ => FindingCode::InvalidHash,
    }
}

#[cfg(test)]
mod tests;
