//! What `schemas.json` says of columns: which headers mean which, and how their cells are read.
//!
//! The built-in defaults are spec 1.3 and 1.6; a file is laid over them, and a client's file over that.
//! `schemas.json` at the root of the repository is the defaults, written out.

mod entry;
mod file;
mod time_format;

pub use entry::{Entries, Entry};
pub use file::{Disposition, ReportSection, SchemasFile, Section};
pub use time_format::{FormatRead, TimeFormat};

use std::collections::BTreeMap;

use crate::column::{CellType, LeadColumn, ReportColumn, normalise_header};

/// Columns that a schema can speak of.
pub trait SchemaColumn: Copy + Eq + std::fmt::Debug + 'static {
    /// Whether a header may also be given to a name beyond the columns: a dimension of the leads.
    const DIMENSIONS: bool;

    /// Every column, each at its [`SchemaColumn::place`].
    fn all() -> &'static [Self];

    /// Position in [`SchemaColumn::all`].
    fn place(self) -> usize;

    /// Canonical name.
    fn name(self) -> &'static str;

    /// Recognised headers beside the canonical name.
    fn aliases(self) -> &'static [&'static str];

    /// What its cells can be read as, the default first.
    fn types(self) -> &'static [CellType];
}

/// What a header means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<C> {
    /// A canonical column.
    Column(C),
    /// A dimension of the leads, by its configured name.
    Dimension(String),
    /// No column, though it may look like one.
    Nothing,
}

/// How the cells of a column are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRule {
    /// As what.
    pub cell_type: CellType,
    /// Notations of dates, tried in order in place of the defaults; none for the defaults.
    pub formats: Vec<TimeFormat>,
    /// Words that count as null beside the defaults, tidy and in lower case.
    pub placeholders: Vec<String>,
    /// Words that mean true, before the defaults are asked.
    pub yes: Vec<String>,
    /// Words that mean false, before the defaults are asked.
    pub no: Vec<String>,
}

impl ColumnRule {
    /// The rule of spec 1.6 for a type.
    #[must_use]
    pub const fn of(cell_type: CellType) -> Self {
        Self { cell_type, formats: Vec::new(), placeholders: Vec::new(), yes: Vec::new(), no: Vec::new() }
    }

    /// Whether tidy text counts as null by this rule, beside the defaults.
    #[must_use]
    pub fn is_placeholder(&self, tidy: &str) -> bool {
        is_among(&self.placeholders, tidy)
    }

    /// What tidy text means by the words of this rule alone.
    #[must_use]
    pub fn boolean(&self, tidy: &str) -> Option<bool> {
        if is_among(&self.yes, tidy) {
            return Some(true);
        }
        is_among(&self.no, tidy).then_some(false)
    }
}

fn is_among(words: &[String], tidy: &str) -> bool {
    if words.is_empty() {
        return false;
    }
    if tidy.is_ascii() {
        return words.iter().any(|word| word.eq_ignore_ascii_case(tidy));
    }
    let tidy = tidy.to_lowercase();
    words.contains(&tidy)
}

/// Words as they are compared: tidy, in lower case, each once.
fn add_words(words: &mut Vec<String>, more: &[String]) {
    for word in more {
        let word = word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if !words.contains(&word) {
            words.push(word);
        }
    }
}

/// What a kind of file looks like, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema<C> {
    /// Normalised headers.
    headers: BTreeMap<String, Target<C>>,
    /// By [`SchemaColumn::place`].
    rules: Vec<ColumnRule>,
}

/// What a client's reports look like.
pub type ReportSchema = Schema<ReportColumn>;
/// What leads files look like.
pub type LeadSchema = Schema<LeadColumn>;

impl<C: SchemaColumn> Default for Schema<C> {
    fn default() -> Self {
        let mut schema = Self::bare();
        for column in C::all() {
            for alias in column.aliases() {
                schema.headers.insert(normalise_header(alias), Target::Column(*column));
            }
        }
        schema
    }
}

impl<C: SchemaColumn> Schema<C> {
    /// Knows the canonical names only.
    fn bare() -> Self {
        let headers = C::all().iter().map(|c| (normalise_header(c.name()), Target::Column(*c)));
        let own = |column: &C| ColumnRule::of(column.types()[0]);
        Self { headers: headers.collect(), rules: C::all().iter().map(own).collect() }
    }

    /// What a header means, if anything was said of it (compared as spec 1.4 does).
    #[must_use]
    pub fn target(&self, header: &str) -> Option<&Target<C>> {
        self.headers.get(&normalise_header(header))
    }

    /// The column that a header means, if any.
    #[must_use]
    pub fn recognise(&self, header: &str) -> Option<C> {
        match self.target(header)? {
            Target::Column(column) => Some(*column),
            Target::Dimension(_) | Target::Nothing => None,
        }
    }

    /// How a column's cells are read.
    #[must_use]
    pub fn rule(&self, column: C) -> &ColumnRule {
        &self.rules[column.place()]
    }

    /// How a column's cells are read, where that is other than the default.
    #[must_use]
    pub fn special_rule(&self, column: C) -> Option<&ColumnRule> {
        let rule = self.rule(column);
        (*rule != ColumnRule::of(column.types()[0])).then_some(rule)
    }

    /// Dimensions that a header was given to.
    pub fn dimensions(&self) -> impl Iterator<Item = &str> {
        self.headers.values().filter_map(|target| match target {
            Target::Dimension(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Lays a section of a file over this: its headers are taken away from other columns, its types and
    /// formats replace, its words are added.
    pub fn lay(&mut self, section: &Section<C>) {
        let mut with_formats = Vec::new();
        for entry in &section.entries.0 {
            for name in &entry.names {
                self.headers.insert(normalise_header(name), entry.target.clone());
            }
            let Target::Column(column) = entry.target else { continue };
            let rule = &mut self.rules[column.place()];
            if let Some(cell_type) = entry.cell_type {
                rule.cell_type = cell_type;
            }
            if !entry.formats.is_empty() {
                if !with_formats.contains(&column.place()) {
                    rule.formats.clear();
                    with_formats.push(column.place());
                }
                rule.formats.extend(entry.formats.iter().cloned());
            }
            add_words(&mut rule.placeholders, &entry.placeholders);
            add_words(&mut rule.yes, &entry.yes);
            add_words(&mut rule.no, &entry.no);
        }
        for rule in &mut self.rules {
            add_words(&mut rule.placeholders, &section.placeholders);
        }
    }
}

impl SchemaColumn for ReportColumn {
    const DIMENSIONS: bool = false;

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn place(self) -> usize {
        self.index()
    }

    fn name(self) -> &'static str {
        self.name()
    }

    fn aliases(self) -> &'static [&'static str] {
        self.aliases()
    }

    fn types(self) -> &'static [CellType] {
        self.types()
    }
}

impl SchemaColumn for LeadColumn {
    const DIMENSIONS: bool = true;

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn place(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.name()
    }

    fn aliases(self) -> &'static [&'static str] {
        self.in_reports().map_or(&[], ReportColumn::aliases)
    }

    fn types(self) -> &'static [CellType] {
        match self {
            Self::LeadUuid | Self::ClientId => &[CellType::Text],
            Self::DeliveredAt => &[CellType::Timestamp],
            Self::Price => &[CellType::Decimal],
            Self::EmailHash | Self::PhoneHash => &[CellType::Hash],
            Self::State => &[CellType::State, CellType::Text],
            Self::City => &[CellType::City, CellType::Text],
            Self::Zip => &[CellType::Zip, CellType::Text],
        }
    }
}

#[cfg(test)]
mod tests;
