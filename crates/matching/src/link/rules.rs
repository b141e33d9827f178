//! The findings that are told from records, leads and links (spec 2.6): one function a group of rules, each rule a
//! condition and what a sample says.

use std::fmt::Write as _;

use hashbrown::HashMap;
use leadq_contract::vocabulary::{Outcome, Verdict};
use leadq_contract::{Finding, FindingCode};

use super::conventions::mismatches;
use super::samples::Samples;
use super::{Id, Linked};
use crate::ClientFold;
use crate::fold::{DAY, Record};

/// All of them.
pub(super) fn all(linked: &Linked<'_>) -> Vec<Finding> {
    let (fold, client) = (linked.input.fold, &linked.input.fold.settings().id);
    let found = [
        of_records(fold),
        of_words(fold),
        shared_identities(fold),
        of_hubs(linked),
        of_leads(linked),
        of_links(linked),
        of_claims(linked),
        mismatches(&linked.input, &linked.leads, linked.carried),
    ];
    found.into_iter().flatten().filter_map(|samples| samples.finish(client)).collect()
}

/// Names a record: its number, and where its latest row stands.
fn name(text: &mut String, record: &Record) {
    match record.number() {
        Some(number) => {
            text.push_str("lead number ");
            text.push_str(number);
        }
        None => text.push_str("record without number"),
    }
}

fn place(text: &mut String, file: &str, line: u64) {
    let _ = write!(text, ", {file} line {line}");
}

/// Rules about a record's latest state.
fn of_records(fold: &ClientFold) -> Vec<Samples> {
    type Rule = fn(&ClientFold, &Record) -> bool;
    const RULES: [(FindingCode, &str, Rule); 9] = [
        // the latest state says demo but not set
        (FindingCode::DemoWithoutSet, "demo", |_, r| r.state.demo && !r.state.set),
        // set without an appointment
        (FindingCode::SetWithoutAppt, "appt_at", |_, r| r.state.set && r.state.appt_at.is_none()),
        // an appointment without being set
        (FindingCode::ApptWithoutSet, "set", |_, r| r.state.appt_at.is_some() && !r.state.set),
        // the disposition means a sale but the latest state has no demo
        (FindingCode::SaleWithoutDemo, "dispo", |fold, r| {
            !r.state.demo && r.state.dispo.is_some_and(|dispo| fold.outcome_of(dispo) == Outcome::Sale)
        }),
        // demo is true while the appointment lies after the snapshot
        (FindingCode::DemoBeforeAppt, "demo", |fold, r| {
            r.state.demo && r.state.appt_at.is_some_and(|at| at > fold.snapshot(r.last.snapshot).at)
        }),
        // entered after the snapshot that shows it
        (FindingCode::EntryAfterSnapshot, "entry_date", |fold, r| {
            let seen = fold.snapshot(r.last.snapshot).at.div_euclid(DAY);
            r.state.entry_date.is_some_and(|entry| i64::from(entry) > seen)
        }),
        // set by inference only: no cell of any version says so
        (FindingCode::SetInferred, "set", |_, r| r.set && !r.set_said),
        // the latest snapshot lacks the record though its window covers it
        (FindingCode::Vanished, "lead_number", |fold, r| fold.presence(r) == "vanished"),
        // it left the rolling window of the client's export
        (FindingCode::AgedOut, "lead_number", |fold, r| fold.presence(r) == "aged_out"),
    ];
    let mut found: Vec<Samples> = RULES.iter().map(|(code, column, _)| Samples::new(*code, column)).collect();
    for record in fold.held() {
        for (samples, (.., holds)) in found.iter_mut().zip(RULES) {
            if holds(fold, record) {
                samples.add(|text| {
                    name(text, record);
                    place(text, &fold.snapshot(record.last.snapshot).file, record.last.line);
                });
            }
        }
    }
    // a version without set directly after one with it (2.2)
    let mut unset = Samples::new(FindingCode::Unset, "set");
    for (record, began) in fold.unset() {
        unset.add(|text| {
            name(text, &fold.held()[*record as usize]);
            place(text, &fold.snapshot(began.snapshot).file, began.line);
        });
    }
    found.push(unset);
    found
}

/// Rules about the words in the latest states.
fn of_words(fold: &ClientFold) -> Vec<Samples> {
    let mut states_of: HashMap<_, HashMap<_, u64>> = HashMap::new();
    let mut dispositions: HashMap<_, u64> = HashMap::new();
    for record in fold.held() {
        if let (Some(city), Some(state)) = (record.state.city, record.state.state) {
            *states_of.entry(city).or_default().entry(state).or_default() += 1;
        }
        if let Some(dispo) = record.state.dispo.filter(|dispo| fold.outcome_of(*dispo) == Outcome::Unmapped) {
            *dispositions.entry(dispo).or_default() += 1;
        }
    }
    let words = fold.words();
    // a city that stands with several states
    let mut cities = Samples::new(FindingCode::CityInManyStates, "city");
    for (city, states) in states_of.into_iter().filter(|(_, states)| states.len() > 1) {
        let mut states: Vec<_> =
            states.into_iter().map(|(state, records)| (words.state.text(state), records)).collect();
        states.sort_unstable();
        cities.add(|text| {
            let _ = write!(text, "{}: ", words.city.text(city));
            for (place, (state, records)) in states.iter().enumerate() {
                let _ = write!(text, "{}{state} {records}", if place == 0 { "" } else { ", " });
            }
        });
    }
    // dispositions that the vocabulary does not know (2.7)
    let mut unmapped = Samples::new(FindingCode::UnmappedDisposition, "dispo");
    for (dispo, records) in dispositions {
        unmapped.add_many(records, |text| {
            let _ = write!(text, "{} ({records})", words.dispo.text(dispo));
        });
    }
    vec![cities, unmapped]
}

