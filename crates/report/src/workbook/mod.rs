//! The workbook: the same numbers to work with, a sheet a subject, with native charts.

mod claims;
mod health;
mod maturation;
mod name;
mod segments;
mod sheet;
mod summary;
mod terms;
mod trend;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::Analysis;
use sheet::Formats;

/// Rows of a sheet, by Excel's limit.
const ROWS: usize = 1_048_576;

/// Segments of a sheet: a workbook is made in memory, and nobody scrolls through more.
const SEGMENTS: usize = 20_000;

/// The workbook cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be made: {0}")]
pub struct Error(#[from] XlsxError);

/// The report as an Excel workbook.
///
/// # Errors
/// If it goes beyond what a workbook can hold.
pub fn xlsx(analysis: &Analysis) -> Result<Vec<u8>, Error> {
    within(analysis, ROWS)
}

/// The workbook with so many rows a sheet at most.
pub(crate) fn within(analysis: &Analysis, rows: usize) -> Result<Vec<u8>, Error> {
    let mut workbook = Workbook::new();
    let committed = analysis.committed_at.timestamp();
    let properties = DocProperties::new().set_title("Leads report").set_author("leadq");
    workbook.set_properties(&properties.set_creation_datetime(&ExcelDateTime::from_timestamp(committed)?));
    let formats = Formats::new();
    let mut names = name::Names::default();
    summary::add(&mut workbook, &formats, &mut names, analysis)?;
    trend::add(&mut workbook, &formats, &mut names, analysis, rows)?;
    maturation::add(&mut workbook, &formats, &mut names, analysis, rows)?;
    for segments in &analysis.segments {
        segments::add(&mut workbook, &formats, &mut names, segments, rows.min(SEGMENTS))?;
    }
    claims::add(&mut workbook, &formats, &mut names, analysis, rows)?;
    health::findings(&mut workbook, &formats, &mut names, analysis, rows)?;
    health::columns(&mut workbook, &formats, &mut names, analysis, rows)?;
    health::files(&mut workbook, &formats, &mut names, analysis, rows)?;
    terms::add(&mut workbook, &formats, &mut names)?;
    Ok(workbook.save_to_buffer()?)
}
