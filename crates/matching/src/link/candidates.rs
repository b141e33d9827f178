//! Which leads fit which records, in what tier and order; at most one is selected (spec 2.3).

use std::cmp::{Ordering, Reverse};

use super::NONE;
use super::carriers::{Carriers, Pair};
use super::details::Details;
use super::leads::{Leads, NO_DAY, UNKNOWN};
use crate::ClientFold;

/// Candidates of a record that are kept: the selected one, and up to ten passed over.
const KEPT: usize = 11;

/// A lead that shares an identifier with a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) record: u32,
    /// Row of the lead.
    pub(super) lead: u32,
    last_version: u32,
    /// 1: both equal; 2: one equal, the other null on at least one side; 3: one equal, the other differs.
    pub(super) tier: u8,
    /// Found by the phone; by the email otherwise.
    pub(super) by_phone: bool,
    /// By the record's latest version.
    pub(super) is_latest: bool,
}

impl Candidate {
    fn of(pair: &Pair, lead: u32, tier: u8, by_phone: bool) -> Self {
        let Pair { record, last_version, is_latest, .. } = *pair;
        Self { record, lead, last_version, tier, by_phone, is_latest }
    }

    /// Name of how it was found.
    pub(super) const fn match_type(&self) -> &'static str {
        match (self.tier, self.by_phone) {
            (1, _) => "email_and_phone",
            (2, false) => "email",
            (2, true) => "phone",
            (_, false) => "email_conflict",
            (_, true) => "phone_conflict",
        }
    }
}

/// Each record's candidates, a lead once: at its best tier over the record's versions, as of the latest version at that
/// tier. By record and lead.
pub(super) fn find(leads: &mut Leads, carriers: &Carriers) -> Vec<Candidate> {
    let (mut candidates, mut found) = (Vec::new(), [0; 2]);
    for lead in leads.scope() {
        let (email, phone) = (leads.email(lead), leads.phone(lead));
        let mut finds = [false; 2];
        for pair in carriers.with_email(email) {
            finds[0] = true;
            let tier = match pair.phone {
                other if other != NONE && other == phone => 1,
                other if other == NONE || phone == NONE => 2,
                _ => 3,
            };
            candidates.push(Candidate::of(pair, lead, tier, false));
        }
        for pair in carriers.with_phone(phone) {
            finds[1] = true;
            // What equals in both was found by email already.
            match pair.email {
                other if other == NONE || email == NONE => {
                    candidates.push(Candidate::of(pair, lead, 2, true))
                }
                other if other != email => candidates.push(Candidate::of(pair, lead, 3, true)),
                _ => {}
            }
        }
        for (found, finds) in found.iter_mut().zip(finds) {
            *found += u64::from(finds);
        }
    }
    for (side, found) in leads.found.iter_mut().zip(found) {
        side[1] = found;
    }
    candidates.sort_unstable_by_key(|c| (c.record, c.lead, c.tier, Reverse(c.last_version), c.by_phone));
    candidates.dedup_by_key(|c| (c.record, c.lead));
    candidates
}

/// Links: candidates in their order.
#[derive(Debug)]
pub(super) struct Links {
    /// By record, the best first; at most [`KEPT`] of each.
    all: Vec<Candidate>,
}

impl Links {
    /// Ranks the candidates of each record: tier, latest version before others, email before phone; then leads delivered
    /// by the end of the record's entry date, of those the latest, before the others, of those the earliest, before
    /// leads without a time; then by id. A record without entry date has no order by time.
    pub(super) fn rank(
        candidates: Vec<Candidate>,
        leads: &Leads,
        details: &Details,
        fold: &ClientFold,
    ) -> Self {
        let mut all = candidates;
        let records = fold.held();
        all.chunk_by_mut(|a, b| a.record == b.record).for_each(|candidates| {
            let Some(first) = candidates.first() else { return };
            let entry = records[first.record as usize].state.entry_date;
            let time = |lead: u32| -> (u8, i64) {
                let (delivered, day) = (leads.delivered(lead), leads.day(lead));
                match entry {
                    None => (0, 0),
                    Some(_) if day == NO_DAY || delivered == UNKNOWN => (2, 0),
                    Some(entry) if day <= entry => (0, -delivered),
                    Some(_) => (1, delivered),
                }
            };
            let key = |c: &Candidate| (c.tier, !c.is_latest, c.by_phone, time(c.lead));
            let order = |a: &Candidate, b: &Candidate| -> Ordering {
                key(a).cmp(&key(b)).then_with(|| details.uuid(a.lead).cmp(details.uuid(b.lead)))
            };
            candidates.sort_unstable_by(order);
        });
        let mut place = 0;
        let mut before = None;
        all.retain(|candidate| {
            place = if before == Some(candidate.record) { place + 1 } else { 0 };
            before = Some(candidate.record);
            place < KEPT
        });
        Self { all }
    }

    /// All of them, with their ranks from 1.
    pub(super) fn ranked(&self) -> impl Iterator<Item = (&Candidate, u8)> + Clone {
        let by_record = self.all.chunk_by(|a, b| a.record == b.record);
        by_record.flat_map(|candidates| candidates.iter().zip(1..))
    }

    /// The selected ones.
    pub(super) fn selected(&self) -> impl Iterator<Item = &Candidate> {
        self.by_record().filter_map(<[Candidate]>::first)
    }

    /// The links of each record that has any, the best first.
    pub(super) fn by_record(&self) -> impl Iterator<Item = &[Candidate]> {
        self.all.chunk_by(|a, b| a.record == b.record)
    }

    /// The selected link of a record.
    pub(super) fn of_record(&self, record: u32) -> Option<&Candidate> {
        let place = self.all.partition_point(|c| c.record < record);
        self.all.get(place).filter(|c| c.record == record)
    }
}
