//! The sections of a feedback note.

use std::collections::BTreeSet;

use leadq_contract::{Finding, FindingCode, Severity};
use maud::{Markup, html};

use super::{Feedback, words};
use crate::figures::{counted, cut, thousands, time};

/// The most rows set aside that are shown, files named, samples given.
const MOST_ROWS: usize = 25;
const MOST_FILES: usize = 5;
const MOST_SAMPLES: usize = 5;
/// The most characters of a row set aside.
const MOST_TEXT: usize = 160;

/// Columns that tell nothing any more.
pub(super) fn dead(feedback: &Feedback) -> Option<Markup> {
    (!feedback.dead_columns.is_empty()).then(|| {
        html! {
            section {
                h2 { "Columns that have stopped telling anything" }
                ul { @for dead in &feedback.dead_columns {
                    li { strong { "Column \u{201c}" (words::column(&dead.column)) "\u{201d}" } ": " (words::dead(&dead.column)) " since the report of " strong { (time(dead.since)) } " (" (dead.file) ")." }
                } }
                p { strong { "Please: " } "repair the column in the export. Until then we keep what it said last, and newer entries are lost." }
            }
        }
    })
}

/// Everything that has words, a section a kind, worst first.
pub(super) fn by_kind(feedback: &Feedback) -> Option<Markup> {
    let mut codes: Vec<FindingCode> = Vec::new();
    for finding in &feedback.findings {
        if !codes.contains(&finding.code) && words::of(finding.code).is_some() {
            codes.push(finding.code);
        }
    }
    let count = |code: FindingCode| -> u64 {
        feedback.findings.iter().filter(|finding| finding.code == code).map(|finding| finding.count).sum()
    };
    // That there is no new report concerns all of them.
    codes.sort_by_key(|code| {
        (
            std::cmp::Reverse(code.severity()),
            *code != FindingCode::StaleReport,
            std::cmp::Reverse(count(*code)),
        )
    });
    (!codes.is_empty()).then(|| {
        html! {
            section {
                h2 { "Points to look at" }
                ol.needs { @for code in codes { (kind(feedback, code)) } }
            }
        }
    })
}

fn kind(feedback: &Feedback, code: FindingCode) -> Markup {
    let findings: Vec<&Finding> = feedback.findings.iter().filter(|finding| finding.code == code).collect();
    let count = findings.iter().map(|finding| finding.count).fold(0, u64::saturating_add);
    let files: Vec<&str> = unique(findings.iter().filter_map(|finding| finding.file.as_deref()));
    let columns: Vec<&str> = unique(findings.iter().filter_map(|finding| finding.column.as_deref()));
    let samples: Vec<&str> =
        unique(findings.iter().flat_map(|f| &f.samples).map(String::as_str).filter(|s| !may_be_key(s)));
    html! {
        @if let Some(words) = words::of(code) {
            li {
                @if code.severity() == Severity::Error { span.badge.error { "important" } " " }
                strong { (words.what) }
                @let counted_here = if words.of_files() { files.len() as u64 } else { count };
                @if counted_here > 0 { ": " (counted(counted_here, words.unit.0, words.unit.1)) }
                @if !columns.is_empty() { ", " (if columns.len() == 1 { "column " } else { "columns " }) (columns.iter().map(|name| words::column(name)).collect::<Vec<_>>().join(", ")) }
                @if !files.is_empty() { div.soft { "In " (listed(&files, MOST_FILES)) } }
                @if !samples.is_empty() && !words.of_files() { div.soft { "For example " (listed(&samples, MOST_SAMPLES)) } }
                div { (words.remedy) }
            }
        }
    }
}

/// Rows set aside, with file and line.
pub(super) fn set_aside(feedback: &Feedback) -> Option<Markup> {
    let total = feedback.set_aside_total.max(feedback.set_aside.len() as u64);
    if total == 0 {
        return None;
    }
    let (shown, _) = cut(&feedback.set_aside, MOST_ROWS);
    let left = total - shown.len() as u64;
    let reasons: BTreeSet<&str> = feedback.set_aside.iter().map(|row| row.reason.as_str()).collect();
    Some(html! {
        section {
            h2 { "Rows that we could not use" }
            p { (counted(total, "row", "rows")) " had to be set aside. Emails, phone numbers and hashes are masked." }
            ul { @for reason in reasons { @let (short, long) = words::reason(reason); @if !long.is_empty() { li { strong { (short) } ": " (long) } } } }
            table.rows {
                thead { tr { th scope="col" { "Where" } th scope="col" { "Why" } th scope="col" { "What it says" } } }
                tbody { @for row in shown { tr {
                    th scope="row" { (row.file) ", line " (row.line) }
                    td { (words::reason(&row.reason).0) }
                    td.text { (shortened(&row.text)) }
                } } }
            }
            @if left > 0 { p.more { "and " (thousands(left)) " more; ask us for the whole list." } }
            p { strong { "Please: " } "correct these rows in your system, so that the next export has them in full." }
        }
    })
}

/// Headers that nobody knows.
pub(super) fn unknown_columns(feedback: &Feedback) -> Option<Markup> {
    let unknown = feedback.findings.iter().filter(|finding| finding.code == FindingCode::UnknownColumn);
    let unknown: Vec<&Finding> = unknown.collect();
    let names = unique(unknown.iter().flat_map(|finding| {
        let samples = finding.samples.iter().map(String::as_str);
        samples.chain(finding.column.as_deref())
    }));
    (!names.is_empty()).then(|| {
        html! {
            section {
                h2 { "Columns that we do not use" }
                p { (listed(&names, 20)) }
                p { "Nothing to do, unless one of them is meant to be a column of the report under a new name: then please tell us." }
            }
        }
    })
}

/// Each once, in the order in which they come.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

fn listed(names: &[&str], most: usize) -> String {
    let (shown, left) = cut(names, most);
    let more = if left > 0 { format!(" and {} more", thousands(left as u64)) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// Samples are redacted where they are made; what still looks like a hash or key is not shown to anybody outside.
fn may_be_key(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit()).any(|part| part.len() >= 32)
}
