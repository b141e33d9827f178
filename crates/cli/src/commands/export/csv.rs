//! A table as CSV.

use std::borrow::Cow;
use std::io::{self, Write};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use crate::cells::{self, Cell};
use crate::output::inert;

/// Writes batches as CSV with a header, which stands even where there are no rows.
pub(super) struct Csv<W: Write> {
    writer: csv::Writer<W>,
    names: Vec<String>,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(file: W, schema: &Schema) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(file);
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
        writer.write_record(&names)?;
        Ok(Self { writer, names })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let columns = cells::columns(batch);
        for row in 0..batch.num_rows() {
            for (column, name) in columns.iter().zip(&self.names) {
                let cell = column.cell(row);
                self.writer.write_field(exported(&cell, name).as_bytes())?;
            }
            self.writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)?.flush()
    }
}

/// A cell as text: keys as UUID or hex, lists joined, formulas inert, null empty.
fn exported<'a>(cell: &'a Cell<'_>, name: &str) -> Cow<'a, str> {
    match cell {
        Cell::List(_) => Cow::Owned(inert(&joined(cell)).into_owned()),
        // The one text that is the backend's own and that others join by.
        Cell::Text(text) if name == "lead_uuid" => Cow::Borrowed(text.as_ref()),
        Cell::Text(text) => inert(text),
        other => other.text().unwrap_or_default(),
    }
}

/// The parts of a list, for people.
pub(super) fn joined(cell: &Cell<'_>) -> String {
    let Cell::List(items) = cell else { return String::new() };
    items.iter().filter_map(Cell::text).collect::<Vec<_>>().join(" | ")
}
