//! Claims of a client against the seller: linked records whose disposition means that the lead was not worth its price.
//! The data say what they can to it (spec 2.7):
//!
//! * A duplicate is borne out when somebody stands behind the claimed lead who was there before: another lead of the
//!   client, delivered no later, or another CRM record of earlier entry. If neither is there, the data speak against the
//!   claim.
//! * Out of area is spoken against by appointments that the client set in the same ZIP code from other leads. If there
//!   are none, nothing is known.
//! * Anything else cannot be checked.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use leadq_contract::vocabulary::{Claim, Verdict};

use super::candidates::{Candidate, Links};
use super::carriers::Carriers;
use super::details::{Details, OfClaim};
use super::leads::{Leads, UNKNOWN};
use super::{Id, NONE};
use crate::ClientFold;
use crate::fold::{DAY, Record};

/// A claim and what the data say to it.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) record: u32,
    pub(super) lead: u32,
    pub(super) claim: Claim,
    pub(super) verdict: Verdict,
    pub(super) evidence: Option<Evidence>,
    /// ZIP code of the record, else of the lead.
    pub(super) zip: Option<Box<str>>,
    pub(super) price: Option<i128>,
}

/// What a verdict rests on.
#[derive(Debug)]
pub(super) struct Evidence {
    /// What kind of: `lead`, `record` or `place`.
    pub(super) kind: &'static str,
    /// How many there are.
    pub(super) count: u64,
    /// One of them: the row of a lead, and the place of a record.
    pub(super) lead: Option<u32>,
    pub(super) record: Option<u32>,
    /// Wall time: when it was delivered, entered (midnight) or first seen set.
    pub(super) at: Option<i64>,
    /// By what the person is the same.
    pub(super) shared_by: Option<&'static str>,
}

/// What dispositions claim, by symbol.
struct ClaimWords(Vec<Option<Claim>>);

impl ClaimWords {
    fn of(fold: &ClientFold) -> Self {
        Self(fold.dispositions().map(|(text, outcome)| Claim::of(outcome, text)).collect())
    }

    /// What a record claims, if it does.
    fn claim(&self, record: &Record) -> Option<Claim> {
        record.state.dispo.and_then(|dispo| self.0[dispo.index()])
    }
}

/// Leads of which more has to be known: those claimed, and whoever may stand behind them. Links are not ranked yet: any
/// candidate of a record may be the one.
pub(super) struct Claimable {
    rows: HashSet<u32>,
}

impl Claimable {
    pub(super) fn of(
        fold: &ClientFold,
        leads: &Leads,
        carriers: &Carriers,
        candidates: &[Candidate],
    ) -> Self {
        let mut rows = HashSet::new();
        let mut persons: [HashSet<Id>; 2] = Default::default();
        let words = ClaimWords::of(fold);
        for candidate in candidates {
            let Some(claim) = words.claim(&fold.held()[candidate.record as usize]) else { continue };
            rows.insert(candidate.lead);
            if claim == Claim::Duplicate {
                let ids = identifiers(candidate, leads, carriers);
                for (set, ids) in persons.iter_mut().zip(ids) {
                    set.extend(ids);
                }
            }
        }
        if persons.iter().any(|set| !set.is_empty()) {
            let behind = |row: &u32| {
                persons[0].contains(&leads.email(*row)) || persons[1].contains(&leads.phone(*row))
            };
            rows.extend(leads.scope().filter(behind));
        }
        Self { rows }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.rows.iter().copied()
    }

    pub(super) fn has(&self, row: u32) -> bool {
        self.rows.contains(&row)
    }
}

/// Emails and phones of the person that a duplicate is claimed of: what the lead carries, and what its record ever
/// carried. Hubs count as null, as in matching; since a link needs an identifier that is none, no claim is without one.
fn identifiers(link: &Candidate, leads: &Leads, carriers: &Carriers) -> [Vec<Id>; 2] {
    let pairs = carriers.of_record(link.record).iter();
    let (mut emails, mut phones): (Vec<Id>, Vec<Id>) = pairs.map(|pair| (pair.email, pair.phone)).unzip();
    emails.push(leads.email(link.lead));
    phones.push(leads.phone(link.lead));
    [emails, phones].map(|mut ids| {
        ids.retain(|id| *id != NONE);
        ids.sort_unstable();
        ids.dedup();
        ids
    })
}

