//! Rows as programs take them: JSON, CSV, Parquet; written batch by batch, to stdout or to a file.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::cells::{self, Cell};
use crate::failure::{Failure, Outcome};
use crate::output::{Out, RowsFormat, inert};

/// Rows of Parquet that are held before they are written.
const ROW_GROUP: usize = 1 << 17;

/// Batches as one JSON list, an object a row.
pub(crate) struct Json<W: Write> {
    out: W,
    /// Names of the columns, quoted.
    names: Vec<String>,
    any: bool,
}

impl<W: Write> Json<W> {
    pub(crate) fn new(mut out: W, schema: &Schema) -> io::Result<Self> {
        let quoted = |name: &String| {
            let mut quoted = String::new();
            cells::quote(name, &mut quoted);
            quoted
        };
        out.write_all(b"[")?;
        Ok(Self {
            out,
            names: schema.fields().iter().map(|field| quoted(field.name())).collect(),
            any: false,
        })
    }

    /// One object a line: what is long can be read line by line.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let columns = cells::columns(batch);
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            line.push_str(if std::mem::replace(&mut self.any, true) { ",\n{" } else { "\n{" });
            for (place, (name, column)) in self.names.iter().zip(&columns).enumerate() {
                if place > 0 {
                    line.push(',');
                }
                line.push_str(name);
                line.push(':');
                column.cell(row).write_json(&mut line);
            }
            line.push('}');
            self.out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Ends the list and gives back what it was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.out.write_all(if self.any { b"\n]" } else { b"]" })?;
        Ok(self.out)
    }
}

/// Batches as CSV with a header, which stands even where there are no rows.
pub(crate) struct Csv<W: Write> {
    writer: csv::Writer<W>,
    names: Vec<String>,
}

impl<W: Write> Csv<W> {
    pub(crate) fn new(out: W, schema: &Schema) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
        writer.write_record(names.iter().map(|name| inert(name).into_owned()))?;
        Ok(Self { writer, names })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let columns = cells::columns(batch);
        for row in 0..batch.num_rows() {
            for (column, name) in columns.iter().zip(&self.names) {
                let cell = column.cell(row);
                self.writer.write_field(in_csv(&cell, name).as_bytes())?;
            }
            self.writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)?.flush()
    }
}

/// A cell as text: keys as UUID or hex, lists joined, formulas inert, null empty.
fn in_csv<'a>(cell: &'a Cell<'_>, name: &str) -> Cow<'a, str> {
    match cell {
        Cell::List(_) => Cow::Owned(inert(&joined(cell)).into_owned()),
        // The one text that is the backend's own and that others join by.
        Cell::Text(text) if name.ends_with("lead_uuid") => Cow::Borrowed(text.as_ref()),
        Cell::Text(text) => inert(text),
        Cell::Record(_) => Cow::Owned(inert(&cell.text().unwrap_or_default()).into_owned()),
        other => other.text().unwrap_or_default(),
    }
}

/// The parts of a list, for people; nothing for null.
pub(crate) fn joined(cell: &Cell<'_>) -> String {
    let Cell::List(items) = cell else { return String::new() };
    items.iter().map(|item| item.text().unwrap_or_default()).collect::<Vec<_>>().join(" | ")
}

/// Batches as Parquet, in the types of a schema.
pub(crate) struct Parquet<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
}

impl<W: Write + Send> Parquet<W> {
    pub(crate) fn new(out: W, schema: SchemaRef) -> Result<Self, ArrowError> {
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(ROW_GROUP)).build();
        Ok(Self { writer: ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?, schema })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(column, field)| cast(column, field.data_type()));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)?;
        Ok(self.writer.write(&batch)?)
    }

    pub(crate) fn finish(self) -> Result<(), ArrowError> {
        Ok(self.writer.into_inner()?.flush()?)
    }
}

/// Prints batches on stdout in a form for programs.
pub(crate) enum Printer {
    Json(Json<Out>),
    Csv(Box<Csv<Out>>),
    Parquet(Box<Parquet<Out>>),
}

impl Printer {
    /// Begins to print; a form for people has no printer.
    pub(crate) fn new(format: RowsFormat, schema: &SchemaRef, out: Out) -> Outcome<Option<Self>> {
        Ok(match format {
            RowsFormat::Table => None,
            RowsFormat::Json => Some(Self::Json(Json::new(out, schema).map_err(unwritten)?)),
            RowsFormat::Csv => Some(Self::Csv(Box::new(Csv::new(out, schema).map_err(unwritten)?))),
            RowsFormat::Parquet => {
                Some(Self::Parquet(Box::new(Parquet::new(out, Arc::clone(schema)).map_err(no_parquet)?)))
            }
        })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        match self {
            Self::Json(json) => json.write(batch).map_err(unwritten),
            Self::Csv(csv) => csv.write(batch).map_err(unwritten),
            Self::Parquet(parquet) => parquet.write(batch).map_err(no_parquet),
        }
    }

    pub(crate) fn finish(self) -> Outcome<()> {
        match self {
            Self::Json(json) => {
                let end = json.finish().and_then(|mut out| out.write_all(b"\n").and_then(|()| out.flush()));
                end.map_err(unwritten)
            }
            Self::Csv(csv) => csv.finish().map_err(unwritten),
            Self::Parquet(parquet) => parquet.finish().map_err(no_parquet),
        }
    }
}

/// Refuses Parquet where a person would see its bytes.
pub(crate) fn check_terminal(format: RowsFormat) -> Outcome<()> {
    if format == RowsFormat::Parquet && io::stdout().is_terminal() {
        return Err(Failure::usage("Parquet is nothing for a terminal")
            .help("redirect it to a file: leadq … --format parquet > result.parquet"));
    }
    Ok(())
}

fn unwritten(error: impl std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot write to stdout: {error}"))
}

fn no_parquet(error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("the result cannot be written as Parquet: {error}"))
        .help("give the column another type with CAST, or take --format csv")
}
