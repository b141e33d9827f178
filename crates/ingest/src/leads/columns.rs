//! The columns of a leads file: found by name, cast to what they are read as (spec 1.2).

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder, TimestampMicrosecondArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Datelike};
use leadq_contract::column::normalise_header;
use leadq_contract::schema::{ColumnRule, Target};
use leadq_contract::{LeadColumn, LeadSchema, rows};

use crate::IngestError;
use crate::category::Category;
use crate::cells::{Read, by_rule, text};
use crate::forget::Search;
use crate::redact;

/// Where the columns of a leads file are.
pub(super) struct Columns<'a> {
    wanted: &'a LeadSchema,
    /// By canonical column, those that mean it: by its own name first, then from left to right.
    known: [Vec<usize>; LeadColumn::ALL.len()],
    /// By dimension, the same.
    dimensions: Vec<Vec<usize>>,
}

impl<'a> Columns<'a> {
    /// Finds the columns; `client_id` must be there unless every lead's client is known anyway.
    pub(super) fn find(
        schema: &SchemaRef,
        wanted: &'a LeadSchema,
        dimensions: &[String],
        client_known: bool,
    ) -> Result<Self, IngestError> {
        let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let known = LeadColumn::ALL.map(|column| {
            let means = |place: &usize| wanted.recognise(names[*place]) == Some(column);
            let mut places: Vec<_> = (0..names.len()).filter(means).collect();
            places.sort_by_key(|place| normalise_header(names[*place]) != normalise_header(column.name()));
            places
        });
        let has = |column: LeadColumn| !known[column as usize].is_empty();
        if !has(LeadColumn::LeadUuid) {
            return Err(IngestError::MissingLeadColumn("lead_uuid"));
        }
        if !has(LeadColumn::EmailHash) && !has(LeadColumn::PhoneHash) {
            return Err(IngestError::MissingLeadColumn("email_hash or phone_hash"));
        }
        if !client_known && !has(LeadColumn::ClientId) {
            return Err(IngestError::MissingLeadColumn("client_id, which leads of several clients need"));
        }
        let places = |dimension: &String| {
            let own = normalise_header(dimension);
            let means = |place: &usize| match wanted.target(names[*place]) {
                None => normalise_header(names[*place]) == own,
                Some(Target::Dimension(name)) => normalise_header(name) == own,
                Some(Target::Column(_) | Target::Nothing) => false,
            };
            let mut places: Vec<_> = (0..names.len()).filter(means).collect();
            places.sort_by_key(|place| normalise_header(names[*place]) != own);
            places
        };
        Ok(Self { wanted, dimensions: dimensions.iter().map(places).collect(), known })
    }

    /// By dimension, whether the file has it.
    pub(super) fn dimensions(&self) -> Vec<bool> {
        self.dimensions.iter().map(|places| !places.is_empty()).collect()
    }

    /// Positions of the columns that are read, in the file's order.
    pub(super) fn roots(&self) -> Vec<usize> {
        let mut roots: Vec<_> = self.known.iter().chain(&self.dimensions).flatten().copied().collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// The columns of a projected batch, cast to what they are read as.
    pub(super) fn pick(&self, batch: &RecordBatch) -> Result<RawLeads<'a>, IngestError> {
        let roots = self.roots();
        let column = |place: &usize| {
            roots.iter().position(|root| root == place).map(|index| batch.column(index).clone())
        };
        let texts = |places: &[usize], rule: Option<&'a ColumnRule>| -> Result<Texts<'a>, IngestError> {
            let columns = places.iter().filter_map(column).map(|array| as_text(&array));
            Ok(Texts { columns: columns.collect::<Result<_, _>>()?, rule })
        };
        let known = |c: LeadColumn| texts(&self.known[c as usize], self.wanted.special_rule(c));
        let first = |c: LeadColumn| self.known[c as usize].first().and_then(column);
        let dimensions = self.dimensions.iter().map(|places| texts(places, None));
        let times = self.wanted.rule(LeadColumn::DeliveredAt);
        Ok(RawLeads {
            rows: batch.num_rows(),
            lead_uuid: known(LeadColumn::LeadUuid)?,
            email: known(LeadColumn::EmailHash)?,
            phone: known(LeadColumn::PhoneHash)?,
            client: known(LeadColumn::ClientId)?,
            state: known(LeadColumn::State)?,
            city: known(LeadColumn::City)?,
            zip: known(LeadColumn::Zip)?,
            delivered: first(LeadColumn::DeliveredAt)
                .map(|array| Delivered::read(&array, times))
                .transpose()?,
            // A price that cannot be read would make the cost silently too small: an error of the run.
            price: first(LeadColumn::Price)
                .map(|array| cast_column(&without_placeholders(&array)?, &rows::PRICE, "price", false))
                .transpose()?,
            dimensions: dimensions.collect::<Result<_, _>>()?,
        })
    }
}

/// A batch of a leads file as it came, column by column.
pub(super) struct RawLeads<'a> {
    pub(super) rows: usize,
    pub(super) lead_uuid: Texts<'a>,
    pub(super) email: Texts<'a>,
    pub(super) phone: Texts<'a>,
    pub(super) client: Texts<'a>,
    pub(super) state: Texts<'a>,
    pub(super) city: Texts<'a>,
    pub(super) zip: Texts<'a>,
    pub(super) delivered: Option<Delivered>,
    pub(super) price: Option<ArrayRef>,
    pub(super) dimensions: Vec<Texts<'a>>,
}

