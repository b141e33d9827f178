//! The headline: the conversion rate, how sure it is, as of when, and how far to trust it.

use leadq_contract::FindingCode;
use leadq_metrics::Rate;
use maud::{Markup, html};

use super::health::{self, Dead};
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
            @let doubts = doubts(analysis);
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

/// What speaks against the headline, in sentences.
fn doubts(analysis: &Analysis) -> Vec<String> {
    let counts = &analysis.counts;
    let mut doubts = Vec::new();
    if counts.delivered == 0 {
        return doubts;
    }
    if !analysis.clients.is_empty() && analysis.clients.iter().all(|client| client.snapshots == 0) {
        return vec![
            "No report has been taken in yet, so nothing is known of what became of the leads.".to_owned(),
        ];
    }
    let several = analysis.clients.len() > 1;
    let dead = health::dead_now(&analysis.columns);
    doubts.extend(
        dead.iter().filter(|dead| MATTERS.contains(&dead.column)).map(|dead| broken(analysis, dead, several)),
    );
    if let Some(inferred) = counts.set_inferred.filter(|inferred| *inferred > 0 && counts.set > 0) {
        let share = Rate::of(inferred, counts.set).map(|rate| percent(rate.value)).unwrap_or_default();
        doubts.push(format!(
            "{} of the {} ({share}) {} known from a demo or an appointment date only.",
            thousands(inferred),
            counted(counts.set, "appointment", "appointments"),
            if inferred == 1 { "is" } else { "are" },
        ));
    }
    if let Some(rate) =
        counts.matched.and_then(|matched| Rate::of(matched, counts.delivered)).filter(|rate| rate.value < 0.5)
    {
        doubts.push(format!(
            "Only {} of the leads were found in the reports; of the others nothing is known.",
            percent(rate.value)
        ));
    }
    doubts.extend(
        SERIOUS
            .iter()
            .filter(|(code, _)| analysis.findings.iter().any(|f| f.code == *code))
            .map(|(_, words)| (*words).to_owned()),
    );
    doubts
}

/// Columns without which appointments cannot be told.
const MATTERS: [&str; 5] = ["set", "demo", "appt_at", "email_hash", "phone_hash"];

/// Other findings that make the rate doubtful, in a sentence each.
const SERIOUS: [(FindingCode, &str); 4] = [
    (
        FindingCode::HashConventionMismatch,
        "A client hashes emails or phones otherwise than we do, so that leads are missed.",
    ),
    (FindingCode::RowCountDrop, "A report has lost half of its rows or more."),
    (FindingCode::NotAReport, "A file that came as a report was none, and is missing."),
    (FindingCode::StaleReport, "A client has sent no report for longer than usual."),
];

fn broken(analysis: &Analysis, dead: &Dead<'_>, several: bool) -> String {
    let whose = if several { format!(" of {}", analysis.client_name(dead.client)) } else { String::new() };
    let since = format!(
        "The column \u{201c}{}\u{201d}{whose} has told nothing since {}",
        dead.column,
        time(dead.since)
    );
    let reports = counted(dead.snapshots, "report", "reports");
    match dead.column {
        "set" => format!(
            "{since} ({reports}): an appointment set since then counts only once a demo or an appointment date shows it, so the rate is rather too low than too high."
        ),
        "email_hash" | "phone_hash" => {
            format!("{since} ({reports}): leads that are new since then may be missed.")
        }
        _ => format!("{since} ({reports})."),
    }
}
