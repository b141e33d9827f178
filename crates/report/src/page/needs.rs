//! What needs a person: the warnings and errors among the findings, with what to do.

use std::collections::BTreeSet;

use leadq_contract::{Finding, FindingCode, Severity};
use maud::{Markup, html};

use super::{Section, more};
use crate::Analysis;
use crate::figures::{counted, cut, thousands};

/// The most things that are shown.
const MOST: usize = 8;
/// The most names that are listed in one place.
const MOST_NAMES: usize = 3;

/// The findings of one code and client together.
pub(crate) struct Need<'a> {
    /// What was found.
    pub(crate) code: FindingCode,
    /// The client.
    pub(crate) client: &'a str,
    /// How often, over all places.
    pub(crate) count: u64,
    /// In which columns.
    pub(crate) columns: BTreeSet<&'a str>,
    /// In which files, as they come.
    pub(crate) files: Vec<&'a str>,
    /// One occurrence.
    pub(crate) sample: Option<&'a str>,
}

/// Warnings that say most of how far the rate can be trusted and of what is owed, before the others.
const FIRST: [FindingCode; 8] = [
    FindingCode::StaleReport,
    FindingCode::SetInferred,
    FindingCode::UnmappedDisposition,
    FindingCode::ClaimContradicted,
    FindingCode::ClaimSupported,
    FindingCode::Vanished,
    FindingCode::DemoWithoutSet,
    FindingCode::SaleWithoutDemo,
];

/// Findings of which a sample says more than where they are.
const BY_SAMPLE: [FindingCode; 2] = [FindingCode::StaleReport, FindingCode::UnmappedDisposition];

/// Findings by code and client: worst first, then what matters most, then the most frequent.
pub(crate) fn needs(findings: &[Finding], least: Severity) -> Vec<Need<'_>> {
    let mut needs: Vec<Need<'_>> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.code.severity() >= least) {
        let client = finding.client.0.as_str();
        let index = needs.iter().position(|need| (need.code, need.client) == (finding.code, client));
        let need = match index {
            Some(index) => &mut needs[index],
            None => {
                let columns = BTreeSet::new();
                let sample = finding.samples.first().map(String::as_str);
                needs.push(Need { code: finding.code, client, count: 0, columns, files: Vec::new(), sample });
                let last = needs.len() - 1;
                &mut needs[last]
            }
        };
        need.count = need.count.saturating_add(finding.count);
        need.columns.extend(finding.column.as_deref());
        need.files.extend(finding.file.as_deref().filter(|file| need.files.last() != Some(file)));
    }
    let place = |need: &Need<'_>| FIRST.iter().position(|code| *code == need.code).unwrap_or(FIRST.len());
    needs.sort_by_key(|need| {
        (std::cmp::Reverse(need.code.severity()), place(need), std::cmp::Reverse(need.count))
    });
    needs
}

/// A code as a heading.
pub(crate) fn title(code: FindingCode) -> String {
    let words = code.name().replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The section.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let needs = needs(&analysis.findings, Severity::Warning);
    let (shown, left) = cut(&needs, MOST);
    let body = html! {
        @if shown.is_empty() {
            p { "Nothing. No error and no warning stands." }
        } @else {
            ol.needs { @for need in shown { (item(analysis, need)) } }
        }
        (more(left, "kinds of findings", "leadq findings"))
        @if !shown.is_empty() { p.soft { "What a client should mend is in a note to it: " code { "leadq report --for-client ID" } "." } }
    };
    Some(Section::new("needs", "What needs you", body))
}

fn item(analysis: &Analysis, need: &Need<'_>) -> Markup {
    let severity = need.code.severity().name();
    let advice = need.code.advice();
    html! {
        li {
            span class={ "badge " (severity) } { (severity) }
            " " strong { (title(need.code)) }
            " " span.soft { (place(analysis, need)) }
            div { (advice[..1].to_uppercase()) (advice[1..]) "." }
        }
    }
}

fn place(analysis: &Analysis, need: &Need<'_>) -> String {
    let mut parts = Vec::new();
    if analysis.clients.len() > 1 {
        parts.push(analysis.client_name(need.client).to_owned());
    }
    if !need.columns.is_empty() {
        let columns: Vec<&str> = need.columns.iter().copied().collect();
        let (shown, left) = cut(&columns, MOST_NAMES);
        let more = if left > 0 { format!(" and {left} more") } else { String::new() };
        let word = if columns.len() == 1 { "column" } else { "columns" };
        parts.push(format!("{word} {}{more}", shown.join(", ")));
    }
    match need.files.as_slice() {
        [] => (),
        [only] => parts.push((*only).to_owned()),
        [first, .., last] => {
            parts.push(format!("{}, {first} to {last}", counted(need.files.len() as u64, "file", "files")));
        }
    }
    parts.extend(need.sample.filter(|_| BY_SAMPLE.contains(&need.code)).map(str::to_owned));
    if need.count > need.files.len().max(1) as u64 {
        parts.push(format!("{} times", thousands(need.count)));
    }
    parts.join(" \u{b7} ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadq_contract::ClientId;

    #[test]
    fn every_advice_can_begin_a_sentence() {
        assert!(
            FindingCode::ALL.iter().all(|code| code.advice().starts_with(|c: char| c.is_ascii_lowercase()))
        );
    }

    #[test]
    fn one_kind_of_one_client_is_one_need() {
        let finding = |code, file: &str, column: &str| Finding {
            code,
            client: ClientId("acme".to_owned()),
            file: Some(file.to_owned()),
            line: None,
            column: Some(column.to_owned()),
            count: 2,
            samples: Vec::new(),
        };
        let findings = [
            finding(FindingCode::DeadColumn, "a.csv", "set"),
            finding(FindingCode::DeadColumn, "b.csv", "set"),
            finding(FindingCode::DeadColumn, "b.csv", "state"),
            finding(FindingCode::Preamble, "b.csv", "state"),
        ];
        let needs = needs(&findings, Severity::Warning);
        assert_eq!(needs.len(), 1);
        assert_eq!((needs[0].count, needs[0].files.as_slice()), (6, ["a.csv", "b.csv"].as_slice()));
        assert_eq!(
            place(&Analysis::default(), &needs[0]),
            "columns set, state · 2 files, a.csv to b.csv · 6 times"
        );
        assert_eq!(title(FindingCode::DeadColumn), "Dead column");
    }
}
