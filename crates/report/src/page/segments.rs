//! Segments: where leads do better and worse, with how sure that is.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use leadq_metrics::{Base, Counts, Rate, Segment, Segments, Value};
use maud::{Markup, html};

use super::{Section, more, rate_cells, wide};
use crate::Analysis;
use crate::chart::interval::{self, Row};
use crate::definitions;
use crate::figures::{counted, cut, money, percent, thousands};

/// The most segments in a chart.
const MOST_CHARTED: usize = 12;
/// The most segments in a table.
const MOST_ROWS: usize = 40;
/// Under this q-value a segment differs from the others.
const DIFFERS: f64 = 0.05;
/// An interval wider than this says little.
const WIDE: f64 = 0.2;

/// How a segment stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// Better, by more than chance.
    Above,
    /// Worse, by more than chance.
    Below,
    /// Its interval is above, and may be by chance among so many.
    PerhapsAbove,
    /// Its interval is below, and may be by chance among so many.
    PerhapsBelow,
    /// May be better or worse.
    TooFew,
    /// Much like the others, as far as can be told.
    Alike,
}

impl Stands {
    /// How a segment stands, beside the rate of all together.
    pub(crate) fn of(segment: &Segment, pooled: f64) -> Self {
        let Some(rate) = rate(segment) else { return Self::TooFew };
        match segment.standing.q_value {
            Some(q) if q < DIFFERS && rate.value > pooled => Self::Above,
            Some(q) if q < DIFFERS => Self::Below,
            _ if rate.low > pooled => Self::PerhapsAbove,
            _ if rate.high < pooled => Self::PerhapsBelow,
            _ if rate.high - rate.low > WIDE => Self::TooFew,
            _ => Self::Alike,
        }
    }

    /// In words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Above => "clearly above",
            Self::Below => "clearly below",
            Self::PerhapsAbove => "above, may be chance",
            Self::PerhapsBelow => "below, may be chance",
            Self::TooFew => "too few to tell",
            Self::Alike => "no clear difference",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::TooFew => "few",
            Self::PerhapsAbove | Self::PerhapsBelow | Self::Alike => "alike",
        }
    }
}

/// The conversion rate of a segment, of the leads that it counts.
pub(crate) fn rate(segment: &Segment) -> Option<Rate> {
    Rate::of(segment.counts.set, segment.counts.delivered)
}

/// The rate of all segments together.
pub(crate) fn pooled(segments: &Segments) -> Option<f64> {
    let sum = |count: fn(&Segment) -> u64| segments.rows.iter().map(count).fold(0, u64::saturating_add);
    Rate::of(sum(|row| row.counts.set), sum(|row| row.counts.delivered)).map(|rate| rate.value)
}

/// A segment's name.
pub(crate) fn name(segment: &Segment) -> String {
    let values: Vec<&str> = segment.values.iter().map(|value| value.as_deref().unwrap_or("(none)")).collect();
    values.join(" \u{b7} ")
}

/// What the cut is by.
pub(crate) fn title(segments: &Segments) -> String {
    format!("By {}", segments.by.join(", ").replace('_', " "))
}

/// The section; none without segments.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let cuts: Vec<&Segments> = analysis.segments.iter().filter(|cut| !cut.rows.is_empty()).collect();
    if cuts.is_empty() {
        return None;
    }
    let body = html! {
        p { "Highest first, by the evened-out rate; months and weeks by date. The dot is the rate as it is, the line its 95 % interval, the bar across it the evened-out rate; the upright line is the rate of all. " strong.good { "Blue" } " is clearly above the others, " strong.bad { "orange" } " clearly below; grey may be chance." }
        @for cut in cuts { (one(cut)) }
    };
    Some(Section::new("segments", "Where leads do better and worse", body))
}

fn one(segments: &Segments) -> Markup {
    let all = pooled(segments).unwrap_or(0.0);
    let (charted, left) = charted(segments, all);
    let end = interval::end(charted.iter().filter_map(|row| evened(row)).chain([all]));
    let priced = is_priced(segments);
    html! {
        div.cut {
            h3 { (title(segments)) }
            p.soft {
                (about(segments)) " All together " (percent(all)) "."
                @if is_by_date(segments) { " Young ones have had less time; compare them at equal age, under " a href="#maturation" { "How leads mature" } "." }
                @if are_alike(segments) { " No difference beyond chance was found among them, so the evened-out rate of each is that of all." }
            }
            table.forest {
                thead { tr {
                    th scope="col" { "Segment" } th scope="col" { (interval::scale(end)) } th.n scope="col" { "Rate" }
                    th scope="col" { "Likely" } th scope="col" { "Beside the others" } th.n scope="col" { "Leads" }
                    @if priced { th.n.cost scope="col" { "Cost per set" } }
                } }
                tbody { @for segment in charted { (line(segment, all, end, priced)) } }
            }
            @if left > 0 && is_by_date(segments) { p.more { (counted(left as u64, "earlier one", "earlier ones")) " not shown." } }
            @else if left > 0 { p.more { "The clearest differences, the highest and the lowest; " (counted(left as u64, "segment", "segments")) " in between not shown." } }
            (table(segments, all))
        }
    }
}

