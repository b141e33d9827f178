//! `schemas.json` as it is written: `input_schemas`, `contractor_reports`, `leads`, and their entries.

use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::{Entries, SchemaColumn};
use crate::column::{LeadColumn, ReportColumn};
use crate::text_error::{TextError, suggestion};
use crate::vocabulary::{Outcome, Phrase};

/// A `schemas.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    input_schemas: SchemasFile,
}

/// What a `schemas.json` says, by kind of file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemasFile {
    /// Of the reports.
    pub contractor_reports: ReportSection,
    /// Of the leads.
    pub leads: Section<LeadColumn>,
}

/// What is said of one kind of file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, bound(deserialize = "C: SchemaColumn"))]
pub struct Section<C> {
    /// Headers and their columns.
    pub entries: Entries<C>,
    /// Words that count as null in every column.
    pub placeholders: Vec<String>,
}

impl<C> Default for Section<C> {
    fn default() -> Self {
        Self { entries: Entries::default(), placeholders: Vec::new() }
    }
}

/// What is said of the reports: columns, and what their words mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportSection {
    /// The columns.
    pub columns: Section<ReportColumn>,
    /// What dispositions mean (spec 2.7), tried in order before what was known.
    pub dispositions: Vec<Disposition>,
    /// Job statuses that mean cancelled (spec 2.5), beside what was known.
    pub cancelled_job_statuses: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenReports {
    entries: Entries<ReportColumn>,
    placeholders: Vec<String>,
    dispositions: Vec<Disposition>,
    cancelled_job_statuses: Vec<String>,
}

impl<'de> Deserialize<'de> for ReportSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenReports { entries, placeholders, dispositions, cancelled_job_statuses } =
            WrittenReports::deserialize(deserializer)?;
        Ok(Self { columns: Section { entries, placeholders }, dispositions, cancelled_job_statuses })
    }
}

/// Dispositions that mean one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposition {
    /// What they mean.
    #[serde(deserialize_with = "outcome")]
    pub outcome: Outcome,
    /// Whole texts.
    #[serde(default)]
    pub whole: Vec<String>,
    /// Beginnings of texts.
    #[serde(default, deserialize_with = "beginnings")]
    pub prefix: Vec<String>,
}

impl Disposition {
    /// Its phrases, the whole texts first.
    pub fn phrases(&self) -> impl Iterator<Item = Phrase> {
        let whole = self.whole.iter().map(|text| Phrase::whole(text));
        whole.chain(self.prefix.iter().map(|text| Phrase::prefix(text)))
    }
}

fn outcome<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
    struct Name;
    impl Visitor<'_> for Name {
        type Value = Outcome;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the name of an outcome")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Outcome, E> {
            let names = Outcome::ALL.map(Outcome::name);
            Outcome::from_name(text)
                .ok_or_else(|| E::custom(format!("outcome {text:?} is none; {}", suggestion(text, &names))))
        }
    }
    deserializer.deserialize_str(Name)
}

/// A prefix of nothing would mean every disposition.
fn beginnings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(D::Error::custom("a prefix is empty and fits everything; write how the texts begin"));
    }
    Ok(texts)
}

impl SchemasFile {
    /// Reads a `schemas.json`.
    ///
    /// # Errors
    /// What is wrong in it, with its place.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        serde_json::from_str::<Written>(text).map(|written| written.input_schemas).map_err(|error| {
            let message = error.to_string();
            // The place is shown; the message need not repeat it.
            let place = format!(" at line {} column {}", error.line(), error.column());
            let message = message.strip_suffix(&place).unwrap_or(&message);
            TextError::of_message(message, span(text, error.line(), error.column()))
        })
    }
}

/// The bytes of a place that is told by line and column; all of a text that ends there.
fn span(text: &str, line: usize, column: usize) -> Option<Range<usize>> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let at = (start + column.saturating_sub(1)).min(text.len().saturating_sub(1));
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at))?;
    let end = (at + 1..=text.len()).find(|end| text.is_char_boundary(*end))?;
    let opening = match text.as_bytes()[at] {
        b'"' => text[start.min(at)..at].rfind('"').map_or(at, |quote| start + quote),
        _ => at,
    };
    Some(opening..end)
}
