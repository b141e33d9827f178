//! How results are printed: tables for people, JSON and CSV for programs.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::Value as Json;
use tempfile::NamedTempFile;

use leadq_report::figures::is_direction;
pub(crate) use leadq_report::figures::{money, percent, thousands};

use crate::failure::{Failure, Outcome};
use crate::settings::shown;

/// Width of tables where there is no terminal to ask.
const WIDTH: u16 = 80;

/// Form of what a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON value.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// Form of what a command prints that answers with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RowsFormat {
    /// For people.
    Table,
    /// JSON.
    Json,
    /// Comma-separated values with a header.
    Csv,
    /// An Apache Parquet file, to be redirected to one.
    Parquet,
}

/// A file beside its place, which it takes when it is whole.
pub(crate) struct Partial {
    file: NamedTempFile,
    path: PathBuf,
}

impl Partial {
    /// Begins a file in the folder of its place.
    pub(crate) fn beside(path: &Path) -> Outcome<Self> {
        let folder =
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mut partial = tempfile::Builder::new();
        partial.prefix(".leadq-export");
        #[cfg(unix)]
        partial.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let file = partial.tempfile_in(folder).map_err(|error| unwritable(path, &error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The file, to write to.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Puts it in its place.
    pub(crate) fn keep(self) -> Outcome<()> {
        let kept = self.file.persist(&self.path);
        kept.map(drop).map_err(|error| unwritable(&self.path, &error.error))
    }

    /// Writes all of it, and puts it in its place.
    pub(crate) fn write(self, bytes: &[u8]) -> Outcome<()> {
        self.file().write_all(bytes).map_err(|error| unwritable(&self.path, &error))?;
        self.keep()
    }
}

/// A file cannot be written.
pub(crate) fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot write {}: {error}", shown(path)))
        .help("name a folder that can be written, with room on its disk")
}

/// Prints text for people. A terminal would obey control characters that somebody wrote into a cell.
pub(crate) fn print(text: &str) -> Outcome<()> {
    write(visible(text).as_bytes())
}

/// Text without what a terminal would obey, and without marks that turn its direction; lines stay.
pub(crate) fn visible(text: &str) -> String {
    text.replace(|c: char| (c.is_control() && c != '\n') || is_direction(c), "\u{fffd}")
}

/// JSON in which what a terminal would obey is escaped: only strings can hold it.
fn escaped(json: &str) -> String {
    let hidden = |c: char| (c.is_control() && c != '\n') || is_direction(c);
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if hidden(c) { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
    }
    text
}

/// Stdout for output that is written while it is made. A reader that went away is no error: whoever writes
/// looks whether it has, and stops.
pub(crate) struct Out {
    inner: BufWriter<Stdout>,
    gone: Gone,
}

/// Whether the reader of stdout went away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gone(Arc<AtomicBool>);

impl Gone {
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Out {
    pub(crate) fn stdout() -> Self {
        Self { inner: BufWriter::with_capacity(1 << 16, std::io::stdout()), gone: Gone::default() }
    }

    /// Tells later whether the reader went away.
    pub(crate) fn gone(&self) -> Gone {
        self.gone.clone()
    }

    fn passed<T>(&self, done: std::io::Result<T>, instead: T) -> std::io::Result<T> {
        match done {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                self.gone.0.store(true, Ordering::Relaxed);
                Ok(instead)
            }
            done => done,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let done = self.inner.write(bytes);
        self.passed(done, bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let done = self.inner.flush();
        self.passed(done, ())
    }
}

/// Writes to stdout. A reader that went away is no error.
pub(crate) fn write(bytes: &[u8]) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::environment(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON value.
pub(crate) fn print_json(value: &Json) -> Outcome<()> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::bug)?;
    write(format!("{}\n", escaped(&text)).as_bytes())
}

/// Prints a JSON list while its items are made, one a line.
pub(crate) fn print_json_list(items: impl Iterator<Item = Json>) -> Outcome<()> {
    let mut out = Out::stdout();
    let gone = out.gone();
    let write = || -> std::io::Result<()> {
        out.write_all(b"[")?;
        let mut before = "\n";
        for item in items {
            write!(out, "{before}{}", escaped(&item.to_string()))?;
            before = ",\n";
            if gone.is() {
                return Ok(());
            }
        }
        out.write_all(if before == "\n" { b"]\n" } else { b"\n]\n" })?;
        out.flush()
    };
    write().map_err(|error| Failure::environment(format!("cannot write to stdout: {error}")))
}

/// Prints rows as CSV, as they are; see [`inert`] for text that a spreadsheet would take for a formula.
pub(crate) fn print_csv(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Outcome<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(Failure::bug)?;
    for row in rows {
        writer.write_record(row).map_err(Failure::bug)?;
    }
    let bytes = writer.into_inner().map_err(Failure::bug)?;
    write(&bytes)
}

/// A table for people, as wide as the terminal, at most; 80 columns where there is none.
pub(crate) fn table(header: &[&str], numeric: &[usize]) -> Table {
    let style = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    table.set_header(header.iter().map(Cell::new));
    for index in numeric {
        if let Some(column) = table.column_mut(*index) {
            // A number that is cut in two cannot be read: words wrap instead.
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

/// The width of a table that is as wide as may be.
pub(crate) fn width() -> usize {
    table(&[], &[]).width().map_or(usize::from(WIDTH), usize::from)
}

/// A paragraph within the width of a table, each line some columns in.
pub(crate) fn indented(text: &str, columns: usize) -> String {
    let indent = " ".repeat(columns);
    format!("{}\n", textwrap::fill(text, wrapped(&indent, &indent)))
}

/// A paragraph beside a label, within the width of a table.
pub(crate) fn labelled(indent: usize, label: &str, text: &str) -> String {
    let head = format!("{}{label:<13}", " ".repeat(indent));
    let hanging = " ".repeat(indent + 13);
    format!("{}\n", textwrap::fill(text, wrapped(&head, &hanging)))
}

/// Lines end at spaces only: a UUID that is cut cannot be copied.
fn wrapped<'a>(first: &'a str, others: &'a str) -> textwrap::Options<'a> {
    textwrap::Options::new(usize::from(WIDTH))
        .initial_indent(first)
        .subsequent_indent(others)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// Text that a spreadsheet program will not take for a formula.
pub(crate) fn inert(text: &str) -> std::borrow::Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_inert() {
        assert_eq!(inert("=cmd|'/c calc'!A0"), "'=cmd|'/c calc'!A0");
        assert_eq!(inert("DQ - R/P/C"), "DQ - R/P/C");
    }
}
