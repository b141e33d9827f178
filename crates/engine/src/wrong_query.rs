//! What is wrong about a query, in words for whoever wrote it: no names of DataFusion's types or plans.

use std::ops::Range;

use datafusion::common::{Column, Location, SchemaError, Span};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use leadq_pipeline::ports::{Fault, PortError};

/// What else may be written than what writes.
const ALLOWED: &str = "queries only: SELECT, WITH, VALUES, EXPLAIN, SHOW TABLES, DESCRIBE; \
                       nothing that writes, changes settings or reads other files";
/// A name is meant for another if this much of it is the same.
const NEAR: f64 = 0.75;
/// Longest message that is passed on.
const LONGEST: usize = 400;

/// An error that whoever wrote the query can mend.
#[derive(Debug, PartialEq)]
pub(crate) struct WrongQuery {
    reason: String,
    hint: Option<String>,
    place: Option<Range<usize>>,
}

impl WrongQuery {
    /// What an error says of the query; nothing, if it is not the query's.
    pub(crate) fn read(error: &DataFusionError, sql: &str, tables: &[String]) -> Option<Self> {
        let wrong = match error.find_root() {
            DataFusionError::SQL(error, _) => grammar(error, sql),
            DataFusionError::SchemaError(error, _) => column(error),
            DataFusionError::Plan(message) => planned(message, tables),
            DataFusionError::NotImplemented(message) if message.contains("single SQL statement") => {
                Self::new("these are several statements").hint("give one at a time")
            }
            DataFusionError::NotImplemented(message) | DataFusionError::Execution(message) => {
                Self::new(short(message))
            }
            DataFusionError::ArrowError(error, _) => Self::new(short(&error.to_string())),
            DataFusionError::Collection(errors) => return Self::read(errors.first()?, sql, tables),
            _ => return None,
        };
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        let named = span.and_then(|span| within(sql, span));
        Some(Self { place: wrong.place.clone().or(named), ..wrong })
    }

    /// The port's error.
    pub(crate) fn told(self) -> PortError {
        let told = PortError::permanent("execute", "the query", self.reason).fault(Fault::Query);
        PortError { hint: self.hint, place: self.place, ..told }
    }

    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: None, place: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The first line of a message, within bounds.
fn short(message: &str) -> String {
    message.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
}

/// A query that cannot be read.
fn grammar(error: &ParserError, sql: &str) -> WrongQuery {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => return WrongQuery::new("it is nested too deeply"),
    };
    let (message, place) = match message.rsplit_once(" at Line: ") {
        Some((message, place)) => (message, location(place).and_then(|start| offset(sql, start))),
        None => (message, None),
    };
    let reason = short(message)
        .replace("Expected: ", "expected ")
        .replace("found: EOF", "but it ends there")
        .replace("found: ", "found ");
    // What is missing at the end is missing there.
    let start = place.unwrap_or_else(|| sql.trim_end().len());
    let length = sql[start..].chars().next().filter(|_| place.is_some()).map_or(0, char::len_utf8);
    WrongQuery { reason, hint: None, place: (!sql.is_empty()).then_some(start..start + length) }
}

/// A column that is not there, or not to be told from another.
fn column(error: &SchemaError) -> WrongQuery {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let name = field.name().to_owned();
            let of = field.relation.as_ref().map(|table| format!(" in {}", table.table()));
            let reason = format!("there is no column {name}{}", of.unwrap_or_default());
            let known: Vec<_> = valid_fields.iter().map(Column::name).map(str::to_owned).collect();
            let unknown = WrongQuery::new(reason);
            // A name in capitals has to be quoted.
            match known.iter().find(|known| known.to_lowercase() == name.to_lowercase()) {
                Some(same) => unknown.hint(format!("write \"{same}\", in double quotes")),
                None => unknown.hint(offer(&name, "the columns are", &known)),
            }
        }
        SchemaError::AmbiguousReference { field } => {
            WrongQuery::new(format!("column {} is in more than one of the tables", field.name()))
                .hint(format!("say of which: TABLE.{}", field.name()))
        }
        other => WrongQuery::new(short(&other.to_string())),
    }
}

/// A query that was read and cannot be planned.
fn planned(message: &str, tables: &[String]) -> WrongQuery {
    let refused = ["DDL not supported", "DML not supported", "Statement not supported"];
    if refused.iter().any(|words| message.starts_with(words)) {
        return WrongQuery::new("only queries are executed").hint(ALLOWED);
    }
    if message.starts_with("No SQL statements") {
        return WrongQuery::new("it is empty").hint(ALLOWED);
    }
    let name = |before: &str| message.strip_prefix(before)?.split('\'').next();
    if let (Some(name), true) = (name("table '"), message.ends_with("not found")) {
        let name = name.trim_start_matches("leadq.").trim_start_matches("tables.");
        let unknown = WrongQuery::new(format!("there is no table {name}"));
        return unknown.hint(offer(name, "files are not read; the tables are", tables));
    }
    if let Some(name) = name("Invalid function '") {
        let near = message.split("Did you mean '").nth(1).and_then(|rest| rest.split('\'').next());
        let unknown = WrongQuery::new(format!("there is no function {name}"));
        return match near {
            Some(near) => unknown.hint(format!("is {near} meant?")),
            None => unknown,
        };
    }
    WrongQuery::new(short(message))
}

/// The names there are, and the one that may be meant.
fn offer(name: &str, label: &str, known: &[String]) -> String {
    let mut known: Vec<_> = known.iter().map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let near = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), known), known))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    let all = format!("{label} {}", known.join(", "));
    near.map_or_else(|| all.clone(), |(_, near)| format!("is {near} meant? {all}"))
}

/// `2, Column: 15`
fn location(text: &str) -> Option<Location> {
    let (line, column) = text.split_once(", Column: ")?;
    Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
}

/// Byte at which a line and column is; both count from one, columns in characters.
fn offset(sql: &str, at: Location) -> Option<usize> {
    let line = usize::try_from(at.line).ok()?.checked_sub(1)?;
    let before = usize::try_from(at.column).ok()?.checked_sub(1)?;
    let start: usize = sql.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = sql.get(start..)?;
    Some(start + rest.char_indices().nth(before).map_or(rest.len(), |(byte, _)| byte))
}

fn within(sql: &str, span: Span) -> Option<Range<usize>> {
    let (start, end) = (offset(sql, span.start)?, offset(sql, span.end)?);
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let sql = "SELECT 'é',\n  a FROM t";
        assert_eq!(offset(sql, Location { line: 1, column: 11 }).map(|at| &sql[at..=at]), Some(","));
        assert_eq!(offset(sql, Location { line: 2, column: 3 }).map(|at| &sql[at..=at]), Some("a"));
        assert_eq!(offset(sql, Location { line: 9, column: 9 }), Some(sql.len()));
        assert_eq!(location("2, Column: 15"), Some(Location { line: 2, column: 15 }));
    }

    #[test]
    fn names_that_may_be_meant() {
        let known = ["dim_lead", "fact_lead_outcome"].map(str::to_owned);
        assert_eq!(
            offer("fact_lead", "there are", &known),
            "is fact_lead_outcome meant? there are dim_lead, fact_lead_outcome"
        );
        assert_eq!(offer("/etc/passwd", "there are", &known), "there are dim_lead, fact_lead_outcome");
    }
}
