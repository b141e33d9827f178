//! The feedback note: what one client should fix in its file, in words for its office. It holds nothing that is not
//! the client's business: no rate, no price, no verdict on a claim, no identifier.

mod section;
mod words;

use chrono::{DateTime, NaiveDateTime, Utc};
use leadq_contract::Finding;
use maud::{Markup, html};

use crate::figures::{counted, time};
use crate::page::frame;

/// What a note is made from. Findings that are none of the client's business are passed over.
#[derive(Debug, Clone, Default)]
pub struct Feedback {
    /// The client's name for people.
    pub client: String,
    /// When the run that it is made from was committed.
    pub committed_at: DateTime<Utc>,
    /// The client's latest snapshot, wall time of its zone.
    pub latest_snapshot: Option<NaiveDateTime>,
    /// Reports of the client that were taken in.
    pub snapshots: u64,
    /// The client's findings, worst first; rejected files among them, each with its file.
    pub findings: Vec<Finding>,
    /// Columns that are dead in the latest snapshot.
    pub dead_columns: Vec<DeadSince>,
    /// Rows set aside, newest file first; the caller may give only some of them.
    pub set_aside: Vec<SetAside>,
    /// How many rows are set aside in all.
    pub set_aside_total: u64,
}

/// A column that tells nothing any more.
#[derive(Debug, Clone, Default)]
pub struct DeadSince {
    /// Canonical name of the column.
    pub column: String,
    /// The snapshot in which it went dead, wall time of the client's zone.
    pub since: NaiveDateTime,
    /// The file of that snapshot.
    pub file: String,
}

/// A row that was set aside.
#[derive(Debug, Clone, Default)]
pub struct SetAside {
    /// The file.
    pub file: String,
    /// Physical line, 1-based.
    pub line: u64,
    /// Name of the bucket or finding.
    pub reason: String,
    /// The row's text, redacted.
    pub text: String,
}

/// The note as one HTML file.
#[must_use]
pub fn feedback_html(feedback: &Feedback) -> String {
    let sections: Vec<Markup> = [
        section::dead(feedback),
        section::by_kind(feedback),
        section::set_aside(feedback),
        section::unknown_columns(feedback),
    ]
    .into_iter()
    .flatten()
    .collect();
    let body = html! {
        header {
            p.kicker { "About your lead reports" }
            h1 { "What to fix in the file \u{2013} " (feedback.client) }
            @match feedback.latest_snapshot {
                Some(at) => { p.asof { "We have taken in " (counted(feedback.snapshots, "report", "reports")) " from you; the latest is of " strong { (time(at)) } "." } }
                None => { p.asof { "We have not been able to take in a report from you yet." } }
            }
            @if sections.is_empty() {
                p.lead { "Nothing to fix: we could read everything. Thank you." }
            } @else {
                p.lead { "Thank you for your reports. A few things keep us from reading all of what you report. Please look at the points below before the next export; the first are the most important." }
            }
        }
        main { @for section in &sections { (section) } }
        footer { p { "Made from what we had on " (feedback.committed_at.format("%-d %b %Y, %H:%M UTC")) ". Emails and phone numbers are masked in this note." } }
    };
    frame::document(&format!("What to fix in the file \u{2013} {}", feedback.client), &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use leadq_contract::{ClientId, FindingCode};

    #[test]
    fn a_note_says_what_to_fix_and_nothing_else() {
        let page = feedback_html(&fixture::feedback());
        for expected in [
            "Column \u{201c}Appointment set\u{201d}",
            "31 Mar 2023",
            "summary.csv",
            "line 218",
            "Region Code",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        for absent in ["%</", "conversion", "price", "contradict", "hub", "d34db33f", "lead_uuid"] {
            assert!(!page.to_lowercase().contains(absent), "{absent}");
        }
    }

    #[test]
    fn without_anything_to_fix_the_note_says_so() {
        let feedback = Feedback { client: "Acme".to_owned(), ..Feedback::default() };
        assert!(feedback_html(&feedback).contains("Nothing to fix"));
    }

    #[test]
    fn samples_that_may_be_keys_are_left_out() {
        let key = "d34db33f".repeat(8);
        let finding = |sample: &str| Finding {
            code: FindingCode::InvalidDate,
            client: ClientId("acme".to_owned()),
            file: None,
            line: None,
            column: Some("entry_date".to_owned()),
            count: 1,
            samples: vec![sample.to_owned()],
        };
        let feedback = Feedback { findings: vec![finding(&key), finding("soon")], ..Feedback::default() };
        let page = feedback_html(&feedback);
        assert!(!page.contains("d34db33f") && page.contains("soon"));
    }
}