/// The segments of the chart, highest first, and how many are left out: those that differ clearly come in first, the
/// largest of them before the others, then the highest and the lowest in turn.
fn charted(segments: &Segments, pooled: f64) -> (Vec<&Segment>, usize) {
    let mut ranked: Vec<&Segment> = segments.rows.iter().filter(|row| rate(row).is_some()).collect();
    let raw = |row: &Segment| rate(row).map(|rate| rate.value);
    let higher = |a: Option<f64>, b: Option<f64>| b.partial_cmp(&a).unwrap_or(Ordering::Equal);
    if is_by_date(segments) {
        // The latest ones, in their order.
        ranked.sort_by(|a, b| a.values.cmp(&b.values));
        let left = ranked.len().saturating_sub(MOST_CHARTED);
        return (ranked.split_off(left), left);
    }
    let alike = are_alike(segments);
    ranked.sort_by(|a, b| {
        let evened_out = if alike { Ordering::Equal } else { higher(evened(a), evened(b)) };
        evened_out.then_with(|| higher(raw(a), raw(b)))
    });
    let count = ranked.len();
    let clear = |place: &usize| matches!(Stands::of(ranked[*place], pooled), Stands::Above | Stands::Below);
    let mut order: Vec<usize> = (0..count).filter(clear).collect();
    order.sort_by_key(|place| std::cmp::Reverse(ranked[*place].counts.delivered));
    order.extend(
        (0..count / 2)
            .flat_map(|place| [place, count - 1 - place])
            .chain((count % 2 == 1).then_some(count / 2)),
    );
    let mut chosen = BTreeSet::new();
    for place in order {
        if chosen.len() < MOST_CHARTED {
            chosen.insert(place);
        }
    }
    (chosen.iter().map(|place| ranked[*place]).collect(), count - chosen.len())
}

fn about(segments: &Segments) -> &'static str {
    match segments.base {
        Base::Matched => "Told by the client's reports alone, so of matched leads only.",
        Base::Delivered => "Of all leads delivered.",
        Base::Rows => "Rows of reports, not leads.",
    }
}

/// Whether the segments are months or weeks.
fn is_by_date(segments: &Segments) -> bool {
    matches!(&segments.by[..], [one] if one.ends_with("_month") || one.ends_with("_week"))
}

/// Whether nothing beyond chance is between them: then each is drawn all the way to the rate of all.
fn are_alike(segments: &Segments) -> bool {
    let mut evened_out = segments.rows.iter().filter_map(|row| row.standing.shrunken_rate);
    let first = evened_out.next();
    segments.rows.len() > 1 && first.is_some_and(|first| evened_out.all(|other| (other - first).abs() < 1e-9))
}

fn is_priced(segments: &Segments) -> bool {
    segments.rows.iter().any(|row| row.counts.cost.is_some())
}

fn money_of(counts: &Counts, name: &str) -> String {
    match counts.metric(name) {
        Some(Value::Money(Some(amount))) => money(amount),
        _ => "\u{2013}".to_owned(),
    }
}

fn evened(segment: &Segment) -> Option<f64> {
    segment.standing.shrunken_rate.or_else(|| rate(segment).map(|rate| rate.value))
}

fn line(segment: &Segment, pooled: f64, end: f64, priced: bool) -> Markup {
    let (name, stands) = (name(segment), Stands::of(segment, pooled));
    html! {
        @if let Some(rate) = rate(segment) {
            tr class=(stands.class()) {
                th scope="row" { (name) }
                td.chart { (Row { name: &name, rate, evened: segment.standing.shrunken_rate, pooled, class: stands.class(), end }.draw()) }
                td.n { (percent(rate.value)) }
                td.soft.range { (percent(rate.low).trim_end_matches(" %")) " to " (percent(rate.high)) }
                td.stands { (stands.words()) }
                td.n.leads { (thousands(segment.counts.delivered)) }
                @if priced { td.n.cost { (money_of(&segment.counts, "cost_per_set")) } }
            }
        }
    }
}

