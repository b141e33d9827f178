//! The first sheet: headline, funnel, every metric, and what changed since the run before.

use leadq_metrics::{Metric, Rate, Value};
use rust_xlsxwriter::{Chart, ChartType, Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, table};
use crate::Analysis;
use crate::definitions::label;
use crate::figures::{between, counted, time};
use crate::page::stages;

/// Adds the sheet.
pub(super) fn add(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
) -> Result<(), XlsxError> {
    let name = names.of("Summary");
    let sheet = workbook.add_worksheet().set_name(&name)?;
    for (column, width) in [26.0, 14.0, 12.0, 12.0, 12.0, 12.0].into_iter().enumerate() {
        sheet.set_column_width(super::sheet::column(column), width)?;
    }
    let counts = &analysis.counts;
    sheet.write_string_with_format(0, 0, "Leads report", &formats.title)?;
    match Rate::of(counts.set, counts.delivered) {
        Some(rate) => {
            sheet.write_number_with_format(1, 0, rate.value, &formats.large)?;
            let words = format!(
                "of {} delivered became an appointment; very likely (95 %) {}",
                counted(counts.delivered, "lead", "leads"),
                between(rate)
            );
            sheet.write_string_with_format(2, 0, words, &formats.remark)?;
        }
        None => {
            sheet.write_string_with_format(1, 0, "No leads yet", &formats.title)?;
        }
    }
    let reach: Vec<String> = analysis
        .clients
        .iter()
        .take(20)
        .map(|client| {
            let at = client.latest_snapshot.map_or_else(|| "no report yet".to_owned(), time);
            format!("{}: {at} ({})", analysis.client_name(&client.id), client.timezone)
        })
        .collect();
    let run = format!(
        "Run {}, committed {}. {}",
        analysis.run,
        analysis.committed_at.format("%Y-%m-%d %H:%M UTC"),
        reach.join("; ")
    );
    sheet.write_string_with_format(3, 0, run.chars().take(2_000).collect::<String>(), &formats.remark)?;

    let stages: Vec<_> = stages(counts);
    let rows = stages.iter().map(|stage| {
        let rate = stage.of.and_then(|(_, of)| Rate::of(stage.count, of));
        vec![
            Cell::text(label(stage.name)),
            Cell::Count(stage.count),
            share(rate, |r| r.value),
            share(rate, |r| r.low),
            share(rate, |r| r.high),
        ]
    });
    let columns: [Column<'_>; 5] =
        [("Stage", 0.0), ("Leads", 0.0), ("Of the stage before", 0.0), ("95 % from", 0.0), ("95 % to", 0.0)];
    let funnel = table(sheet, formats, (5, &columns), rows)?;
    if counts.delivered > 0 {
        let mut chart = Chart::new(ChartType::Bar);
        chart
            .add_series()
            .set_categories((name.as_str(), funnel.first, 0, funnel.last, 0))
            .set_values((name.as_str(), funnel.first, 1, funnel.last, 1))
            .set_gap(40);
        chart.title().set_name("From lead to sale");
        chart.legend().set_hidden();
        chart.y_axis().set_major_gridlines(false);
        chart.x_axis().set_reverse();
        chart.set_width(520).set_height(300).set_alt_text("Leads by stage, from delivered to sold");
        sheet.insert_chart(5, 7, &chart)?;
    }
    let columns: [Column<'_>; 4] = [("Metric", 0.0), ("Value", 0.0), ("95 % from", 0.0), ("95 % to", 0.0)];
    let metrics = table(sheet, formats, (funnel.last + 2, &columns), counts.metrics().iter().map(metric))?;
    bridge(sheet, formats, analysis, metrics.last + 2)?;
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn share(rate: Option<Rate>, of: fn(Rate) -> f64) -> Cell {
    Cell::maybe(rate, |rate| Cell::Share(of(rate)))
}

fn metric(metric: &Metric) -> Vec<Cell> {
    let name = Cell::text(label(metric.name));
    match metric.value {
        Value::Count(count) => vec![name, Cell::maybe(count, Cell::Count)],
        Value::Rate(rate) => {
            vec![name, share(rate, |r| r.value), share(rate, |r| r.low), share(rate, |r| r.high)]
        }
        Value::Money(amount) => vec![name, Cell::maybe(amount, Cell::Money)],
    }
}

/// From the numbers of the run before to these.
fn bridge(
    sheet: &mut rust_xlsxwriter::Worksheet,
    formats: &Formats,
    analysis: &Analysis,
    top: u32,
) -> Result<(), XlsxError> {
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
