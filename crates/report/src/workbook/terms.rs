//! What the words mean.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, WORDS_WIDTH, fill};
use crate::definitions::{METRICS, TERMS};

const COLUMNS: [Column<'static>; 3] =
    [("Word", 30.0), ("Name in output", 24.0), ("What it means", WORDS_WIDTH)];

/// Adds the sheet.
pub(super) fn add(workbook: &mut Workbook, formats: &Formats, names: &mut Names) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet().set_name(names.of("Definitions"))?;
    let metrics = METRICS
        .iter()
        .map(|metric| vec![Cell::text(metric.label), Cell::text(metric.name), Cell::Words(metric.text)]);
    let terms = TERMS.iter().map(|(term, text)| vec![Cell::text(term), Cell::Nothing, Cell::Words(text)]);
    let rows: Vec<_> = metrics.chain(terms).collect();
    fill(sheet, formats, &COLUMNS, rows.into_iter(), (super::ROWS, "the page"))?;
    Ok(())
}
