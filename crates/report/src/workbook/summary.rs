//! The first sheet: headline, funnel, every metric, and what changed since the run before.

use leadq_metrics::{Metric, Rate, Value};
use rust_xlsxwriter::{Chart, ChartDataLabel, ChartSolidFill, ChartType, Workbook, Worksheet, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, Place, column, table, within};
use crate::Analysis;
use crate::definitions::label;
use crate::figures::{between, counted, time};
use crate::page::{doubts, stages};

/// The most clients whose latest snapshot is told.
const MOST_CLIENTS: usize = 20;
/// About the characters of a line over the columns that the caution takes.
const CHARACTERS: usize = 115;

/// Adds the sheet.
pub(super) fn add(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
) -> Result<(), XlsxError> {
    let name = names.of("Summary");
    let sheet = workbook.add_worksheet().set_name(&name)?;
    for (index, width) in [26.0, 14.0, 14.0, 12.0, 12.0, 12.0].into_iter().enumerate() {
        sheet.set_column_width(column(index), width)?;
    }
    headline(sheet, formats, analysis)?;
    let stages = funnel(sheet, formats, &name, analysis)?;
    let columns: [Column<'_>; 4] = [("Metric", 0.0), ("Value", 0.0), ("95 % from", 0.0), ("95 % to", 0.0)];
    let rows = analysis.counts.metrics();
    let metrics = table(sheet, formats, (stages.last + 2, &columns), rows.iter().map(metric))?;
    bridge(sheet, formats, analysis, metrics.last + 2)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The rate, of how many leads, as of when.
fn headline(sheet: &mut Worksheet, formats: &Formats, analysis: &Analysis) -> Result<(), XlsxError> {
    let counts = &analysis.counts;
    sheet.set_row_height(0, 24)?.set_row_height(1, 40)?;
    sheet.write_string_with_format(0, 0, "Leads report", &formats.title)?;
    match Rate::of(counts.set, counts.delivered) {
        Some(rate) => {
            sheet.write_number_with_format(1, 0, rate.value, &formats.large)?;
            let delivered = counted(counts.delivered, "lead", "leads");
            let words = format!(
                "of {delivered} delivered became an appointment; very likely (95 %) {}",
                between(rate)
            );
            sheet.write_string_with_format(2, 0, words, &formats.remark)?
        }
        None => sheet.write_string_with_format(1, 0, "No leads yet", &formats.title)?,
    };
    let reach = analysis.clients.iter().take(MOST_CLIENTS).map(|client| {
        let at = client.latest_snapshot.map_or_else(|| "no report yet".to_owned(), time);
        format!("{}: {at} ({})", analysis.client_name(&client.id), client.timezone)
    });
    let reach = reach.collect::<Vec<_>>().join("; ");
    let run = format!(
        "Run {}, committed {}. {reach}",
        analysis.run,
        analysis.committed_at.format("%Y-%m-%d %H:%M UTC")
    );
    sheet.write_string_with_format(3, 0, within(&run), &formats.remark)?;
    let doubts = doubts(analysis).join(" ");
    if !doubts.is_empty() {
        // Merged cells do not grow with their text.
        let lines = doubts.chars().count() / CHARACTERS + 1;
        sheet.set_row_height(4, 15 * u32::try_from(lines).unwrap_or(1).min(25))?;
        sheet.merge_range(
            4,
            0,
            4,
            9,
            &within(&format!("How far to trust it: {doubts}")),
            &formats.caution,
        )?;
    }
    Ok(())
}

/// The stages, as a table and as bars.
fn funnel(
    sheet: &mut Worksheet,
    formats: &Formats,
    name: &str,
    analysis: &Analysis,
) -> Result<Place, XlsxError> {
    let stages = stages(&analysis.counts);
    let rows = stages.iter().map(|stage| {
        let rate = stage.of.and_then(|(_, of)| Rate::of(stage.count, of));
        let count = [Cell::text(label(stage.name)), Cell::Count(stage.count)];
        count.into_iter().chain(limits(rate)).collect()
    });
    let columns: [Column<'_>; 5] =
        [("Stage", 0.0), ("Leads", 0.0), ("Of the one before", 0.0), ("95 % from", 0.0), ("95 % to", 0.0)];
    let place = table(sheet, formats, (6, &columns), rows)?;
    if analysis.counts.delivered > 0 {
        let mut chart = Chart::new(ChartType::Bar);
        let series = chart.add_series();
        series.set_categories((name, place.first, 0, place.last, 0)).set_values((
            name,
            place.first,
            1,
            place.last,
            1,
        ));
        series.set_format(ChartSolidFill::new().set_color("#0072B2")).set_gap(40);
        series.set_data_label(ChartDataLabel::new().show_value());
        chart.title().set_name("From lead to sale");
        chart.legend().set_hidden();
        chart.x_axis().set_hidden(true).set_major_gridlines(false);
        chart.y_axis().set_reverse();
        chart.set_width(520).set_height(300).set_alt_text("Leads by stage, from delivered to sold");
        sheet.insert_chart(6, 7, &chart)?;
    }
    Ok(place)
}

/// A rate and its limits, as cells.
fn limits(rate: Option<Rate>) -> [Cell; 3] {
    [|rate: Rate| rate.value, |rate: Rate| rate.low, |rate: Rate| rate.high]
        .map(|of| Cell::maybe(rate, |rate| Cell::Share(of(rate))))
}

fn metric(metric: &Metric) -> Vec<Cell> {
    let name = Cell::text(label(metric.name));
    match metric.value {
        Value::Count(count) => vec![name, Cell::maybe(count, Cell::Count)],
        Value::Rate(rate) => std::iter::once(name).chain(limits(rate)).collect(),
        Value::Money(amount) => vec![name, Cell::maybe(amount, Cell::Money)],
    }
}

/// From the numbers of the run before to these.
fn bridge(sheet: &mut Worksheet, formats: &Formats, analysis: &Analysis, top: u32) -> Result<(), XlsxError> {
    let Some(before) = &analysis.before else { return Ok(()) };
    let columns: [Column<'_>; 6] = [
        ("Since the run before", 0.0),
        ("Delivered", 0.0),
        ("Matched", 0.0),
        ("Set", 0.0),
        ("Demos", 0.0),
        ("Sold", 0.0),
    ];
    let total = |name: String, counts: &leadq_metrics::Counts| {
        vec![
            Cell::Text(name),
            Cell::Count(counts.delivered),
            Cell::maybe(counts.matched, Cell::Count),
            Cell::Count(counts.set),
            Cell::Count(counts.demos),
            Cell::maybe(counts.sold, Cell::Count),
        ]
    };
    let changes = before.bridge.iter().map(|row| {
        let changes = [row.delivered, row.matched, row.set, row.demos, row.sold];
        std::iter::once(Cell::text(&row.cause)).chain(changes.map(Cell::Change)).collect()
    });
    let first = total(format!("Run {}", before.run), &before.counts);
    let last = total(format!("Run {}, this one", analysis.run), &analysis.counts);
    table(sheet, formats, (top, &columns), std::iter::once(first).chain(changes).chain([last]))?;
    Ok(())
}
