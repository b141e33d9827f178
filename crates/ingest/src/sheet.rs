//! Rows of an Excel workbook (spec 1.1): each cell as the text that a report in CSV would have.

use std::cell::Cell;
use std::io::{self, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError,
};
use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use crate::container::ReadSeek;
use crate::raw::{RawRow, Rows, Step};

/// Cells beyond this column make a row oversized: Excel itself has no more.
const MAX_COLUMNS: u32 = 16_384;
/// The most bytes of a row's text, as of a line.
const MAX_ROW: usize = crate::lines::MAX_LINE;
/// Bytes that are kept of a row that is too large.
const SHOWN_OF_OVERSIZED: usize = 1024;
/// Stands between the cells in a row's raw text.
const BETWEEN: char = '\t';

type File<'a> = BufReader<&'a mut dyn ReadSeek>;

/// A workbook, open.
pub(crate) struct Workbook<'a>(Xlsx<File<'a>>);

impl<'a> Workbook<'a> {
    pub(crate) fn open(file: &'a mut dyn ReadSeek) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self(guarded(|| Xlsx::new(BufReader::new(file)))?))
    }

    /// Names of the sheets that are seen when the workbook is opened, in order.
    pub(crate) fn visible_sheets(&self) -> Vec<String> {
        let sheets = self.0.sheets_metadata().iter();
        let seen = sheets.filter(|s| s.visible == SheetVisible::Visible && s.typ == SheetType::WorkSheet);
        seen.map(|sheet| sheet.name.clone()).collect()
    }

    /// The rows of a sheet.
    pub(crate) fn rows(&mut self, sheet: &str) -> io::Result<SheetRows<'_, 'a>> {
        let cells = guarded(|| self.0.worksheet_cells_reader(sheet))?;
        Ok(SheetRows { cells, row: RawRow::default(), next: None, width: 0, ended: false })
    }
}

/// The rows of a sheet. Rows without values are none; below the header a short row is padded.
pub(crate) struct SheetRows<'w, 'a> {
    cells: XlsxCellReader<'w, File<'a>>,
    row: RawRow,
    /// The first cell of the next row.
    next: Option<Placed<'w>>,
    /// Cells that a row has at least.
    width: usize,
    /// The sheet has no more cells.
    ended: bool,
}

/// A cell and where it is, from 0.
struct Placed<'w> {
    row: u32,
    column: u32,
    value: DataRef<'w>,
}

impl<'w> SheetRows<'w, '_> {
    fn next_cell(&mut self) -> io::Result<Option<Placed<'w>>> {
        if let Some(cell) = self.next.take() {
            return Ok(Some(cell));
        }
        if self.ended {
            return Ok(None);
        }
        let Some(cell) = guarded(|| self.cells.next_cell())? else {
            self.ended = true;
            return Ok(None);
        };
        let (row, column) = cell.get_position();
        Ok(Some(Placed { row, column, value: cell.get_value().clone() }))
    }

    /// Ends the cell under way.
    fn end_cell(&mut self, start: usize) {
        let RawRow { text, cells, .. } = &mut self.row;
        cells.push((start as u32, text.len() as u32));
    }

    /// Appends empty cells up to `count`.
    fn pad(&mut self, count: usize) {
        while self.row.cells.len() < count {
            self.between();
            self.end_cell(self.row.text.len());
        }
    }

    fn between(&mut self) {
        if !self.row.cells.is_empty() {
            self.row.text.push(BETWEEN);
        }
    }

    /// Reads the cells of one row; `None` at the end, or whether it fits.
    fn read_row(&mut self) -> io::Result<Option<bool>> {
        let Some(mut cell) = self.next_cell()? else { return Ok(None) };
        let row = cell.row;
        self.row.line = u64::from(row) + 1;
        self.row.text.clear();
        self.row.cells.clear();
        let mut fits = true;
        loop {
            fits &= cell.column < MAX_COLUMNS && self.row.text.len() + length(&cell.value) < MAX_ROW;
            // Cells stand in order; one that does not is taken where it comes.
            if fits {
                self.pad(cell.column as usize);
                self.between();
                let start = self.row.text.len();
                write(&cell.value, &mut self.row.text);
                self.end_cell(start);
            }
            match self.next_cell()? {
                Some(next) if next.row == row => cell = next,
                next => {
                    self.next = next;
                    break;
                }
            }
        }
        self.row.lines = 1;
        self.row.is_cut = !fits;
        if !fits {
            let shown = self.row.text.floor_char_boundary(SHOWN_OF_OVERSIZED);
            self.row.text.truncate(shown);
        }
        Ok(Some(fits))
    }
}

