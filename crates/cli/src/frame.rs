//! Results as columns: what the analysis found, in the one form from which every output format is made.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder, StructArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Field;
use arrow::record_batch::RecordBatch;
use chrono::NaiveDateTime;
use leadq_metrics::{Counts, Value};
use serde_json::{Map, Value as Json, json};

use crate::failure::{Failure, Outcome};
use crate::output::{Out, RowsFormat};
use crate::rows;

/// Columns by name, in order.
#[derive(Debug, Default)]
pub(crate) struct Frame(Vec<(String, ArrayRef)>);

impl Frame {
    /// Adds a column of text.
    pub(crate) fn texts<T: AsRef<str>>(&mut self, name: &str, values: impl Iterator<Item = Option<T>>) {
        self.add(name, Arc::new(values.collect::<StringArray>()));
    }

    /// Adds a column of counts.
    pub(crate) fn counts(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) {
        let values = values.map(|value| value.and_then(|value| i64::try_from(value).ok()));
        self.add(name, Arc::new(values.collect::<Int64Array>()));
    }

    /// Adds a column of numbers.
    pub(crate) fn numbers(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        self.add(name, Arc::new(values.collect::<Float64Array>()));
    }

    /// Adds a column of lists of text.
    pub(crate) fn lists<'v>(&mut self, name: &str, values: impl Iterator<Item = &'v [String]>) {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for value in values {
            lists.append_value(value.iter().map(Some));
        }
        self.add(name, Arc::new(lists.finish()));
    }

    /// Adds a column of wall times.
    pub(crate) fn wall_times(&mut self, name: &str, values: impl Iterator<Item = NaiveDateTime>) {
        let micros = values.map(|time| Some(time.and_utc().timestamp_micros()));
        self.add(name, Arc::new(micros.collect::<TimestampMicrosecondArray>()));
    }

    /// Adds a column.
    pub(crate) fn add(&mut self, name: &str, values: ArrayRef) {
        self.0.push((name.to_owned(), values));
    }

    /// Adds the columns of another frame as one column of objects. `rows` is how many there are, also where
    /// the other frame has no column.
    pub(crate) fn nest(&mut self, name: &str, inner: Self, rows: usize) {
        let (fields, arrays): (Vec<_>, Vec<_>) = inner
            .0
            .into_iter()
            .map(|(name, values)| (Field::new(name, values.data_type().clone(), true), values))
            .unzip();
        let values = if arrays.is_empty() {
            StructArray::new_empty_fields(rows, None)
        } else {
            StructArray::new(fields.into(), arrays, None)
        };
        self.add(name, Arc::new(values));
    }

    /// Adds the columns of another frame.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The rows as JSON, for those that put them into something larger.
    pub(crate) fn json(self) -> Outcome<Json> {
        let batch = self.batch()?;
        let mut json = rows::Json::new(Vec::new(), &batch.schema()).map_err(Failure::bug)?;
        json.write(&batch).map_err(Failure::bug)?;
        serde_json::from_slice(&json.finish().map_err(Failure::bug)?).map_err(Failure::bug)
    }

    /// Prints an object of `about`, and the rows as its last member.
    pub(crate) fn print_json_object(self, about: &Map<String, Json>, name: &str) -> Outcome<()> {
        let unwritten = |error| Failure::environment(format!("cannot write to stdout: {error}"));
        let mut head = serde_json::to_string(about).map_err(Failure::bug)?;
        head.truncate(head.len() - 1);
        let batch = self.batch()?;
        let mut out = Out::stdout();
        write!(out, "{head},{}:", json!(name)).map_err(unwritten)?;
        let mut json = rows::Json::new(out, &batch.schema()).map_err(unwritten)?;
        json.write(&batch).map_err(unwritten)?;
        let mut out = json.finish().map_err(unwritten)?;
        out.write_all(b"}\n").and_then(|()| out.flush()).map_err(unwritten)
    }

    /// Prints the rows in a form for programs.
    pub(crate) fn print(self, format: RowsFormat) -> Outcome<()> {
        let batch = self.batch()?;
        let Some(mut printer) = rows::Printer::new(format, &batch.schema(), Out::stdout())? else {
            return Err(Failure::bug("a page is not made of columns"));
        };
        printer.write(&batch)?;
        printer.finish()
    }

    /// The columns as one batch.
    fn batch(self) -> Outcome<RecordBatch> {
        let columns = self.0.into_iter().map(|(name, values)| (name, values, true));
        RecordBatch::try_from_iter_with_nullable(columns).map_err(Failure::bug)
    }
}

/// Columns of metrics, by the names of chapter 3, built row by row: a rate with its limits behind it.
pub(crate) fn metrics<'c>(frame: &mut Frame, all: impl Iterator<Item = &'c Counts>) {
    enum Column {
        Counts(Vec<Option<i64>>),
        Rates([Vec<Option<f64>>; 3]),
        Money(Vec<Option<f64>>),
    }
    let mut columns: Vec<_> = Counts::default()
        .metrics()
        .into_iter()
        .map(|metric| {
            let column = match metric.value {
                Value::Count(_) => Column::Counts(Vec::new()),
                Value::Rate(_) => Column::Rates(Default::default()),
                Value::Money(_) => Column::Money(Vec::new()),
            };
            (metric.name, column)
        })
        .collect();
    for counts in all {
        for ((_, column), metric) in columns.iter_mut().zip(counts.metrics()) {
            match (column, metric.value) {
                (Column::Counts(values), Value::Count(count)) => {
                    values.push(count.and_then(|count| i64::try_from(count).ok()));
                }
                (Column::Money(values), Value::Money(amount)) => values.push(amount),
                (Column::Rates([values, lows, highs]), Value::Rate(rate)) => {
                    values.push(rate.map(|rate| rate.value));
                    lows.push(rate.map(|rate| rate.low));
                    highs.push(rate.map(|rate| rate.high));
                }
                _ => {}
            }
        }
    }
    for (name, column) in columns {
        match column {
            Column::Counts(values) => frame.add(name, Arc::new(Int64Array::from(values))),
            Column::Money(values) => frame.add(name, Arc::new(Float64Array::from(values))),
            Column::Rates([values, lows, highs]) => {
                frame.add(name, Arc::new(Float64Array::from(values)));
                frame.add(&format!("{name}_low"), Arc::new(Float64Array::from(lows)));
                frame.add(&format!("{name}_high"), Arc::new(Float64Array::from(highs)));
            }
        }
    }
}
