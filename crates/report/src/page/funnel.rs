//! The funnel: from delivered to sold.

use leadq_metrics::{Counts, Rate};
use maud::{Markup, html};

use super::Section;
use crate::Analysis;
use crate::chart::bar::bar;
use crate::definitions::label;
use crate::figures::{between, money, percent, thousands};

/// A stage of the funnel.
pub(crate) struct Stage {
    /// The metric's name.
    pub(crate) name: &'static str,
    /// Leads that reached it.
    pub(crate) count: u64,
    /// The stage before, of which they are a share.
    pub(crate) of: Option<(&'static str, u64)>,
}

/// The stages that are known.
pub(crate) fn stages(counts: &Counts) -> Vec<Stage> {
    let stage = |name, count: Option<u64>, of: Option<(&'static str, u64)>| {
        count.map(|count| Stage { name, count, of })
    };
    let (delivered, set, demos) =
        (("delivered", counts.delivered), ("set", counts.set), ("demos", counts.demos));
    let stages = [
        stage("delivered", Some(counts.delivered), None),
        stage("matched", counts.matched, Some(delivered)),
        stage("set", Some(counts.set), Some(delivered)),
        stage("demos", Some(counts.demos), Some(set)),
        stage("sold", counts.sold, Some(demos)),
        stage("net_sold", counts.net_sold, counts.sold.map(|sold| ("sold", sold))),
    ];
    stages.into_iter().flatten().collect()
}

/// The section; none without leads.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let counts = &analysis.counts;
    if counts.delivered == 0 {
        return None;
    }
    let body = html! {
        table.funnel {
            thead { tr { th scope="col" { "Stage" } th.n scope="col" { "Leads" } th scope="col" { span.hidden { "Share of the leads delivered, as a bar" } } th scope="col" { "Out of the stage before" } } }
            tbody { @for stage in stages(counts) { (row(&stage, counts.delivered)) } }
        }
        (beside(counts))
        (costs(counts))
    };
    Some(Section::new("funnel", "From lead to sale", body))
}

fn row(stage: &Stage, delivered: u64) -> Markup {
    let share = Rate::of(stage.count, delivered).map_or(0.0, |rate| rate.value);
    html! {
        tr {
            th scope="row" { (label(stage.name)) }
            td.n { (thousands(stage.count)) }
            td.chart { (bar(share)) }
            td { @if let Some((name, count)) = stage.of {
                @match Rate::of(stage.count, count) {
                    Some(rate) => { strong { (percent(rate.value)) } " of " (label(name).to_lowercase()) ", " span.soft { (between(rate)) } }
                    None => { span.soft { "none " (label(name).to_lowercase()) } }
                }
            } }
        }
    }
}

/// What stands beside the funnel.
fn beside(counts: &Counts) -> Markup {
    let mut parts = Vec::new();
    if let Some(inferred) = counts.set_inferred {
        parts.push(format!("{} of those set by inference only", thousands(inferred)));
    }
    if let Some(disqualified) = counts.disqualified {
        let valid = Rate::of(counts.set, counts.delivered.saturating_sub(disqualified));
        let rate =
            valid.map(|rate| format!(" (without them {} are set)", percent(rate.value))).unwrap_or_default();
        parts.push(format!("{} disqualified by the client{rate}", thousands(disqualified)));
    }
    if let Some(cancelled) = counts.cancelled {
        parts.push(format!("{} cancelled after the sale", thousands(cancelled)));
    }
    html! { @if !parts.is_empty() { p.soft { (parts.join("; ")) "." } } }
}

fn costs(counts: &Counts) -> Markup {
    let costs = counts.metrics().into_iter().filter_map(|metric| match metric.value {
        leadq_metrics::Value::Money(Some(amount)) => Some((metric.name, amount)),
        _ => None,
    });
    let costs: Vec<_> = costs.collect();
    html! {
        @if !costs.is_empty() {
            dl.tiles { @for (name, amount) in costs { div { dt { (label(name)) } dd { (money(amount)) } } } }
        }
    }
}
