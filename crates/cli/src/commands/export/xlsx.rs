//! Tables as one workbook, a sheet a table: written row by row, so that memory does not grow with it.

use std::io::BufWriter;
use std::path::Path;

use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{NaiveDate, NaiveDateTime};
use futures::TryStreamExt;
use leadq_contract::Table;
use leadq_pipeline::View;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::exported;
use crate::cells::{self, Cell};
use crate::failure::Outcome;
use crate::output::{self, Partial, thousands, unwritable};
use crate::rows::joined;
use crate::settings::shown;

/// Rows that a sheet of Excel holds, the header among them.
const SHEET_ROWS: u32 = 1_048_576;
/// UTF-16 units that a cell of Excel holds.
const CELL_UNITS: usize = 32_767;
/// Stands where the rest of a longer text was.
const CUT: &str = " … [cut]";
/// Widths of columns, in characters.
const WIDTHS: (usize, usize) = (8, 48);
/// Room for the button of the filter beside a header.
const BUTTON: usize = 3;
/// Rows whose texts decide the widths.
const MEASURED: u32 = 1_000;
/// Integers beyond this do not keep their digits in Excel.
const EXACT: u64 = 1_000_000_000_000_000;

/// Writes tables as a workbook and tells of each.
pub(super) async fn export(view: &View<'_>, tables: &[Table], path: &Path, scratch: &Path) -> Outcome<()> {
    let partial = Partial::beside(path)?;
    let failed = |error: XlsxError| unwritable(path, &error);
    let mut book = Book::new(scratch).map_err(failed)?;
    let mut told = String::new();
    for table in tables {
        let schema = exported(view, *table);
        let mut sheet = book.begin(table.name(), &schema).map_err(failed)?;
        let mut batches = view.table(*table).await?.batches;
        while let Some(batch) = batches.try_next().await? {
            book.write(&mut sheet, &batch, SHEET_ROWS).map_err(failed)?;
        }
        told.push_str(&format!("{}: {} rows\n", table.name(), thousands(sheet.written)));
        book.end(&sheet).map_err(failed)?;
    }
    book.workbook.save_to_writer(BufWriter::new(partial.file())).map_err(failed)?;
    partial.keep()?;
    output::print(&format!("{told}written to {}\n", shown(path)))
}

/// A workbook while it is written.
struct Book {
    workbook: Workbook,
    header: Format,
    date: Format,
    time: Format,
    instant: Format,
}

/// The sheet that is written at present.
struct Sheet {
    name: String,
    columns: Vec<Column>,
    /// Rows of the table so far, in this sheet and those before.
    written: u64,
    /// Sheets of the table so far.
    part: u32,
    /// Row that comes next.
    next: u32,
}

struct Column {
    name: String,
    width: usize,
    /// Of an exact number.
    decimals: Option<Format>,
}

impl Column {
    fn new(name: &str, data_type: &DataType) -> Self {
        let decimals = match data_type {
            DataType::Decimal128(_, scale) if *scale > 0 => {
                // Cents of money; more only where there are more.
                let further = "#".repeat(usize::from(scale.unsigned_abs()).saturating_sub(2));
                Some(Format::new().set_num_format(format!("#,##0.00{further}")))
            }
            _ => None,
        };
        Self { name: name.to_owned(), width: name.chars().count() + BUTTON, decimals }
    }
}

