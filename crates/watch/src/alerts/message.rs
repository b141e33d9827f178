//! What people read: one message of all that opened and closed. Holds no personal data and nothing out of a file.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use super::book::{Change, Transition};

/// Changes that one message spells out.
const MOST_TOLD: usize = 30;
/// Characters of a name or an error.
const LONGEST: usize = 300;

/// A message about alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about, one line.
    pub subject: String,
    /// The text, plain.
    pub text: String,
}

impl Message {
    /// The message of some changes; none if there are none.
    #[must_use]
    pub fn of(transitions: &[Transition]) -> Option<Self> {
        let subject = match transitions {
            [] => return None,
            [one] => {
                let change = if one.change == Change::Closed { "closed: " } else { "" };
                format!("leadq: {change}{}{}", client(one), kind(one))
            }
            _ => {
                let count = |change| transitions.iter().filter(|one| one.change == change).count();
                let (opened, closed) = (count(Change::Opened), count(Change::Closed));
                match (opened, closed) {
                    (_, 0) => format!("leadq: {opened} alerts opened"),
                    (0, _) => format!("leadq: {closed} alerts closed"),
                    _ => format!("leadq: {opened} opened, {closed} closed"),
                }
            }
        };
        let mut text = String::new();
        let of = |change| transitions.iter().filter(move |one| one.change == change);
        for one in of(Change::Opened).chain(of(Change::Closed)).take(MOST_TOLD) {
            told(&mut text, one);
        }
        if let Some(more) = transitions.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
            let _ = write!(text, "and {more} more; see `leadq findings` and `leadq files`\n\n");
        }
        text.truncate(text.trim_end().len());
        Some(Self { subject, text })
    }
}

/// One change: what and where, since when, what to do.
fn told(text: &mut String, one: &Transition) {
    let (client, what) = (client(one), &one.alert.what);
    let _ = match one.change {
        Change::Opened => write!(
            text,
            "OPEN  {client}{what}\n  since: {}\n  what to do: {}\n\n",
            time(one.since),
            one.alert.advice
        ),
        Change::Closed => write!(
            text,
            "CLOSED  {client}{}\n  it was: {what}\n  from {} to {}; nothing to do\n\n",
            kind(one),
            time(one.since),
            time(one.at)
        ),
    };
}

/// Whose it is, in front of what it is.
fn client(one: &Transition) -> String {
    let client = fit(&one.alert.key.client);
    if client.is_empty() { client } else { format!("{client}: ") }
}

/// The kind in words.
fn kind(one: &Transition) -> String {
    one.alert.key.kind.name().replace('_', " ")
}

fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A name or an error as it may be shown: one line without control characters, not too long, and without anything
/// that looks like an email, which a client may have put into a file's name.
pub(super) fn fit(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().map(|word| {
        let trimmed = word.trim_end_matches(['.', ',', ';', ':']);
        let (said, after) = word.split_at(trimmed.len());
        let mail = said.contains(['@', '\u{ff20}']) || said.to_ascii_lowercase().contains("%40");
        if mail { format!("[email]{after}") } else { word.to_owned() }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use leadq_contract::AlertKind;

    use super::*;
    use crate::alerts::{Alert, AlertKey};

    fn transition(change: Change, client: &str) -> Transition {
        let key =
            AlertKey { kind: AlertKind::StaleReport, client: client.to_owned(), subject: String::new() };
        let alert =
            Alert { key, what: "the latest report is old".to_owned(), advice: "ask for one".to_owned() };
        let since = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        Transition { change, alert, since, at: since + chrono::TimeDelta::hours(12) }
    }

    #[test]
    fn a_message_says_what_where_since_when_and_what_to_do() {
        assert_eq!(Message::of(&[]), None);
        let message = Message::of(&[transition(Change::Opened, "acme")]).unwrap();
        assert_eq!(message.subject, "leadq: acme: stale report");
        let text =
            "OPEN  acme: the latest report is old\n  since: 2023-11-14T22:13:20Z\n  what to do: ask for one";
        assert_eq!(message.text, text);
        let message =
            Message::of(&[transition(Change::Closed, "acme"), transition(Change::Opened, "b")]).unwrap();
        assert_eq!(message.subject, "leadq: 1 opened, 1 closed");
        let text = "OPEN  b: the latest report is old\n  since: 2023-11-14T22:13:20Z\n  what to do: ask for one\n\n\
                    CLOSED  acme: stale report\n  it was: the latest report is old\n  \
                    from 2023-11-14T22:13:20Z to 2023-11-15T10:13:20Z; nothing to do";
        assert_eq!(message.text, text);
    }

    #[test]
    fn many_are_counted() {
        let message = Message::of(&vec![transition(Change::Opened, "acme"); 100]).unwrap();
        assert_eq!(message.subject, "leadq: 100 alerts opened");
        assert!(message.text.ends_with("and 70 more; see `leadq findings` and `leadq files`"));
        assert_eq!(message.text.matches("OPEN").count(), MOST_TOLD);
    }

    #[test]
    fn names_are_made_fit() {
        let cases = [
            ("data_16.csv", "data_16.csv"),
            ("a\r\nBcc: x", "a Bcc: x"),
            ("for jane@example.com, again", "for [email], again"),
            ("jane%40example.com.csv", "[email]"),
        ];
        for (text, expected) in cases {
            assert_eq!(fit(text), expected);
        }
        assert_eq!(fit(&"ä".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
