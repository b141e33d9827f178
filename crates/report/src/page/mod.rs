//! The page for a person who decides about money: which sources to buy, what a client owes, whether a claim is right.
//! One self-contained HTML file without scripts, that also prints.

mod changes;
mod claims;
mod doubts;
mod files;
pub(crate) mod frame;
mod funnel;
mod headline;
mod health;
mod maturation;
mod needs;
mod segments;
mod terms;
mod trend;

pub(crate) use doubts::doubts;
pub(crate) use files::{bucket as bucket_words, status as status_words};
pub(crate) use funnel::stages;
pub(crate) use maturation::at as curve_at;
pub(crate) use needs::title as finding_title;
pub(crate) use segments::{Stands, pooled, rate as segment_rate, title as segments_title};
pub(crate) use trend::rate as trend_rate;

use maud::{Markup, html};

use crate::Analysis;
use crate::figures::{counted, percent};

/// A section of the page.
struct Section {
    /// Its anchor.
    id: &'static str,
    /// Its heading.
    title: &'static str,
    /// What stands in it.
    body: Markup,
}

impl Section {
    const fn new(id: &'static str, title: &'static str, body: Markup) -> Self {
        Self { id, title, body }
    }
}

/// The report as one HTML file.
#[must_use]
pub fn html(analysis: &Analysis) -> String {
    let sections: Vec<Section> = [
        needs::section(analysis),
        funnel::section(analysis),
        changes::section(analysis),
        trend::section(analysis),
        maturation::section(analysis),
        segments::section(analysis),
        claims::section(analysis),
        health::section(analysis),
        files::section(analysis),
        terms::section(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let body = html! {
        (headline::header(analysis))
        nav aria-label="Sections" { ul { @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } } } }
        main {
            @for Section { id, title, body } in &sections {
                section id=(id) aria-labelledby={ (id) "-title" } { h2 id={ (id) "-title" } { (title) } (body) }
            }
        }
        footer { p { "leadq, run " (analysis.run) ", committed " (analysis.committed_at.format("%-d %b %Y, %H:%M UTC")) "." } }
    };
    let title = match analysis.counts.metric("conversion_rate") {
        Some(leadq_metrics::Value::Rate(Some(rate))) => {
            format!(
                "{} of {} became an appointment",
                percent(rate.value),
                counted(analysis.counts.delivered, "lead", "leads")
            )
        }
        _ => "Leads report".to_owned(),
    };
    frame::document(&title, &body)
}

/// A table that may be wider than a phone.
fn wide(name: &str, table: &Markup) -> Markup {
    html! { div.scroll role="region" aria-label=(name) tabindex="0" { (table) } }
}

/// What a list leaves out, and the command that shows all of it.
fn more(left_out: usize, what: &str, command: &str) -> Markup {
    html! {
        @if left_out > 0 {
            p.more { (crate::figures::thousands(left_out as u64)) " more " (what) " not shown here: " code { (command) } " lists all." }
        }
    }
}

/// A rate with its interval in a table's cells.
fn rate_cells(rate: Option<leadq_metrics::Rate>) -> Markup {
    html! {
        @match rate {
            Some(rate) => { td.n { (percent(rate.value)) } td.n.soft { (percent(rate.low)) " to " (percent(rate.high)) } }
            None => { td.n { "\u{2013}" } td.n.soft { "\u{2013}" } }
        }
    }
}
