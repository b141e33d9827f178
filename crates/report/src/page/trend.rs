//! The trend over the snapshots, with what broke on the way.

use chrono::{NaiveDateTime, TimeDelta};
use leadq_metrics::{Base, Rate, TrendPoint};
use maud::{Markup, html};

use super::{Section, more, rate_cells, wide};
use crate::Analysis;
use crate::chart::axis::{self, Axis};
use crate::chart::line::{Line, LineChart};
use crate::chart::palette::MAIN;
use crate::figures::{cut, thousands, time};

/// The most clients that have a chart of their own.
const MOST_CLIENTS: usize = 6;
/// The most breaks that are told, and the most snapshots in the table.
const MOST_BREAKS: usize = 8;
const MOST_ROWS: usize = 31;

/// A break: the number at its mark, when, and what.
type Break = (usize, NaiveDateTime, String);

/// The rate of a point: of the leads delivered, or of those matched where nobody knows how many had been delivered.
pub(crate) fn rate(point: &TrendPoint) -> Option<Rate> {
    match point.base {
        Base::Matched => Rate::of(point.counts.set, point.counts.matched?),
        Base::Delivered | Base::Rows => Rate::of(point.counts.set, point.counts.delivered),
    }
}

/// The section; none without snapshots.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let overall = analysis.overall_trend();
    let first = overall.first()?;
    let matched = first.base == Base::Matched;
    let mut clients: Vec<&str> = Vec::new();
    for id in analysis.trend.iter().filter_map(|point| point.client_id.as_deref()) {
        if clients.last() != Some(&id) && !clients.contains(&id) {
            clients.push(id);
        }
    }
    let several = if clients.len() > 1 { clients.as_slice() } else { &[] };
    let (shown, left) = cut(several, MOST_CLIENTS);
    let body = html! {
        p {
            @if matched { "Share of the " strong { "matched" } " leads that had an appointment by each report. The leads do not say when they were delivered, so nobody knows how many had been delivered by then; the rate is of those found in the reports. " }
            @else { "Share of the leads delivered by each report that had an appointment by then. " }
            "The band is the 95 % interval."
        }
        (chart(&overall, first.client_id.as_deref().map_or("all clients", |id| analysis.client_name(id))))
        (table(&overall, matched))
        @for client in shown {
            @let points: Vec<&TrendPoint> = analysis.trend.iter().filter(|point| point.client_id.as_deref() == Some(client)).collect();
            @let name = analysis.client_name(client);
            h3 { (name) }
            (chart(&points, name))
            (table(&points, matched))
        }
        (more(left, "clients", "leadq trend"))
    };
    Some(Section::new("trend", "Trend", body))
}

fn chart(points: &[&TrendPoint], whose: &str) -> Markup {
    let Some((first, last)) = points.first().zip(points.last()) else { return html! {} };
    let begin = first.snapshot_at;
    let day = |at: NaiveDateTime| (at - begin).as_seconds_f64() / 86_400.0;
    let rates: Vec<(f64, Rate)> =
        points.iter().filter_map(|point| Some((day(point.snapshot_at), rate(point)?))).collect();
    if rates.is_empty() {
        return html! { p.soft { "No rate to show yet." } };
    }
    let breaks = breaks(points);
    let untold = breaks.len().saturating_sub(MOST_BREAKS);
    let told = &breaks[untold..];
    let y = axis::shares(rates.iter().flat_map(|(_, rate)| [rate.low, rate.high]), false);
    let note = (y.low > 0.0).then(|| (y.label)(y.low));
    let chart = LineChart {
        name: format!(
            "Trend of the share of leads set, {whose}, from {} to {}",
            time(begin),
            time(last.snapshot_at)
        ),
        x: days(begin, day(last.snapshot_at)),
        y,
        band: rates.iter().map(|(x, rate)| (*x, rate.low, rate.high)).collect(),
        lines: vec![Line {
            points: rates.iter().map(|(x, rate)| (*x, rate.value)).collect(),
            colour: &MAIN,
            width: 2,
            dots: rates.len() <= 40,
        }],
        marks: breaks.iter().map(|(number, at, _)| (day(*at), number.to_string())).collect(),
    };
    html! {
        figure {
            (chart.draw())
            figcaption {
                @if let Some(note) = note { p.soft { "The scale begins at " (note) ", so that changes can be seen." } }
                @if !told.is_empty() {
                    ol.breaks { @for (number, at, what) in told { li { span.mark { (number) } " " (time(*at)) ": " (what) } } }
                    (more(untold, "earlier breaks", "leadq trend"))
                }
            }
        }
    }
}

/// What broke, numbered by snapshot.
fn breaks(points: &[&TrendPoint]) -> Vec<Break> {
    let broken = points.iter().filter(|point| !point.breaks.is_empty()).enumerate();
    broken.map(|(index, point)| (index + 1, point.snapshot_at, point.breaks.join("; "))).collect()
}

/// An axis of days, with a little room on both sides.
fn days(begin: NaiveDateTime, span: f64) -> Axis {
    let room = (span * 0.02).max(0.25);
    let label = move |days: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "whole days between two snapshots")]
        let after = TimeDelta::try_days(days.round() as i64).and_then(|days| begin.checked_add_signed(days));
        after
            .map(|at| at.format(if span > 300.0 { "%b %Y" } else { "%-d %b" }).to_string())
            .unwrap_or_default()
    };
    Axis { low: -room, high: span + room, label: Box::new(label), least_step: 1.0 }
}

fn table(points: &[&TrendPoint], matched: bool) -> Markup {
    let latest: Vec<&&TrendPoint> = points.iter().rev().collect();
    let (shown, left) = cut(&latest, MOST_ROWS);
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "Report of" } @if !matched { th.n scope="col" { "Delivered" } } th.n scope="col" { "Matched" } th.n scope="col" { "Set" }
                th.n scope="col" { @if matched { "Set of matched" } @else { "Conversion" } } th.n scope="col" { "95 % interval" }
                th.n scope="col" { "Demos" } th.n scope="col" { "Sold" }
            } }
            tbody { @for point in shown { tr {
                @let counts = &point.counts;
                th scope="row" { (time(point.snapshot_at)) }
                @if !matched { td.n { (thousands(counts.delivered)) } }
                td.n { (counts.matched.map(thousands).unwrap_or_default()) }
                td.n { (thousands(counts.set)) }
                (rate_cells(rate(point)))
                td.n { (thousands(counts.demos)) }
                td.n { (counts.sold.map(thousands).unwrap_or_default()) }
            } } }
        }
    };
    html! {
        details { summary { "The numbers" } (wide("Trend in numbers", &table)) (more(left, "reports", "leadq trend")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn leads_without_a_time_have_a_rate_of_matched() {
        let analysis = fixture::analysis();
        let last = analysis.trend.last().unwrap();
        assert_eq!(rate(last), Rate::of(940, 4363));
        let body = section(&analysis).unwrap().body.into_string();
        assert!(body.contains("strong>matched</strong") && !body.contains("Conversion"));
    }

    #[test]
    fn days_are_told_at_whole_days() {
        let begin = chrono::NaiveDate::from_ymd_opt(2023, 3, 16).unwrap().and_hms_opt(23, 59, 59).unwrap();
        let axis = days(begin, 21.0);
        let labels: Vec<String> = axis.ticks(5).into_iter().map(|tick| (axis.label)(tick)).collect();
        assert_eq!(labels, ["16 Mar", "21 Mar", "26 Mar", "31 Mar", "5 Apr"]);
        assert_eq!(days(begin, 0.0).ticks(5), [0.0]);
    }
}
