//! The client's CRM: a record for most leads, two for some, and records of people who came from elsewhere.

use super::days::{Day, LAST, SNAPSHOTS, WINDOW};
use super::draws::Draws;
use super::lead::{Fate, Lead};
use super::life::{Life, Progress};
use super::person::{PLACEHOLDER, People, Person, sha1_hex};
use super::source::ELSEWHERE;

/// Records of people who were not delivered by us; one of them is entered on the day of each snapshot.
const FROM_ELSEWHERE: u32 = 55;

/// Lead numbers begin here.
const FIRST_NUMBER: u32 = 410_000;

/// The contact details of a record, hashed.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub(super) email: String,
    pub(super) phone: String,
}

/// A record of the client's CRM.
pub(super) struct Record {
    pub(super) number: u32,
    pub(super) entry: Day,
    pub(super) city: String,
    pub(super) state: &'static str,
    pub(super) zip: String,
    contacts: Vec<(Day, Contact)>,
    life: Life,
    /// The day on which somebody deleted it.
    deleted: Option<Day>,
    /// Where it stands in the files, among the others.
    rank: u64,
}

impl Record {
    /// What a snapshot of `day` shows of the record, if it shows it.
    pub(super) fn on(&self, day: Day) -> Option<(&Contact, Progress)> {
        let in_window = (day - WINDOW..=day).contains(&self.entry);
        let deleted = self.deleted.is_some_and(|deleted| deleted <= day);
        let progress = self.life.on(day).filter(|_| in_window && !deleted)?;
        let (_, contact) = self.contacts.iter().rev().find(|(from, _)| *from <= day)?;
        Some((contact, progress))
    }
}

/// All records that ever were, in the order in which the files show them.
pub(super) fn records(draws: &mut Draws, leads: &[Lead], people: &mut People) -> Vec<Record> {
    let mut records = Vec::new();
    for lead in leads.iter().filter(|lead| lead.day <= LAST) {
        enter(draws, lead, &mut records);
    }
    for index in 0..FROM_ELSEWHERE {
        let drawn = draws.between(0, 156) - WINDOW;
        let entry = usize::try_from(index).ok().and_then(|index| SNAPSHOTS.get(index)).copied();
        let entry = entry.unwrap_or(drawn);
        let person = people.next(draws);
        let life = Life::of(draws, entry, &ELSEWHERE);
        records.push(record(draws, &person, entry, life));
    }
    number(draws, &mut records);
    put_placeholders(&mut records);
    records.sort_by_key(|record| record.rank);
    records
}

/// The client enters a lead, or does not, or does it twice.
fn enter(draws: &mut Draws, lead: &Lead, records: &mut Vec<Record>) {
    if lead.fate == Fate::Usual && !draws.chance(lead.source.entered) {
        return;
    }
    let entry = lead.day
        + match draws.below(100) {
            0 => -1,
            1..81 => 0,
            81..94 => 1,
            _ => draws.between(2, 3),
        };
    let life = match lead.fate {
        Fate::Usual => Life::of(draws, entry, lead.source),
        Fate::Again => Life::duplicate(draws, entry),
        Fate::TakenBack => Life::taken_back(draws, entry),
    };
    records.push(record(draws, &lead.person, entry, life));
    if draws.chance(50) {
        let entry = entry + draws.between(1, 20);
        let life = if draws.chance(600) {
            Life::duplicate(draws, entry)
        } else {
            Life::of(draws, entry, lead.source)
        };
        records.push(record(draws, &lead.person, entry, life));
    }
}

/// A record of `person`, as somebody types it in; it has no number yet.
fn record(draws: &mut Draws, person: &Person, entry: Day, life: Life) -> Record {
    let place = &person.place;
    let (city, state) = match draws.below(1000) {
        0..60 => (format!("{:28}", place.city), place.state),
        60..70 => (format!("{} ", place.city), place.state),
        70..73 => (String::new(), "  "),
        73..76 => (String::new(), "nu"),
        76..90 => (place.city.to_uppercase(), place.state),
        _ => (place.city.to_owned(), place.state),
    };
    let zip = match draws.below(1000) {
        0..4 => String::new(),
        4..6 => "0".to_owned(),
        _ => place.zip.clone(),
    };
    let contacts = contacts(draws, person, entry);
    let deleted = draws.chance(8).then(|| entry + draws.between(20, 110));
    Record { number: 0, entry, city, state, zip, contacts, life, deleted, rank: draws.word() }
}

/// The contact details of a record over time: mostly those of the lead; some are others, some are junk, and some
/// are corrected later.
fn contacts(draws: &mut Draws, person: &Person, entry: Day) -> Vec<(Day, Contact)> {
    let contact = |email: &str, phone: &str| Contact { email: sha1_hex(email), phone: sha1_hex(phone) };
    let (email, phone) = (person.email(), person.phone());
    let (other_email, other_phone) = (person.other_email(), person.other_phone());
    let right = contact(&email, &phone);
    let later = entry + draws.between(2, 40);
    match draws.below(1000) {
        0..25 => vec![(entry, contact(&email, &other_phone))],
        25..45 => vec![(entry, contact(&other_email, &phone))],
        45..75 => vec![(entry, contact(&email, &other_phone)), (later, right)],
        75..95 => vec![(entry, contact(&other_email, &phone)), (later, right)],
        95..115 => vec![(entry, right), (later, contact(&email, &other_phone))],
        115..125 => vec![(entry, contact("noemail@noemail.com", &phone))],
        125..132 => vec![(entry, contact(&email, "+10000000000"))],
        _ => vec![(entry, right)],
    }
}

/// Gives the records ascending numbers by their entry, with gaps for other sellers' leads.
fn number(draws: &mut Draws, records: &mut [Record]) {
    records.sort_by_key(|record| (record.entry, record.rank));
    let mut number = FIRST_NUMBER;
    for record in records {
        number += 1 + draws.below(200);
        record.number = number;
    }
}

/// Some records carry the office's placeholder, most of them as the email, a few as the phone.
fn put_placeholders(records: &mut [Record]) {
    for (index, record) in records.iter_mut().enumerate() {
        for (_, contact) in &mut record.contacts {
            if index % 43 == 7 {
                contact.email = sha1_hex(PLACEHOLDER);
            } else if index % 230 == 100 {
                contact.phone = sha1_hex(PLACEHOLDER);
            }
        }
    }
}