impl RawLeads<'_> {
    /// Whether a cell of a row's hash columns holds a forgotten identifier.
    pub(super) fn is_of(&self, row: usize, search: &Search<'_>) -> bool {
        let columns = self.email.columns.iter().chain(&self.phone.columns);
        columns.filter(|column| column.is_valid(row)).any(|column| search.finds(column.value(row), true))
    }
}

/// The columns that mean one thing; none, if the file lacks it.
pub(super) struct Texts<'a> {
    columns: Vec<StringArray>,
    /// How its cells are read, where that is other than the default.
    rule: Option<&'a ColumnRule>,
}

impl Texts<'_> {
    /// The first cell of a row that says something; empty if none does.
    pub(super) fn cell(&self, row: usize) -> &str {
        // The usual case: whether its cell says anything is for its reader to tell.
        if let ([column], None) = (self.columns.as_slice(), self.rule) {
            return if column.is_valid(row) { column.value(row) } else { "" };
        }
        let valid = self.columns.iter().filter(|column| column.is_valid(row));
        let says = |cell: &&str| {
            !matches!(text::plain(cell), Read::Null)
                && !self.rule.is_some_and(|rule| by_rule::is_placeholder(cell, rule))
        };
        valid.map(|column| column.value(row)).find(says).unwrap_or_default()
    }

    /// The same as clean text.
    pub(super) fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        text::plain(self.cell(row)).value()
    }

    /// Clean text of every row; what was written into it of a person's identity is masked. A dimension has few texts:
    /// `known` remembers them.
    pub(super) fn masked(&self, rows: usize, known: &mut Category) -> StringArray {
        let free_text = |cell| match text::plain(cell) {
            Read::Value(text) => Read::Value(redact::free_text(text)),
            other => other,
        };
        let mut column = StringBuilder::with_capacity(rows, rows * 8);
        for row in 0..rows {
            let read = known.read(self.cell(row), free_text);
            column.append_option(read.value().map(|text| known.text(text)));
        }
        known.trim();
        column.finish()
    }
}

/// When leads were delivered, in microseconds in UTC; a naive time is UTC.
pub(super) struct Delivered {
    pub(super) instants: TimestampMicrosecondArray,
    /// Rows whose value is no time of the years 2000 to 2100, in order.
    invalid: Vec<usize>,
}

impl Delivered {
    fn read(array: &ArrayRef, rule: &ColumnRule) -> Result<Self, IngestError> {
        let mut invalid = Vec::new();
        let mut checked = |row: usize, read: Read<i64>| {
            let in_range = |micros: &i64| {
                DateTime::from_timestamp_micros(*micros)
                    .is_some_and(|time| (2000..=2100).contains(&time.year()))
            };
            let value = read.value().filter(in_range);
            if value.is_none() && read != Read::Null {
                invalid.push(row);
            }
            value
        };
        let instants = match array.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                let texts = as_text(array)?;
                let read = |text: Option<&str>| {
                    text.filter(|text| !by_rule::is_placeholder(text, rule))
                        .map_or(Read::Null, |text| by_rule::timestamp(text, rule, chrono_tz::UTC))
                };
                texts.iter().enumerate().map(|(row, text)| checked(row, read(text))).collect()
            }
            DataType::Null => TimestampMicrosecondArray::new_null(array.len()),
            DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => {
                let zone = match array.data_type() {
                    DataType::Timestamp(_, zone) => zone.clone(),
                    _ => None,
                };
                let to = DataType::Timestamp(TimeUnit::Microsecond, zone);
                let instants = cast_column(array, &to, "delivered_at", true)?;
                // The number of an instant is what is wanted; casting its zone away would make wall time of it.
                let numbers = instants.as_primitive::<TimestampMicrosecondType>();
                let read = |number: Option<i64>| number.map_or(Read::Null, Read::Value);
                numbers.iter().enumerate().map(|(row, number)| checked(row, read(number))).collect()
            }
            other => {
                return Err(IngestError::Column {
                    column: "delivered_at".to_owned(),
                    reason: format!("{other} is no time; export it as a timestamp"),
                });
            }
        };
        Ok(Self { instants, invalid })
    }

    /// When a row's lead was delivered, if that is known.
    pub(super) fn instant(&self, row: usize) -> Option<i64> {
        self.instants.is_valid(row).then(|| self.instants.value(row))
    }

    /// Whether the row has something that is no time.
    pub(super) fn is_invalid(&self, row: usize) -> bool {
        self.invalid.binary_search(&row).is_ok()
    }
}

/// A column of text with null for what says nothing (1.6); any other as it is.
fn without_placeholders(array: &ArrayRef) -> Result<ArrayRef, IngestError> {
    match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            let texts = as_text(array)?;
            let said = texts.iter().map(|cell| cell.and_then(|cell| text::plain(cell).value()));
            Ok(Arc::new(said.collect::<StringArray>()))
        }
        _ => Ok(Arc::clone(array)),
    }
}

/// Casts a column. What cannot be cast is named by its type: a cell may hold anything (promise 9).
fn cast_column(array: &ArrayRef, to: &DataType, column: &str, safe: bool) -> Result<ArrayRef, IngestError> {
    cast_with_options(array, to, &CastOptions { safe, ..CastOptions::default() }).map_err(|_| {
        let reason = format!("a value of type {} in it cannot be read as {to}", array.data_type());
        IngestError::Column { column: column.to_owned(), reason }
    })
}

fn as_text(array: &ArrayRef) -> Result<StringArray, IngestError> {
    Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
}
