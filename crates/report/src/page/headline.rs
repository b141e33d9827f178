//! The headline: the conversion rate, how sure it is, as of when, and how far to trust it.

use leadq_metrics::Rate;
use maud::{Markup, html};

use super::doubts;
use crate::figures::{between, counted, cut, percent, thousands, time};
use crate::{Analysis, ClientState};

/// The most clients whose latest snapshot is told one by one.
const MOST_CLIENTS: usize = 8;

/// The headline.
pub(super) fn header(analysis: &Analysis) -> Markup {
    let counts = &analysis.counts;
    html! {
        header {
            @match Rate::of(counts.set, counts.delivered) {
                Some(rate) => {
                    p.kicker { "Conversion rate" }
                    h1 { span.big { (percent(rate.value)) } " of " (counted(counts.delivered, "lead", "leads")) " delivered became an appointment" }
                    p.lead {
                        (thousands(counts.set)) " of " (thousands(counts.delivered)) ". The true rate is very likely (95 %) "
                        strong { (between(rate)) } "."
                    }
                }
                None => {
                    h1 { "No leads yet" }
                    p.lead { "No delivered lead has been taken in, so there is no rate to tell." }
                }
            }
            (as_of(analysis))
            @let doubts = doubts::doubts(analysis);
            @if !doubts.is_empty() {
                div.trust.careful { p { strong { "How far to trust it. " } (doubts.join(" ")) } }
            } @else if counts.delivered > 0 {
                div.trust { p { strong { "How far to trust it. " } "Nothing was found that puts this number in doubt." } }
            }
        }
    }
}

fn as_of(analysis: &Analysis) -> Markup {
    let run = html! { "Run " (analysis.run) ", committed " (analysis.committed_at.format("%-d %b %Y, %H:%M UTC")) "." };
    let (shown, left) = cut(&analysis.clients, MOST_CLIENTS);
    match shown {
        [] => html! { p.asof { (run) } },
        [only] if left == 0 => html! { p.asof { (state(only)) ". " (run) } },
        several => html! {
            p.asof { (run) " The reports reach to:" }
            ul.asof {
                @for client in several { li { (state(client)) } }
                @if left > 0 { li { "and " (counted(left as u64, "more client", "more clients")) } }
            }
        },
    }
}

fn state(client: &ClientState) -> Markup {
    let name = if client.name.is_empty() { &client.id } else { &client.name };
    html! {
        @match client.latest_snapshot {
            Some(at) => { "As of " strong { (time(at)) } " (" (name) ", " (client.timezone) "; " (counted(client.snapshots, "report", "reports")) " taken in)" }
            None => { strong { (name) } ": no report taken in yet" }
        }
    }
}
