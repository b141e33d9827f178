//! The trend: a row a snapshot, and the rate as a line.

use leadq_metrics::{Base, TrendPoint};
use rust_xlsxwriter::{Chart, ChartLegendPosition, ChartLine, ChartType, Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, fill};
use crate::Analysis;
use crate::chart::axis::shares;
use crate::page::trend_rate;

const COLUMNS: [Column<'static>; 11] = [
    ("Report of", 17.0),
    ("Client", 22.0),
    ("Delivered", 11.0),
    ("Matched", 11.0),
    ("Set", 9.0),
    ("Rate", 9.0),
    ("95 % from", 9.0),
    ("95 % to", 9.0),
    ("Rate is of", 12.0),
    ("Demos", 9.0),
    ("Sold", 9.0),
];
const BREAKS: Column<'static> = ("What broke", 40.0);

/// Adds the sheet.
pub(super) fn add(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
    limit: usize,
) -> Result<(), XlsxError> {
    let name = names.of("Trend");
    let sheet = workbook.add_worksheet().set_name(&name)?;
    // The points of the chart come first, so that they are one range.
    let overall = analysis.overall_trend();
    let client = overall.first().and_then(|point| point.client_id.as_deref());
    let others = analysis.trend.iter().filter(|point| point.client_id.as_deref() != client);
    let points: Vec<&TrendPoint> = overall.iter().copied().chain(others).collect();
    let columns = [&COLUMNS[..], &[BREAKS]].concat();
    let rows = points.iter().map(|point| row(analysis, point));
    let place = fill(sheet, formats, &columns, rows, (limit, "leadq trend"))?;
    let charted = place.rows.min(u32::try_from(overall.len()).unwrap_or(u32::MAX));
    if charted > 0 {
        let mut chart = Chart::new(ChartType::Line);
        let last = place.first + charted - 1;
        for (column, title, width) in [(5, "rate", 2.25), (6, "95 % from", 0.75), (7, "95 % to", 0.75)] {
            let series = chart.add_series().set_name(title);
            series.set_categories((name.as_str(), place.first, 0, last, 0)).set_values((
                name.as_str(),
                place.first,
                column,
                last,
                column,
            ));
            series.set_format(ChartLine::new().set_color("#0072B2").set_width(width));
        }
        chart.title().set_name("Share of leads set, by report");
        chart.x_axis().set_num_format("d mmm").set_date_axis(true);
        let values =
            overall.iter().filter_map(|point| trend_rate(point)).flat_map(|rate| [rate.low, rate.high]);
        chart.y_axis().set_num_format("0%").set_min(shares(values, false).low);
        chart.legend().set_position(ChartLegendPosition::Bottom);
        chart
            .set_width(760)
            .set_height(340)
            .set_alt_text("Share of leads set by report, with its 95 % interval");
        sheet.insert_chart(1, 13, &chart)?;
    }
    Ok(())
}

fn row(analysis: &Analysis, point: &TrendPoint) -> Vec<Cell> {
    let (counts, rate) = (&point.counts, trend_rate(point));
    // Without times of delivery nobody knows how many had been delivered by then.
    let delivered = (point.base == Base::Delivered).then_some(counts.delivered);
    vec![
        Cell::Time(point.snapshot_at),
        Cell::text(point.client_id.as_deref().map_or("all clients", |id| analysis.client_name(id))),
        Cell::maybe(delivered, Cell::Count),
        Cell::maybe(counts.matched, Cell::Count),
        Cell::Count(counts.set),
        Cell::maybe(rate, |rate| Cell::Share(rate.value)),
        Cell::maybe(rate, |rate| Cell::Share(rate.low)),
        Cell::maybe(rate, |rate| Cell::Share(rate.high)),
        Cell::text(point.base.name()),
        Cell::Count(counts.demos),
        Cell::maybe(counts.sold, Cell::Count),
        Cell::Text(point.breaks.join("; ")),
    ]
}
