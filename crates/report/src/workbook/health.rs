//! The health of the data: findings, columns, files and rows.

use leadq_metrics::Rate;
use rust_xlsxwriter::{Color, ConditionalFormatCell, ConditionalFormatCellRule, Format, Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, fill};
use crate::Analysis;
use crate::page::{bucket_words, finding_title, status_words};

const FINDINGS: [Column<'static>; 8] = [
    ("Severity", 10.0),
    ("Finding", 24.0),
    ("Client", 22.0),
    ("File", 26.0),
    ("Column", 18.0),
    ("Count", 10.0),
    ("What to do", 110.0),
    ("Samples", 60.0),
];
const COLUMNS: [Column<'static>; 8] = [
    ("Report of", 17.0),
    ("Client", 22.0),
    ("File", 26.0),
    ("Column", 18.0),
    ("State", 10.0),
    ("Rows kept", 10.0),
    ("Cells that tell something", 14.0),
    ("Share", 9.0),
];
const FILES: [Column<'static>; 3] = [("What", 14.0), ("What became of it", 44.0), ("Number", 12.0)];

/// Adds the sheet of findings.
pub(super) fn findings(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
    limit: usize,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet().set_name(names.of("Findings"))?;
    let rows = analysis.findings.iter().map(|finding| {
        vec![
            Cell::text(finding.code.severity().name()),
            Cell::Text(finding_title(finding.code)),
            Cell::text(analysis.client_name(&finding.client.0)),
            Cell::maybe(finding.file.as_deref(), Cell::text),
            Cell::maybe(finding.column.as_deref(), Cell::text),
            Cell::Count(finding.count),
            Cell::text(finding.code.advice()),
            Cell::Text(finding.samples.join("; ")),
        ]
    });
    fill(sheet, formats, &FINDINGS, rows, (limit, "leadq findings"))?;
    Ok(())
}

/// Adds the sheet of columns.
pub(super) fn columns(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
    limit: usize,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet().set_name(names.of("Column health"))?;
    let rows = analysis.columns.iter().map(|row| {
        let state = match row {
            row if !row.present => "absent",
            row if row.dead => "dead",
            _ => "well",
        };
        let share = Rate::of(row.informative.min(row.kept), row.kept).filter(|_| row.present);
        vec![
            Cell::Time(row.snapshot_at),
            Cell::text(analysis.client_name(&row.client_id)),
            Cell::text(&row.file),
            Cell::text(&row.column),
            Cell::text(state),
            Cell::Count(row.kept),
            Cell::Count(row.informative),
            Cell::maybe(share, |rate| Cell::Share(rate.value)),
        ]
    });
    let place = fill(sheet, formats, &COLUMNS, rows, (limit, "leadq findings --code dead_column"))?;
    if place.rows > 0 {
        let red = Format::new().set_font_color(Color::RGB(0xA8_3F00)).set_bold();
        let dead =
            ConditionalFormatCell::new().set_rule(ConditionalFormatCellRule::EqualTo("dead")).set_format(red);
        sheet.add_conditional_format(place.first, 4, place.last, 4, &dead)?;
    }
    Ok(())
}

/// Adds the sheet of files and rows.
pub(super) fn files(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
    limit: usize,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet().set_name(names.of("Files"))?;
    let line =
        |what: &str, words: &str, count: u64| vec![Cell::text(what), Cell::text(words), Cell::Count(count)];
    let files = analysis
        .files
        .by_status
        .iter()
        .map(|(status, count)| line("report files", status_words(*status), *count));
    let rows = analysis.files.rows.iter().map(|(bucket, count)| line("rows", bucket_words(*bucket), *count));
    let rows: Vec<_> = files.chain(rows).collect();
    fill(sheet, formats, &FILES, rows.into_iter(), (limit, "leadq files"))?;
    Ok(())
}
