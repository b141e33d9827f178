//! Executes a query and prints its rows while they come.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use leadq_pipeline::ports::{Engine, Fault, PortError};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::Form;
use super::threads::Threads;
use crate::cells::{self, Cell};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Out, inert, thousands};

/// Columns narrower than this on average are no table any more: rows are shown one below the other.
const NARROWEST: usize = 9;
/// Rows of Parquet that are held before they are written.
const ROW_GROUP: usize = 1 << 17;

/// Executes a query and prints what comes of it.
pub(super) async fn show(engine: &dyn Engine, sql: &str, form: Form, limit: usize) -> Outcome<()> {
    let wrong = |error| told(error, sql);
    let threads = Threads::new()?;
    let result = threads.within(engine.query(sql)).await.map_err(wrong)?;
    let schema = renamed(&result.schema);
    let out = Out::stdout();
    let gone = out.gone();
    let mut printer = Printer::new(form, &schema, limit, out)?;
    let (mut work, mut batches) = threads.execute(result.batches);
    while let Some(batch) = batches.recv().await {
        printer.write(&batch.map_err(wrong)?)?;
        if gone.is() {
            return Ok(());
        }
    }
    if let Some(done) = work.join_next().await {
        done.map_err(Failure::bug)?;
    }
    printer.finish()
}

/// The failure of a query; one that is wrong shows where.
fn told(error: PortError, sql: &str) -> Failure {
    if error.fault != Fault::Query {
        return error.into();
    }
    let failure = Failure::usage(format!("cannot execute the query: {}", error.reason));
    let failure = failure.at("query", sql, error.place);
    match error.hint {
        Some(hint) => failure.help(hint),
        None => failure,
    }
}

