//! Segments: a sheet a cut, with all of its segments.

use leadq_metrics::{Base, Counts, Segment, Segments, Value};
use rust_xlsxwriter::{Color, ConditionalFormatDataBar, Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, column, fill};
use crate::definitions::label;
use crate::page::{Stands, pooled, segment_rate, segments_title};

const MEASURES: [Column<'static>; 15] = [
    ("Leads", 10.0),
    ("Set", 9.0),
    ("Rate", 9.0),
    ("95 % from", 9.0),
    ("95 % to", 9.0),
    ("Evened-out rate", 11.0),
    ("p", 9.0),
    ("q", 9.0),
    ("Beside the others", 20.0),
    ("Demos", 9.0),
    ("Sold", 9.0),
    ("Net sold", 9.0),
    ("Cost", 12.0),
    ("Cost per set", 12.0),
    ("Cost per sale", 12.0),
];

/// Adds the sheet of a cut.
pub(super) fn add(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    segments: &Segments,
    limit: usize,
) -> Result<(), XlsxError> {
    let name = names.of(&segments_title(segments));
    let sheet = workbook.add_worksheet().set_name(&name)?;
    let dimensions: Vec<String> = segments.by.iter().map(|name| name.replace('_', " ")).collect();
    let mut columns: Vec<Column<'_>> =
        dimensions.iter().map(|name| (name.as_str(), 26.0)).chain(MEASURES).collect();
    let leads = dimensions.len();
    if segments.base == Base::Matched && leads < columns.len() {
        columns[leads].0 = label("matched");
    }
    let all = pooled(segments).unwrap_or(0.0);
    let rows = segments.rows.iter().map(|segment| row(segment, leads, all));
    let command = format!("leadq metrics --by {}", segments.by.join(","));
    let place = fill(sheet, formats, &columns, rows, (limit, &command))?;
    if place.rows > 0 {
        for offset in [2, 5] {
            let bar =
                ConditionalFormatDataBar::new().set_fill_color(Color::RGB(0xA9_CDE6)).set_solid_fill(true);
            let at = column(leads + offset);
            sheet.add_conditional_format(place.first, at, place.last, at, &bar)?;
        }
    }
    Ok(())
}

fn row(segment: &Segment, dimensions: usize, pooled: f64) -> Vec<Cell> {
    let (counts, rate, standing) = (&segment.counts, segment_rate(segment), segment.standing);
    let values =
        segment.values.iter().take(dimensions).map(|value| Cell::text(value.as_deref().unwrap_or("(none)")));
    let measures = [
        Cell::Count(counts.delivered),
        Cell::Count(counts.set),
        Cell::maybe(rate, |rate| Cell::Share(rate.value)),
        Cell::maybe(rate, |rate| Cell::Share(rate.low)),
        Cell::maybe(rate, |rate| Cell::Share(rate.high)),
        Cell::maybe(standing.shrunken_rate, Cell::Share),
        Cell::maybe(standing.p_value, Cell::Small),
        Cell::maybe(standing.q_value, Cell::Small),
        Cell::text(Stands::of(segment, pooled).words()),
        Cell::Count(counts.demos),
        Cell::maybe(counts.sold, Cell::Count),
        Cell::maybe(counts.net_sold, Cell::Count),
        Cell::maybe(counts.cost, Cell::Money),
        money(counts, "cost_per_set"),
        money(counts, "cost_per_sale"),
    ];
    values.chain(measures).collect()
}

fn money(counts: &Counts, name: &str) -> Cell {
    match counts.metric(name) {
        Some(Value::Money(Some(amount))) => Cell::Money(amount),
        _ => Cell::Nothing,
    }
}
