//! Maturation: which share of the leads is set by which age, all together and month by month.

use leadq_metrics::maturation::{LEAST_AT_RISK, supported};
use leadq_metrics::{CurvePoint, Maturation};
use maud::{Markup, html};

use super::{Section, more, wide};
use crate::Analysis;
use crate::chart::axis::{self, Axis};
use crate::chart::line::{Line, LineChart};
use crate::chart::palette::{LINES, MAIN};
use crate::figures::{cut, percent, thousands};

/// Ages in days at which the table compares.
const AGES: [u32; 8] = [1, 3, 7, 14, 30, 60, 90, 120];
/// The most months in the table.
const MOST_MONTHS: usize = 18;

/// The point of a curve that holds at an age, if the curve reaches so far.
pub(crate) fn at(curve: &[CurvePoint], age: u32) -> Option<&CurvePoint> {
    let reached = curve.last().is_some_and(|last| last.age_days >= age);
    curve.iter().rfind(|point| reached && point.age_days <= age)
}

/// The section; none without curves.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let all = analysis.maturation.first()?;
    let overall = supported(&all.overall);
    if overall.is_empty() {
        return None;
    }
    let body = html! {
        p {
            "Young leads have had little time to be set. The thick line says which share of all leads is set by which age; compare months at equal age only."
            @if let Some(week) = at(overall, 7) {
                " By day 7 " strong { (percent(week.share_set)) } " are set"
                @if let Some((low, high)) = week.low.zip(week.high) { ", very likely between " (percent(low)) " and " (percent(high)) } "."
            }
        }
        (chart(all))
        (table(all))
        @if analysis.maturation.len() > 1 { p.soft { "Each client alone: " code { "leadq maturation" } "." } }
    };
    Some(Section::new("maturation", "How leads mature", body))
}

/// The newest months that can be drawn, oldest first.
fn months(maturation: &Maturation) -> Vec<(&str, &[CurvePoint])> {
    let drawable = maturation.followed_months().rev().filter(|(_, curve)| curve.len() > 1);
    let mut months: Vec<_> = drawable.take(LINES.len()).collect();
    months.reverse();
    months
}

fn chart(maturation: &Maturation) -> Markup {
    let overall = supported(&maturation.overall);
    let months = months(maturation);
    let line = |curve: &[CurvePoint]| {
        curve.iter().map(|point| (f64::from(point.age_days), point.share_set)).collect()
    };
    let ages = overall.iter().chain(months.iter().flat_map(|(_, curve)| *curve)).map(|point| point.age_days);
    let oldest = ages.max().unwrap_or(0).max(1);
    let shares = overall.iter().map(|point| point.high.unwrap_or(point.share_set));
    let shares = shares.chain(months.iter().flat_map(|(_, curve)| curve.iter().map(|point| point.share_set)));
    let thin = months.iter().zip(&LINES).map(|((_, curve), colour)| Line {
        points: line(curve),
        colour,
        width: 1,
        dots: false,
    });
    let thick = Line { points: line(overall), colour: &MAIN, width: 3, dots: false };
    let chart = LineChart {
        name: format!(
            "Share of leads set by age, from 0 to {oldest} days, all leads and {} months",
            months.len()
        ),
        x: Axis {
            low: 0.0,
            high: f64::from(oldest),
            label: Box::new(|age| format!("day {age:.0}")),
            least_step: 1.0,
        },
        y: axis::shares(shares.collect::<Vec<_>>().into_iter(), true),
        band: overall.iter().filter_map(|p| Some((f64::from(p.age_days), p.low?, p.high?))).collect(),
        lines: thin.chain([thick]).collect(),
        marks: Vec::new(),
    };
    let key = months.iter().zip(&LINES).map(|((month, _), colour)| (*month, colour.name));
    html! {
        figure {
            (chart.draw())
            figcaption {
                ul.legend {
                    li { span.swatch.thick style={ "background:var(--" (MAIN.name) ")" } {} "all leads, with band" }
                    @for (month, colour) in key { li { span.swatch style={ "background:var(--" (colour) ")" } {} (month) } }
                }
                p.soft { "A line ends where fewer than " (LEAST_AT_RISK) " leads are watched." }
            }
        }
    }
}

fn table(maturation: &Maturation) -> Markup {
    let reaches = |age: &u32| at(&maturation.overall, *age).is_some();
    let ages: Vec<u32> = AGES.into_iter().filter(reaches).collect();
    let months: Vec<_> = maturation.followed_months().rev().collect();
    let others: Vec<_> = maturation.other_months().collect();
    let (shown, left) = cut(&months, MOST_MONTHS);
    let row = |name: &str, curve: &[CurvePoint], value: fn(&CurvePoint) -> Option<f64>| {
        let curve = supported(curve);
        let shares = ages.iter().map(|age| at(curve, *age).and_then(value).map(percent));
        html! {
            tr {
                th scope="row" { (name) }
                @for share in shares { td.n { @match share { Some(share) => { (share) } None => { span.soft { "\u{2013}" } } } } }
            }
        }
    };
    let share: fn(&CurvePoint) -> Option<f64> = |point| Some(point.share_set);
    let watched = maturation.overall.iter().map(|point| point.at_risk).max().unwrap_or(0);
    let table = html! {
        table {
            thead { tr { th scope="col" { "Begun in" } @for age in &ages { th.n scope="col" { "by day " (age) } } } }
            tbody {
                (row("all", &maturation.overall, share))
                (row("at least", &maturation.overall, |point| point.low))
                (row("at most", &maturation.overall, |point| point.high))
                @for (month, curve) in shown { (row(month, curve, share)) }
            }
        }
    };
    html! {
        @if !ages.is_empty() {
            (wide("Share set by age and month", &table))
            p.soft { "At most " (thousands(watched)) " leads were watched at the same age. \u{201c}At least\u{201d} and \u{201c}at most\u{201d} are the 95 % limits of all. A dash: the month is too young, or too few leads were watched at that age." }
            @if !others.is_empty() {
                p.soft { "Left out: " (others.join(", ")) ". These months began before the client's first report, so what had been set by then is not known, or have too few leads." }
            }
            (more(left, "months", "leadq maturation"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(age_days: u32, at_risk: u64) -> CurvePoint {
        CurvePoint {
            age_days,
            at_risk,
            events: 0,
            share_set: f64::from(age_days) / 100.0,
            low: None,
            high: None,
        }
    }

    #[test]
    fn a_curve_holds_until_its_next_point() {
        let curve = [point(0, 9), point(1, 20), point(3, 10), point(4, 9)];
        assert_eq!(at(&curve, 2).map(|point| point.age_days), Some(1));
        assert_eq!(at(&curve, 5), None);
    }
}
