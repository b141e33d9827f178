//! Maturation: a row an age, a column a month, and the curve of all leads with the newest months.

use leadq_metrics::{CurvePoint, Maturation};
use rust_xlsxwriter::{Chart, ChartLine, ChartType, Workbook, XlsxError};

use super::name::Names;
use super::sheet::{Cell, Column, Formats, column, fill};
use crate::Analysis;
use crate::page::curve_at;

/// The most months in the chart.
const CHARTED: usize = 6;
/// The most months in columns.
const MONTHS: usize = 120;

/// Adds the sheet.
pub(super) fn add(
    workbook: &mut Workbook,
    formats: &Formats,
    names: &mut Names,
    analysis: &Analysis,
    limit: usize,
) -> Result<(), XlsxError> {
    let name = names.of("Maturation");
    let sheet = workbook.add_worksheet().set_name(&name)?;
    let none = Maturation::default();
    let all = analysis.maturation.first().unwrap_or(&none);
    let mut months: Vec<(&str, &[CurvePoint])> = all.followed_months().rev().take(MONTHS).collect();
    months.reverse();
    let fixed: [Column<'_>; 6] = [
        ("Age in days", 12.0),
        ("Watched", 10.0),
        ("Set at that age", 10.0),
        ("All leads", 10.0),
        ("95 % from", 10.0),
        ("95 % to", 10.0),
    ];
    let heads: Vec<Column<'_>> =
        fixed.into_iter().chain(months.iter().map(|(month, _)| (*month, 10.0))).collect();
    let rows = all.overall.iter().map(|point| row(point, &months));
    let place = fill(sheet, formats, &heads, rows, (limit, "leadq maturation"))?;
    if place.rows > 0 {
        let mut chart = Chart::new(ChartType::ScatterStraight);
        let newest = fixed.len() + months.len().saturating_sub(CHARTED);
        for index in std::iter::once(3).chain(newest..heads.len()) {
            let column = column(index);
            let series = chart.add_series().set_name((name.as_str(), 0, column));
            series.set_categories((name.as_str(), place.first, 0, place.last, 0)).set_values((
                name.as_str(),
                place.first,
                column,
                place.last,
                column,
            ));
            series.set_format(ChartLine::new().set_width(if index == 3 { 3.0 } else { 1.25 }));
        }
        chart.title().set_name("Share of leads set by age");
        chart.x_axis().set_name("Age in days").set_min(0);
        chart.y_axis().set_num_format("0%").set_min(0);
        chart
            .set_width(760)
            .set_height(380)
            .set_alt_text("Share of leads set by age in days, all leads and by month");
        sheet.insert_chart(1, super::sheet::column(heads.len() + 1), &chart)?;
    }
    Ok(())
}

fn row(point: &CurvePoint, months: &[(&str, &[CurvePoint])]) -> Vec<Cell> {
    let fixed = [
        Cell::Count(point.age_days.into()),
        Cell::Count(point.at_risk),
        Cell::Count(point.events),
        Cell::Share(point.share_set),
        Cell::maybe(point.low, Cell::Share),
        Cell::maybe(point.high, Cell::Share),
    ];
    let months = months
        .iter()
        .map(|(_, curve)| Cell::maybe(curve_at(curve, point.age_days), |p| Cell::Share(p.share_set)));
    fixed.into_iter().chain(months).collect()
}
