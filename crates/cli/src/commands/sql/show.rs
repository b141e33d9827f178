//! Executes a query and prints its rows while they come.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use leadq_pipeline::View;
use leadq_pipeline::ports::{Fault, PortError};

use super::threads::Threads;
use crate::cells::{self, Cell};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Out, RowsFormat, thousands};
use crate::rows;

/// Columns narrower than this on average are no table any more: rows are shown one below the other.
const NARROWEST: usize = 9;

/// Executes a query and prints what comes of it.
pub(super) async fn show(view: &View<'_>, sql: &str, form: RowsFormat, limit: usize) -> Outcome<()> {
    let wrong = |error| told(error, sql);
    let threads = Threads::new()?;
    let result = threads.within(view.query(sql)).await.map_err(wrong)?;
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

/// Prints batches, for people or for programs.
enum Printer {
    Page(Page),
    Rows(rows::Printer),
}

impl Printer {
    fn new(form: RowsFormat, schema: &SchemaRef, limit: usize, out: Out) -> Outcome<Self> {
        let rows = rows::Printer::new(form, schema, out)?;
        Ok(rows.map_or_else(|| Self::Page(Page::new(schema, limit)), Self::Rows))
    }

    fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        match self {
            Self::Page(page) => page.add(batch),
            Self::Rows(rows) => rows.write(batch)?,
        }
        Ok(())
    }

    fn finish(self) -> Outcome<()> {
        match self {
            Self::Page(page) => output::print(&page.text()),
            Self::Rows(rows) => rows.finish(),
        }
    }
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
            names: schema.fields().iter().map(|field| output::visible(field.name())).collect(),
            numeric: numeric.collect(),
            rows: Vec::new(),
            limit,
            all: 0,
        }
    }

    fn add(&mut self, batch: &RecordBatch) {
        let columns = cells::columns(batch);
        let room = self.limit.saturating_sub(self.rows.len()).min(batch.num_rows());
        let shown =
            |cell: Cell<'_>| cell.text().map_or_else(|| "NULL".to_owned(), |text| output::visible(&text));
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
