//! Tables on sheets: a header that stays, a filter, widths, formats. Text is written as text, never as a formula.

use chrono::{NaiveDate, NaiveDateTime};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use crate::figures::{is_unprintable, number, thousands};

/// Characters of a cell, under Excel's limit.
const TEXT: usize = 32_000;

/// A fraction as a percentage: only all is 100 %.
const SHARE: &str = "[=1]0.0%;[>=0.9995]\">99.9%\";0.0%";

/// The width of a column of many words, in characters.
pub(super) const WORDS_WIDTH: f64 = 100.0;

/// A cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Text.
    Text(String),
    /// Text of many words, in a column of [`WORDS_WIDTH`].
    Words(&'static str),
    /// A count.
    Count(u64),
    /// A change.
    Change(i64),
    /// A fraction.
    Share(f64),
    /// An amount of money.
    Money(f64),
    /// A small number: a p- or q-value.
    Small(f64),
    /// A wall time.
    Time(NaiveDateTime),
    /// Nothing.
    Nothing,
}

impl Cell {
    /// Text.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// What may be missing.
    pub(super) fn maybe<T>(value: Option<T>, cell: impl Fn(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }

    const fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Words(_) | Self::Time(_) | Self::Nothing)
    }
}

/// Formats of cells.
pub(super) struct Formats {
    /// The name of what a sheet shows.
    pub(super) title: Format,
    /// A large number.
    pub(super) large: Format,
    /// A remark.
    pub(super) remark: Format,
    /// What to be careful about.
    pub(super) caution: Format,
    head: Format,
    head_of_numbers: Format,
    text: Format,
    words: Format,
    count: Format,
    change: Format,
    share: Format,
    money: Format,
    small: Format,
    time: Format,
}

impl Formats {
    /// All of them.
    pub(super) fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        let head = top()
            .set_bold()
            .set_text_wrap()
            .set_background_color(Color::RGB(0xE9_EDF1))
            .set_border_bottom(FormatBorder::Thin);
        Self {
            title: Format::new().set_bold().set_font_size(16),
            large: Format::new()
                .set_bold()
                .set_font_size(28)
                .set_num_format("0.0%")
                .set_align(FormatAlign::Left),
            remark: Format::new().set_font_color(Color::RGB(0x55_5F6B)),
            caution: top().set_text_wrap().set_background_color(Color::RGB(0xFF_F4E6)),
            head: head.clone().set_align(FormatAlign::Left).set_indent(1),
            head_of_numbers: head.set_align(FormatAlign::Right),
            text: top().set_align(FormatAlign::Left).set_indent(1),
            words: top().set_align(FormatAlign::Left).set_text_wrap().set_indent(1),
            count: top().set_num_format("#,##0"),
            change: top().set_num_format("+#,##0;-#,##0;0"),
            share: top().set_num_format(SHARE),
            money: top().set_num_format("#,##0.00"),
            small: top().set_num_format("0.0000"),
            time: top().set_num_format("yyyy-mm-dd hh:mm").set_align(FormatAlign::Left).set_indent(1),
        }
    }
}

/// A column: heading and width in characters.
pub(super) type Column<'a> = (&'a str, f64);

/// Where a table stands: rows and columns of its data, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The first row of data.
    pub(super) first: u32,
    /// The last row of data; before the first one if there is none.
    pub(super) last: u32,
    /// Rows of data.
    pub(super) rows: u32,
}

