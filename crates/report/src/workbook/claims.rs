//! Claims: the sums, and those that the data contradicts.

use rust_xlsxwriter::{Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, fill};
use crate::Analysis;
use crate::analysis::{claim_words, verdict_words};

const SUMS: [Column<'static>; 4] =
    [("The client says", 18.0), ("The data", 20.0), ("Claims", 10.0), ("Price of the leads", 18.0)];
const SINGLE: [Column<'static>; 6] = [
    ("Lead number", 18.0),
    ("Lead", 38.0),
    ("Client", 22.0),
    ("Claim", 26.0),
    ("What speaks against it", 70.0),
    ("Price", 12.0),
];

/// Adds the sheets.
pub(super) fn add(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
    limit: usize,
) -> Result<(), XlsxError> {
    let claims = &analysis.claims;
    let sheet = workbook.add_worksheet().set_name(names.of("Claims"))?;
    let rows = claims.sums.iter().map(|sum| {
        vec![
            Cell::text(claim_words(sum.kind)),
            Cell::text(verdict_words(sum.verdict)),
            Cell::Count(sum.count),
            Cell::maybe(sum.price, Cell::Money),
        ]
    });
    fill(sheet, formats, &SUMS, rows, (limit, "leadq claims"))?;
    if claims.contradicted.is_empty() {
        return Ok(());
    }
    let sheet = workbook.add_worksheet().set_name(names.of("Contradicted claims"))?;
    let rows = claims.contradicted.iter().map(|claim| {
        vec![
            Cell::maybe(claim.lead_number.as_deref(), Cell::text),
            Cell::text(&claim.lead_uuid),
            Cell::text(analysis.client_name(&claim.client_id)),
            Cell::text(&claim.dispo),
            Cell::text(&claim.evidence),
            Cell::maybe(claim.price, Cell::Money),
        ]
    });
    fill(sheet, formats, &SINGLE, rows, (limit, "leadq claims"))?;
    Ok(())
}