/// Judges every claim.
pub(super) fn judge(
    fold: &ClientFold,
    leads: &Leads,
    carriers: &Carriers,
    links: &Links,
    details: &Details,
) -> Vec<Claimed> {
    let words = ClaimWords::of(fold);
    let claim = |link: &Candidate| words.claim(&fold.held()[link.record as usize]);
    let claimed: Vec<(Candidate, Claim)> =
        links.selected().filter_map(|link| Some((*link, claim(link)?))).collect();
    if claimed.is_empty() {
        return Vec::new();
    }
    let judge = Judge {
        fold,
        leads,
        carriers,
        links,
        details,
        persons: Persons::of(leads, details),
        appointments: appointments(fold, links, details),
    };
    claimed.into_iter().map(|(link, claim)| judge.claim(&link, claim)).collect()
}

/// Leads that may stand behind a claim, by email and by phone.
struct Persons {
    by: [HashMap<Id, Vec<u32>>; 2],
}

impl Persons {
    fn of(leads: &Leads, details: &Details) -> Self {
        let mut by: [HashMap<Id, Vec<u32>>; 2] = Default::default();
        for row in details.of_claims().filter(|row| leads.in_scope(*row)) {
            for (side, id) in [leads.email(row), leads.phone(row)].into_iter().enumerate() {
                if id != NONE {
                    by[side].entry(id).or_default().push(row);
                }
            }
        }
        Self { by }
    }
}

/// A lead with an appointment in a ZIP code: the snapshot that showed it first, and the lead's row.
type Appointment = (u32, u32);

/// Appointments by ZIP code, those first seen latest before others, then by the lead's id.
fn appointments<'f>(
    fold: &'f ClientFold,
    links: &Links,
    details: &Details,
) -> HashMap<&'f str, Vec<Appointment>> {
    let mut first: HashMap<(&str, u32), u32> = HashMap::new();
    for link in links.selected() {
        let record = &fold.held()[link.record as usize];
        let (Some(zip), Some(snapshot)) = (record.state.zip, record.first_set) else { continue };
        let first = first.entry((fold.words().zip.text(zip), link.lead)).or_insert(snapshot);
        *first = snapshot.min(*first);
    }
    let mut by_zip: HashMap<&str, Vec<Appointment>> = HashMap::new();
    for ((zip, lead), snapshot) in first {
        by_zip.entry(zip).or_default().push((snapshot, lead));
    }
    let at = |snapshot: u32| Reverse(fold.snapshot(snapshot).at);
    for all in by_zip.values_mut() {
        all.sort_unstable_by(|a, b| {
            at(a.0).cmp(&at(b.0)).then_with(|| details.uuid(a.1).cmp(details.uuid(b.1)))
        });
    }
    by_zip
}

struct Judge<'a> {
    fold: &'a ClientFold,
    leads: &'a Leads,
    carriers: &'a Carriers,
    links: &'a Links,
    details: &'a Details,
    persons: Persons,
    appointments: HashMap<&'a str, Vec<Appointment>>,
}

/// By which columns a person is the same.
#[derive(Debug, Clone, Copy, Default)]
struct Shared([bool; 2]);

impl Shared {
    const fn name(self) -> &'static str {
        match self.0 {
            [true, true] => "email_and_phone",
            [true, false] => "email",
            _ => "phone",
        }
    }
}