/// The columns, each with a name of its own: of two that have the same, the second gets a number.
fn renamed(schema: &Schema) -> SchemaRef {
    let mut names: Vec<String> = Vec::new();
    for field in schema.fields() {
        let mut name = field.name().clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{}_{number}", field.name());
            number += 1;
        }
        names.push(name);
    }
    let fields = schema.fields().iter().zip(names);
    let fields = fields.map(|(field, name)| Field::new(name, field.data_type().clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Prints batches in one form.
enum Printer {
    Table(Page),
    Json { out: Out, names: Vec<String>, any: bool },
    Csv { writer: Box<csv::Writer<Out>>, names: Vec<String> },
    Parquet { writer: Box<ArrowWriter<Out>>, schema: SchemaRef },
}

impl Printer {
    fn new(form: Form, schema: &SchemaRef, limit: usize, mut out: Out) -> Outcome<Self> {
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(match form {
            Form::Table => Self::Table(Page::new(schema, limit)),
            Form::Json => {
                let quoted = |name: String| {
                    let mut quoted = String::new();
                    cells::quote(&name, &mut quoted);
                    quoted
                };
                out.write_all(b"[").map_err(unwritten)?;
                Self::Json { out, names: names.into_iter().map(quoted).collect(), any: false }
            }
            Form::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(names.iter().map(|name| inert(name).into_owned())).map_err(unwritten)?;
                Self::Csv { writer: Box::new(writer), names }
            }
            Form::Parquet => {
                let properties =
                    WriterProperties::builder().set_max_row_group_row_count(Some(ROW_GROUP)).build();
                let writer =
                    ArrowWriter::try_new(out, Arc::clone(schema), Some(properties)).map_err(no_parquet)?;
                Self::Parquet { writer: Box::new(writer), schema: Arc::clone(schema) }
            }
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        match self {
            Self::Table(page) => page.add(batch),
            Self::Json { out, names, any } => write_json(out, names, any, batch).map_err(unwritten)?,
            Self::Csv { writer, names } => write_csv(writer, names, batch).map_err(unwritten)?,
            Self::Parquet { writer, schema } => {
                let batch = RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec());
                writer.write(&batch.map_err(Failure::bug)?).map_err(no_parquet)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Outcome<()> {
        match self {
            Self::Table(page) => output::print(&page.text()),
            Self::Json { mut out, any, .. } => {
                let end: &[u8] = if any { b"\n]\n" } else { b"]\n" };
                out.write_all(end).and_then(|()| out.flush()).map_err(unwritten)
            }
            Self::Csv { mut writer, .. } => writer.flush().map_err(unwritten),
            Self::Parquet { writer, .. } => {
                writer.into_inner().map_err(no_parquet)?.flush().map_err(unwritten)
            }
        }
    }
}

fn unwritten(error: impl std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot write to stdout: {error}"))
}

fn no_parquet(error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("the result cannot be written as Parquet: {error}"))
        .help("give the column another type with CAST, or take --format csv")
}

/// One object a line: what is long can be read line by line.
fn write_json(out: &mut Out, names: &[String], any: &mut bool, batch: &RecordBatch) -> io::Result<()> {
    let columns = cells::columns(batch);
    let mut line = String::new();
    for row in 0..batch.num_rows() {
        line.clear();
        line.push_str(if std::mem::replace(any, true) { ",\n{" } else { "\n{" });
        for (place, (name, column)) in names.iter().zip(&columns).enumerate() {
            if place > 0 {
                line.push(',');
            }
            line.push_str(name);
            line.push(':');
            column.cell(row).write_json(&mut line);
        }
        line.push('}');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn write_csv(writer: &mut csv::Writer<Out>, names: &[String], batch: &RecordBatch) -> csv::Result<()> {
    let columns = cells::columns(batch);
    for row in 0..batch.num_rows() {
        for (column, name) in columns.iter().zip(names) {
            let cell = column.cell(row);
            let text = cell.text().unwrap_or_default();
            // As in exports: the one text that others join by stays as it is.
            let text = if cell.is_text() && name != "lead_uuid" { inert(&text) } else { text };
            writer.write_field(text.as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

/// The rows that people look at.
struct Page {
    names: Vec<String>,
    numeric: Vec<usize>,
    rows: Vec<Vec<String>>,
    limit: usize,
    /// Rows of the result, shown or not.
    all: u64,
}

impl Page {
    fn new(schema: &Schema, limit: usize) -> Self {
        let fields = schema.fields().iter().enumerate();
        let numeric = fields.filter(|(_, field)| field.data_type().is_numeric()).map(|(place, _)| place);
        Self {
            names: schema.fields().iter().map(|field| visible(field.name())).collect(),
            numeric: numeric.collect(),
            rows: Vec::new(),
            limit,
            all: 0,
        }
    }

    fn add(&mut self, batch: &RecordBatch) {
        let columns = cells::columns(batch);
        let room = self.limit.saturating_sub(self.rows.len()).min(batch.num_rows());
        let shown = |cell: Cell<'_>| cell.text().map_or_else(|| "NULL".to_owned(), |text| visible(&text));
        self.rows.extend((0..room).map(|row| columns.iter().map(|c| shown(c.cell(row))).collect()));
        self.all += batch.num_rows() as u64;
    }

    fn text(&self) -> String {
        let names: Vec<_> = self.names.iter().map(String::as_str).collect();
        let mut table = output::table(&names, &self.numeric);
        let width = table.width().map_or(80, usize::from);
        let body = if names.len() * NARROWEST > width && !self.rows.is_empty() {
            self.one_below_the_other()
        } else {
            table.add_rows(&self.rows);
            table.to_string()
        };
        format!("{body}\n{}\n", self.counted())
    }

    fn one_below_the_other(&self) -> String {
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        for (place, row) in self.rows.iter().enumerate() {
            text.push_str(&format!("── row {} ──\n", place + 1));
            for (name, value) in self.names.iter().zip(row) {
                text.push_str(&format!("{name:width$}  {value}\n"));
            }
        }
        text
    }

    fn counted(&self) -> String {
        let left = self.all - self.rows.len() as u64;
        match (self.all, left) {
            (1, 0) => "1 row".to_owned(),
            (all, 0) => format!("{} rows", thousands(all)),
            (all, left) => format!(
                "{} of {} rows, {} left out; --limit shows more, --format csv or json has all",
                thousands(all - left),
                thousands(all),
                thousands(left)
            ),
        }
    }
}

/// Text without what a terminal would obey; lines stay, for EXPLAIN.
fn visible(text: &str) -> String {
    text.replace(|c: char| (c.is_control() && c != '\n') || cells::is_direction(c), "\u{fffd}")
}