impl Book {
    fn new(scratch: &Path) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(scratch)?;
        Ok(Self {
            workbook,
            header: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss\"Z\""),
        })
    }

    /// Begins the first sheet of a table.
    fn begin(&mut self, name: &str, schema: &Schema) -> Result<Sheet, XlsxError> {
        let columns = schema.fields().iter().map(|field| Column::new(field.name(), field.data_type()));
        let mut sheet =
            Sheet { name: name.to_owned(), columns: columns.collect(), written: 0, part: 0, next: 0 };
        self.open(&mut sheet)?;
        Ok(sheet)
    }

    /// Opens the next sheet of a table, with its header.
    fn open(&mut self, sheet: &mut Sheet) -> Result<(), XlsxError> {
        sheet.part += 1;
        let name = match sheet.part {
            1 => sheet.name.clone(),
            part => format!("{} ({part})", sheet.name),
        };
        let page = self.workbook.add_worksheet_with_constant_memory()?;
        page.set_name(name)?.set_freeze_panes(1, 0)?;
        for (place, column) in (0..).zip(&sheet.columns) {
            page.write_string_with_format(0, place, &column.name, &self.header)?;
        }
        sheet.next = 1;
        Ok(())
    }

    /// Writes rows, beginning another sheet where one is full.
    fn write(&mut self, sheet: &mut Sheet, batch: &RecordBatch, full: u32) -> Result<(), XlsxError> {
        let columns = cells::columns(batch);
        for row in 0..batch.num_rows() {
            if sheet.next >= full {
                self.end(sheet)?;
                self.open(sheet)?;
            }
            for (place, column) in (0..).zip(&columns) {
                self.cell(sheet, place, &column.cell(row))?;
            }
            sheet.next += 1;
            sheet.written += 1;
        }
        Ok(())
    }

    /// Sets what is known of a sheet only when it is full.
    fn end(&mut self, sheet: &Sheet) -> Result<(), XlsxError> {
        let page = last(&mut self.workbook)?;
        let columns = u16::try_from(sheet.columns.len()).unwrap_or(u16::MAX);
        page.autofilter(0, 0, sheet.next - 1, columns.saturating_sub(1))?;
        for (place, column) in (0..).zip(&sheet.columns) {
            let width = u32::try_from(column.width.clamp(WIDTHS.0, WIDTHS.1)).unwrap_or_default();
            page.set_column_width(place, width)?;
        }
        Ok(())
    }

    /// Writes a cell as what it is; text is text, whatever it looks like.
    fn cell(&mut self, sheet: &mut Sheet, place: u16, cell: &Cell<'_>) -> Result<(), XlsxError> {
        let (row, column) = (sheet.next, &mut sheet.columns[usize::from(place)]);
        let page = last(&mut self.workbook)?;
        let number = match cell {
            Cell::Null => return Ok(()),
            Cell::Boolean(yes) => return page.write_boolean(row, place, *yes).map(drop),
            #[expect(clippy::cast_precision_loss, reason = "up to here every integer is exact")]
            Cell::Integer(number) if number.unsigned_abs() <= EXACT => Some((*number as f64, None)),
            Cell::Float(number) if number.is_finite() => Some((*number, None)),
            Cell::Decimal(digits) if digits.len() <= 15 => {
                digits.parse().ok().map(|number| (number, column.decimals.as_ref()))
            }
            Cell::Date(date) => serial(date.and_time(chrono::NaiveTime::MIN)).map(|n| (n, Some(&self.date))),
            Cell::Wall(time) => serial(*time).map(|n| (n, Some(&self.time))),
            Cell::Instant(time) => serial(*time).map(|n| (n, Some(&self.instant))),
            _ => None,
        };
        let length = match (number, cell) {
            (Some(_), Cell::Wall(_) | Cell::Instant(_)) => 21,
            (Some(_), _) => 12,
            (None, _) => 0,
        };
        column.width = column.width.max(length);
        match number {
            Some((number, Some(format))) => page.write_number_with_format(row, place, number, format)?,
            Some((number, None)) => page.write_number(row, place, number)?,
            None => {
                let text = text(cell);
                if row <= MEASURED {
                    column.width = column.width.max(text.chars().count().min(WIDTHS.1) + 1);
                }
                page.write_string(row, place, text)?
            }
        };
        Ok(())
    }
}

/// The sheet that was opened last.
fn last(workbook: &mut Workbook) -> Result<&mut Worksheet, XlsxError> {
    let place = workbook.worksheets().len().saturating_sub(1);
    workbook.worksheet_from_index(place)
}

/// Days since the end of 1899, as Excel counts them; nothing for times that it cannot show.
fn serial(time: NaiveDateTime) -> Option<f64> {
    let (zero, first) = (NaiveDate::from_ymd_opt(1899, 12, 30)?, NaiveDate::from_ymd_opt(1900, 3, 1)?);
    let last = NaiveDate::from_ymd_opt(9999, 12, 31)?;
    let date = time.date();
    let days = i32::try_from((date - zero).num_days()).ok().filter(|_| (first..=last).contains(&date))?;
    let seconds = chrono::Timelike::num_seconds_from_midnight(&time);
    let fraction = f64::from(chrono::Timelike::nanosecond(&time)) / 1e9;
    Some(f64::from(days) + (f64::from(seconds) + fraction) / 86_400.0)
}

/// A cell as text that a sheet takes: without what XML has no place for, and no longer than a cell.
fn text(cell: &Cell<'_>) -> String {
    let text = match cell {
        Cell::List(_) => joined(cell).into(),
        other => other.text().unwrap_or_default(),
    };
    let no_text =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}');
    let clean = text.replace(no_text, "\u{fffd}");
    if clean.encode_utf16().count() <= CELL_UNITS {
        return clean;
    }
    let mut room = CELL_UNITS - CUT.encode_utf16().count();
    let fits = |c: &char| {
        let left = room.checked_sub(c.len_utf16());
        room = left.unwrap_or_default();
        left.is_some()
    };
    let kept: String = clean.chars().take_while(fits).collect();
    kept + CUT
}

#[cfg(test)]
mod tests;