impl Judge<'_> {
    fn claim(&self, link: &Candidate, claim: Claim) -> Claimed {
        let record = &self.fold.held()[link.record as usize];
        let OfClaim { zip: lead_zip, price, .. } = self.details.of_claim(link.lead);
        let zip = record.state.zip.map(|zip| self.fold.words().zip.text(zip).into()).or(lead_zip);
        let evidence = match claim {
            Claim::Duplicate => {
                let ids = identifiers(link, self.leads, self.carriers);
                self.earlier_lead(link, &ids).or_else(|| self.earlier_record(link, &ids))
            }
            Claim::OutOfArea => zip.as_deref().and_then(|zip| self.appointment_in(zip, link.lead)),
            _ => None,
        };
        let verdict = match (claim, &evidence) {
            (Claim::Duplicate, Some(_)) => Verdict::Supported,
            (Claim::Duplicate, None) | (Claim::OutOfArea, Some(_)) => Verdict::Contradicted,
            _ => Verdict::Unchecked,
        };
        Claimed { record: link.record, lead: link.lead, claim, verdict, evidence, zip, price }
    }

    /// Another lead of the person, delivered no later; one of the two without a time may have been earlier. Of several
    /// that delivered last, those without a time after others.
    fn earlier_lead(&self, link: &Candidate, ids: &[Vec<Id>; 2]) -> Option<Evidence> {
        let claimed_at = self.leads.delivered(link.lead);
        let mut found: BTreeMap<u32, Shared> = BTreeMap::new();
        for (side, ids) in ids.iter().enumerate() {
            let rows = ids.iter().filter_map(|id| self.persons.by[side].get(id)).flatten();
            for row in rows.filter(|row| **row != link.lead) {
                let at = self.leads.delivered(*row);
                if at == UNKNOWN || claimed_at == UNKNOWN || at <= claimed_at {
                    found.entry(*row).or_default().0[side] = true;
                }
            }
        }
        let order = |row: &u32| (Reverse(self.leads.delivered(*row)), self.details.uuid(*row));
        let (lead, shared) = found.iter().min_by(|a, b| order(a.0).cmp(&order(b.0)))?;
        Some(Evidence {
            kind: "lead",
            count: found.len() as u64,
            lead: Some(*lead),
            record: None,
            at: self.details.of_claim(*lead).local,
            shared_by: Some(shared.name()),
        })
    }

    /// Another CRM record of the person, entered on an earlier day; of several the latest.
    fn earlier_record(&self, link: &Candidate, ids: &[Vec<Id>; 2]) -> Option<Evidence> {
        let records = self.fold.held();
        let claimed = records[link.record as usize].state.entry_date?;
        let mut found: BTreeMap<u32, Shared> = BTreeMap::new();
        let mut note = |side: usize, record: u32| {
            let entered = records[record as usize].state.entry_date;
            if record != link.record && entered.is_some_and(|entered| entered < claimed) {
                found.entry(record).or_default().0[side] = true;
            }
        };
        ids[0].iter().flat_map(|id| self.carriers.with_email(*id)).for_each(|pair| note(0, pair.record));
        ids[1].iter().flat_map(|id| self.carriers.with_phone(*id)).for_each(|pair| note(1, pair.record));
        let order = |place: &u32| {
            let record = &records[*place as usize];
            let number = record.number();
            let first = (record.first.snapshot, record.first.line);
            (Reverse(record.state.entry_date), number.is_none(), number, first)
        };
        let (record, shared) = found.iter().min_by(|a, b| order(a.0).cmp(&order(b.0)))?;
        Some(Evidence {
            kind: "record",
            count: found.len() as u64,
            lead: self.links.of_record(*record).map(|link| link.lead),
            record: Some(*record),
            at: records[*record as usize].state.entry_date.map(|day| i64::from(day) * DAY),
            shared_by: Some(shared.name()),
        })
    }

    /// Appointments in a ZIP code; the claimed lead's own is no evidence.
    fn appointment_in(&self, zip: &str, claimed: u32) -> Option<Evidence> {
        let all = self.appointments.get(zip)?;
        let (snapshot, lead) = all.iter().find(|(_, lead)| *lead != claimed)?;
        let own = all.iter().filter(|(_, lead)| *lead == claimed).count();
        Some(Evidence {
            kind: "place",
            count: (all.len() - own) as u64,
            lead: Some(*lead),
            record: None,
            at: Some(self.fold.snapshot(*snapshot).at),
            shared_by: None,
        })
    }
}
