//! What changed since the snapshot before and since the run before.

use maud::{Markup, html};

use super::{Section, wide};
use crate::figures::{signed, thousands, time};
use crate::{Analysis, BridgeRow, Changes, EarlierRun};

/// The section; none if there is nothing to compare with.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    if analysis.changes.is_none() && analysis.before.is_none() {
        return None;
    }
    let body = html! {
        @if let Some(changes) = &analysis.changes { (leads(changes)) }
        @if let Some(before) = &analysis.before { (runs(analysis, before)) }
    };
    Some(Section::new("changes", "What changed", body))
}

fn leads(changes: &Changes) -> Markup {
    let kinds = [
        ("Matched", changes.matched),
        ("Set", changes.set),
        ("Demoed", changes.demoed),
        ("Sold", changes.sold),
        ("Rescheduled", changes.rescheduled),
        ("No longer set", changes.unset),
        ("Vanished", changes.vanished),
    ];
    html! {
        h3 {
            @match (changes.from, changes.to) {
                (Some(from), Some(to)) => { "Between " (time(from)) " and " (time(to)) }
                _ => { "Between each client's latest two reports" }
            }
        }
        @if kinds.iter().all(|(_, count)| *count == 0) { p { "No lead changed." } }
        @else { dl.tiles { @for (kind, count) in kinds { div { dt { (kind) } dd { (thousands(count)) } } } } }
        p.soft { "Leads that changed; " code { "leadq changes" } " names them." }
    }
}

/// From the numbers of the run before to those of this one.
fn runs(analysis: &Analysis, before: &EarlierRun) -> Markup {
    let (old, new) = (&before.counts, &analysis.counts);
    let all = |counts: &leadq_metrics::Counts| {
        [Some(counts.delivered), counts.matched, Some(counts.set), Some(counts.demos), counts.sold]
    };
    let change = |row: &BridgeRow| [row.delivered, row.matched, row.set, row.demos, row.sold];
    let table = html! {
        table {
            thead { tr { td {} @for head in ["Delivered", "Matched", "Set", "Demos", "Sold"] { th.n scope="col" { (head) } } } }
            tbody {
                (totals(&format!("Run {}", before.run), all(old)))
                @for row in &before.bridge {
                    tr { th scope="row" { (row.cause) } @for change in change(row) { td.n { @if change == 0 { span.soft { "0" } } @else { (signed(change)) } } } }
                }
                (totals(&format!("Run {}, this one", analysis.run), all(new)))
            }
        }
    };
    html! {
        h3 { "Since the run before" }
        p.soft { "Run " (before.run) " was committed " (before.committed_at.format("%-d %b %Y, %H:%M UTC")) ". " code { "leadq changes --runs " (before.run) "," (analysis.run) } " names leads and files." }
        @if before.bridge.is_empty() { p { "No number moved since then." } }
        @else { (wide("From the run before to this one", &table)) }
    }
}

fn totals(name: &str, counts: [Option<u64>; 5]) -> Markup {
    html! {
        tr.total {
            th scope="row" { (name) }
            @for count in counts { td.n { @match count { Some(count) => { (thousands(count)) } None => { "\u{2013}" } } } }
        }
    }
}
