//! Any CSV, written anew as plain CSV.

use std::io::{BufWriter, Read, Write};

use super::Found;
use super::rows::Rows;
use super::tokens::Cells;
use crate::IngestError;

/// What was rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// What was found out about the input.
    pub found: Found,
    /// Rows read and written.
    pub rows: u64,
    /// Of these, rows whose quotes did not fit, and whose cells are their likeliest reading.
    pub mended: u64,
}

/// Reads any CSV and writes its cells as UTF-8 with commas, quotes `"` that are doubled within quotes, and LF.
///
/// Every row is written, with as many cells as it had; blank lines are no rows. A cell that holds anything that a
/// reader could take for a delimiter, quote or line end is quoted, so that what is written reads back as it is.
///
/// # Errors
/// [`IngestError::Read`] if the input cannot be read, [`IngestError::Sink`] if the output cannot be written.
pub fn rewrite(input: impl Read, output: impl Write) -> Result<Rewritten, IngestError> {
    let mut rows = Rows::detect(input)?;
    let mut output = BufWriter::new(output);
    let mut written = Rewritten { found: rows.found(), rows: 0, mended: 0 };
    let mut line = String::new();
    while let Some(row) = rows.next_row()? {
        written.rows += 1;
        written.mended += u64::from(row.mended);
        line.clear();
        put(row.cells, &mut line);
        output.write_all(line.as_bytes()).map_err(|error| IngestError::Sink(error.into()))?;
    }
    output.flush().map_err(|error| IngestError::Sink(error.into()))?;
    Ok(written)
}

/// Appends a row and its line end.
fn put(cells: &Cells, line: &mut String) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        // A row of one empty cell would be a blank line.
        if (cells.len() == 1 && cell.trim().is_empty()) || cell.contains(is_special) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push('\n');
}

/// What some reader could take for more than text.
fn is_special(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, ',' | ';' | '|' | '^' | '~' | '"' | '\'' | '\\' | '\u{feff}')
}