fn table(segments: &Segments, pooled: f64) -> Markup {
    let (shown, left) = cut(&segments.rows, MOST_ROWS);
    let cost = is_priced(segments);
    let base = if segments.base == Base::Matched { "matched" } else { "delivered" };
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "Segment" } th.n scope="col" { (definitions::label(base)) } th.n scope="col" { "Set" } th.n scope="col" { "Rate" } th.n scope="col" { "95 % interval" }
                th.n scope="col" { "Evened out" } th.n scope="col" { "Demos" } th.n scope="col" { "Sold" }
                @if cost { th.n scope="col" { "Net sold" } th.n scope="col" { "Cost" } th.n scope="col" { "Cost per set" } th.n scope="col" { "Cost per net sale" } }
                th scope="col" { "Beside the others" }
            } }
            tbody { @for segment in shown { tr {
                @let counts = &segment.counts;
                th scope="row" { (name(segment)) }
                td.n { (thousands(counts.delivered)) } td.n { (thousands(counts.set)) } (rate_cells(rate(segment)))
                td.n { (segment.standing.shrunken_rate.map(percent).unwrap_or_default()) }
                td.n { (thousands(counts.demos)) } td.n { (counts.sold.map(thousands).unwrap_or_default()) }
                @if cost { td.n { (counts.net_sold.map(thousands).unwrap_or_default()) } @for name in ["cost", "cost_per_set", "cost_per_sale"] { td.n { (money_of(counts, name)) } } }
                td { (Stands::of(segment, pooled).words()) }
            } } }
        }
    };
    html! {
        details {
            summary { "All numbers, by number of leads" }
            (wide(&title(segments), &table))
            (more(left, "segments", &format!("leadq metrics --by {}", segments.by.join(","))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadq_metrics::Standing;

    #[test]
    fn a_chart_has_the_clear_ones_and_the_ends() {
        let segment = |n: u64, q_value| Segment {
            values: vec![Some(n.to_string())],
            counts: Counts { delivered: 100, set: n, ..Counts::default() },
            standing: Standing { q_value: Some(q_value), ..Standing::default() },
        };
        let rows = (0..41).map(|n| segment(n, if n == 15 { 0.01 } else { 0.5 })).collect();
        let segments = Segments { by: vec!["n".to_owned()], base: Base::Delivered, rows };
        let (charted, left) = charted(&segments, 0.2);
        let names: Vec<String> = charted.into_iter().map(name).collect();
        assert_eq!(names, ["40", "39", "38", "37", "36", "35", "15", "4", "3", "2", "1", "0"]);
        assert_eq!(left, 29);
    }

    #[test]
    fn a_segment_stands_by_its_q_value() {
        let stands = |set, delivered, q_value| {
            let counts = Counts { set, delivered, ..Counts::default() };
            let standing = Standing { q_value, ..Standing::default() };
            Stands::of(&Segment { values: vec![None], counts, standing }, 0.2)
        };
        assert_eq!(stands(50, 100, Some(0.049)), Stands::Above);
        assert_eq!(stands(5, 100, Some(0.001)), Stands::Below);
        assert_eq!(stands(50, 100, Some(0.05)), Stands::PerhapsAbove);
        assert_eq!(stands(0, 40, Some(0.05)), Stands::PerhapsBelow);
        assert_eq!(stands(21, 100, Some(0.8)), Stands::Alike);
        assert_eq!(stands(1, 3, None), Stands::TooFew);
        assert_eq!(stands(0, 0, None), Stands::TooFew);
    }

    #[test]
    fn months_are_in_their_order_and_equals_by_their_raw_rate() {
        let row = |name: &str, set, shrunken| Segment {
            values: vec![Some(name.to_owned())],
            counts: Counts { delivered: 100, set, ..Counts::default() },
            standing: Standing { shrunken_rate: Some(shrunken), ..Standing::default() },
        };
        let names = |by: &str, rows: Vec<Segment>| -> Vec<String> {
            let segments = Segments { by: vec![by.to_owned()], base: Base::Delivered, rows };
            charted(&segments, 0.2).0.into_iter().map(name).collect()
        };
        let rows = || vec![row("2023-02", 20, 0.2), row("2022-12", 10, 0.2), row("2023-01", 30, 0.2)];
        assert_eq!(names("entry_month", rows()), ["2022-12", "2023-01", "2023-02"]);
        assert_eq!(names("state", rows()), ["2023-01", "2023-02", "2022-12"]);
    }
}