/// One pair of email and phone on several lead numbers, over all versions.
fn shared_identities(fold: &ClientFold) -> Vec<Samples> {
    let numbered = |record: u32| fold.held()[record as usize].number();
    let both = fold.carried().filter_map(|carried| {
        let (email, phone) = (carried.identifiers.0?, carried.identifiers.1?);
        numbered(carried.record)?;
        Some(((super::id(&email.0), super::id(&phone.0)), carried.record))
    });
    let mut pairs: Vec<((Id, Id), u32)> = both.collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut shared = Samples::new(FindingCode::SharedIdentity, "lead_number");
    for records in pairs.chunk_by(|a, b| a.0 == b.0).filter(|records| records.len() > 1) {
        let mut numbers: Vec<&str> = records.iter().filter_map(|(_, record)| numbered(*record)).collect();
        numbers.sort_unstable();
        shared.add(|text| {
            let _ = write!(text, "lead numbers {}", numbers.join(", "));
        });
    }
    vec![shared]
}

/// Once an identifier that is not used, and column, with who carries it (2.3).
fn of_hubs(linked: &Linked<'_>) -> Vec<Samples> {
    let mut emails = Samples::new(FindingCode::HubIdentifier, "email_hash");
    let mut phones = Samples::new(FindingCode::HubIdentifier, "phone_hash");
    for hub in &linked.hubs {
        let counts = &hub.counts;
        let as_email =
            format!("email of {} leads and {} records", counts.lead_emails(), counts.record_emails());
        let as_phone =
            format!("phone of {} leads and {} records", counts.lead_phones(), counts.record_phones());
        let [in_emails, in_phones] = counts.stands_in();
        if in_emails {
            emails.add(|text| {
                let _ = write!(text, "{as_email}, {as_phone}");
            });
        }
        if in_phones {
            phones.add(|text| {
                let _ = write!(text, "{as_phone}, {as_email}");
            });
        }
    }
    vec![emails, phones]
}

/// Rules about leads.
fn of_leads(linked: &Linked<'_>) -> Vec<Samples> {
    // neither a usable email nor a usable phone hash (1.2)
    let mut unmatchable = Samples::new(FindingCode::UnmatchableLead, "lead_uuid");
    linked.details.unmatchable().for_each(|uuid| unmatchable.add(|text| text.push_str(uuid)));
    // the email and phone of an earlier lead of the client (2.3)
    let mut duplicate = Samples::new(FindingCode::DuplicateLead, "lead_uuid");
    let duplicates = (0..linked.leads.rows() as u32).filter(|row| linked.leads.is_duplicate(*row));
    duplicates.for_each(|row| duplicate.add(|text| text.push_str(linked.details.uuid(row))));
    vec![unmatchable, duplicate]
}

/// Rules about links.
fn of_links(linked: &Linked<'_>) -> Vec<Samples> {
    let (fold, details) = (linked.input.fold, &linked.details);
    let mut ambiguous = Samples::new(FindingCode::AmbiguousLink, "lead_uuid");
    let mut conflict = Samples::new(FindingCode::ConflictLink, "lead_uuid");
    for links in linked.links.by_record() {
        let record = &fold.held()[links[0].record as usize];
        let selected = details.uuid(links[0].lead);
        // a second candidate in the tier of the selected one
        if let Some(second) = links.get(1).filter(|second| second.tier == links[0].tier) {
            ambiguous.add(|text| {
                name(text, record);
                let _ = write!(text, ": {selected} before {}", details.uuid(second.lead));
            });
        }
        // the selected lead agrees in one identifier and differs in the other
        if links[0].tier == 3 {
            conflict.add(|text| {
                name(text, record);
                let _ = write!(text, ": {selected} by {}", links[0].match_type());
            });
        }
    }
    vec![ambiguous, conflict]
}

/// Claims against the seller that the data bear out, or speak against (2.7).
fn of_claims(linked: &Linked<'_>) -> Vec<Samples> {
    let mut supported = Samples::new(FindingCode::ClaimSupported, "dispo");
    let mut contradicted = Samples::new(FindingCode::ClaimContradicted, "dispo");
    for claimed in &linked.claimed {
        let samples = match claimed.verdict {
            Verdict::Supported => &mut supported,
            Verdict::Contradicted => &mut contradicted,
            Verdict::Unchecked => continue,
        };
        samples.add(|text| {
            name(text, &linked.input.fold.held()[claimed.record as usize]);
            let _ = write!(text, ", lead {}: {}", linked.details.uuid(claimed.lead), claimed.claim.name());
            let _ = match (claimed.verdict, &claimed.evidence) {
                (Verdict::Supported, Some(evidence)) if evidence.count > 1 => {
                    write!(text, " by another {} ({})", evidence.kind, evidence.count)
                }
                (Verdict::Supported, Some(evidence)) => write!(text, " by another {}", evidence.kind),
                (_, Some(evidence)) => write!(
                    text,
                    ", though appointments from other leads were set in ZIP {} ({})",
                    claimed.zip.as_deref().unwrap_or_default(),
                    evidence.count
                ),
                _ => write!(text, ", though no other lead and no earlier record is of this person"),
            };
        });
    }
    vec![supported, contradicted]
}