impl Rows for SheetRows<'_, '_> {
    fn next_row(&mut self) -> io::Result<Step> {
        loop {
            match self.read_row()? {
                None => return Ok(Step::End),
                Some(false) => return Ok(Step::Oversized),
                Some(true) if self.row.cells().all(|cell| cell.trim().is_empty()) => {}
                Some(true) => {
                    self.pad(self.width);
                    return Ok(Step::Row);
                }
            }
        }
    }

    fn row(&self) -> &RawRow {
        &self.row
    }

    fn begin_body(&mut self) {
        let filled = self.row.cells().enumerate().filter(|(_, cell)| !cell.trim().is_empty());
        self.width = filled.last().map_or(0, |(last, _)| last + 1);
        self.row.cells.truncate(self.width);
    }
}

/// Bytes of a text; of other values few enough not to count.
const fn length(value: &DataRef<'_>) -> usize {
    match value {
        DataRef::String(words) | DataRef::DateTimeIso(words) | DataRef::DurationIso(words) => words.len(),
        DataRef::SharedString(words) => words.len(),
        _ => 0,
    }
}

/// A cell's value as text.
fn write(value: &DataRef<'_>, text: &mut String) {
    use std::fmt::Write;
    let _ = match value {
        DataRef::Empty => Ok(()),
        DataRef::Int(number) => write!(text, "{number}"),
        // As Excel shows it: a whole number has no fraction.
        DataRef::Float(number) => write!(text, "{number}"),
        DataRef::String(words) => text.write_str(words),
        DataRef::SharedString(words) => text.write_str(words),
        DataRef::Bool(true) => text.write_str("true"),
        DataRef::Bool(false) => text.write_str("false"),
        DataRef::DateTime(serial) => write_time(serial, text),
        DataRef::DateTimeIso(words) | DataRef::DurationIso(words) => text.write_str(words),
        // `#REF!` is no value.
        DataRef::Error(_) => Ok(()),
    };
}

/// How a date cell is written: with the month by its name, so that no notation of the client's CSV can read
/// another date in it.
const DATE: &str = "%d-%b-%Y";

/// A date, a time, or both, rounded to the second; a duration stays a number.
fn write_time(serial: &ExcelDateTime, text: &mut String) -> std::fmt::Result {
    use std::fmt::Write;
    let Some(time) = wall_time(serial).filter(|_| serial.is_datetime()) else {
        return write!(text, "{}", serial.as_f64());
    };
    if serial.as_f64() < 1.0 {
        return write!(text, "{}", time.format("%H:%M:%S"));
    }
    if time.time() == NaiveTime::MIN {
        return write!(text, "{}", time.format(DATE));
    }
    write!(text, "{} {}", time.format(DATE), time.format("%H:%M:%S"))
}

fn wall_time(serial: &ExcelDateTime) -> Option<NaiveDateTime> {
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())?;
    let time = date.and_hms_milli_opt(hour.into(), minute.into(), second.into(), milli.into())?;
    let rounded = time.checked_add_signed(Duration::milliseconds(500))?;
    chrono::Timelike::with_nanosecond(&rounded, 0)
}

thread_local! {
    /// Whether the library is at work on this thread.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is one of the library that reads workbooks: it is caught, and the file
/// rejected.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Calls the library that reads workbooks. It reads a stranger's file: what makes it panic is a damaged
/// workbook, not the end of the run.
fn guarded<T>(call: impl FnOnce() -> Result<T, XlsxError>) -> io::Result<T> {
    GUARDED.set(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(false);
    match called {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(XlsxError::Io(error))) => Err(error),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::Error::other("the workbook is damaged")),
    }
}

#[cfg(test)]
mod tests;