/// A table that fills a sheet: the header stays in view and filters; beyond `limit` rows a note says how many are left out.
pub(super) fn fill(
    sheet: &mut Worksheet,
    formats: &Formats,
    columns: &[Column<'_>],
    rows: impl ExactSizeIterator<Item = Vec<Cell>>,
    (limit, command): (usize, &str),
) -> Result<Place, XlsxError> {
    // A row for the header, and one for the note.
    let all = rows.len();
    let place = table(sheet, formats, (0, columns), rows.take(limit.saturating_sub(2)))?;
    for (index, (_, width)) in columns.iter().enumerate() {
        sheet.set_column_width(column(index), *width)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    if place.rows > 0 {
        sheet.autofilter(0, 0, place.last, column(columns.len().saturating_sub(1)))?;
    }
    let left = all.saturating_sub(place.rows as usize);
    if left > 0 {
        let note = format!("{} more rows do not fit here: {command} lists all", thousands(left as u64));
        sheet.write_string_with_format(place.last + 1, 0, note, &formats.remark)?;
    } else if all == 0 {
        sheet.write_string_with_format(1, 0, "none", &formats.remark)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    Ok(place)
}

/// A table from a row on.
pub(super) fn table(
    sheet: &mut Worksheet,
    formats: &Formats,
    (top, columns): (u32, &[Column<'_>]),
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<Place, XlsxError> {
    sheet.set_row_height(top, 32)?;
    let mut rows = rows.peekable();
    let numbers: Vec<bool> =
        rows.peek().map(|row| row.iter().map(Cell::is_number).collect()).unwrap_or_default();
    for (index, (head, _)) in columns.iter().enumerate() {
        let of_numbers = numbers.get(index).copied().unwrap_or_default();
        let format = if of_numbers { &formats.head_of_numbers } else { &formats.head };
        sheet.write_string_with_format(top, column(index), within(head), format)?;
    }
    let mut last = top;
    for row in rows {
        last += 1;
        for (index, cell) in row.into_iter().enumerate() {
            write(sheet, formats, last, column(index), cell)?;
        }
    }
    Ok(Place { first: top + 1, last, rows: last - top })
}

fn write(
    sheet: &mut Worksheet,
    formats: &Formats,
    row: u32,
    column: u16,
    cell: Cell,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string_with_format(row, column, within(&text), &formats.text)?,
        Cell::Words(text) => {
            // Not every program makes room for wrapped text by itself.
            let lines = (number(text.chars().count() as u64) / (WORDS_WIDTH * 0.9)).ceil();
            sheet.set_row_height(row, 15.0 * lines)?;
            sheet.write_string_with_format(row, column, text, &formats.words)?
        }
        Cell::Count(count) => sheet.write_number_with_format(row, column, number(count), &formats.count)?,
        #[expect(clippy::cast_precision_loss, reason = "changes of counts stay far under 2^53")]
        Cell::Change(change) => {
            sheet.write_number_with_format(row, column, change as f64, &formats.change)?
        }
        Cell::Share(share) => sheet.write_number_with_format(row, column, share, &formats.share)?,
        Cell::Money(amount) => sheet.write_number_with_format(row, column, amount, &formats.money)?,
        Cell::Small(value) => sheet.write_number_with_format(row, column, value, &formats.small)?,
        Cell::Time(at) => sheet.write_number_with_format(row, column, serial(at), &formats.time)?,
        Cell::Nothing => sheet,
    };
    Ok(())
}

/// A column's number. Tables have a few dozen columns at most.
pub(super) fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Text that a cell can hold.
pub(super) fn within(text: &str) -> String {
    let text = text.char_indices().nth(TEXT).map_or(text, |(end, _)| &text[..end]);
    text.replace(|c: char| c != '\n' && is_unprintable(c), "\u{fffd}")
}

/// Days since the end of 1899, as Excel counts.
fn serial(at: NaiveDateTime) -> f64 {
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap_or_default().and_time(chrono::NaiveTime::MIN);
    (at - epoch).as_seconds_f64() / 86_400.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_excel_counts_them() {
        // LibreOffice: =DATEVALUE("2023-04-06") is 45022.
        let day = NaiveDate::from_ymd_opt(2023, 4, 6).unwrap();
        assert_eq!(serial(day.and_hms_opt(12, 0, 0).unwrap()), 45_022.5);
    }

    #[test]
    fn rows_beyond_the_limit_are_counted() {
        let mut sheet = Worksheet::new();
        let rows = |count: u64| (0..count).map(|n| vec![Cell::Count(n)]).collect::<Vec<_>>().into_iter();
        let columns = [("n", 8.0)];
        let place = fill(&mut sheet, &Formats::new(), &columns, rows(10), (6, "leadq trend")).unwrap();
        assert_eq!(place, Place { first: 1, last: 4, rows: 4 });
        let place = fill(&mut sheet, &Formats::new(), &columns, rows(0), (6, "leadq trend")).unwrap();
        assert_eq!(place, Place { first: 1, last: 0, rows: 0 });
    }
}
