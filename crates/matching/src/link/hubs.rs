//! Identifiers that are not used for matching (spec 2.3): those of too many leads or records (an office line, a dummy),
//! and those that stand both in an email and in a phone column (a placeholder that was hashed). Counted over leads in
//! scope and all records; rows that no version came from count for the second rule too.
//!
//! Nearly every identifier stands once or twice, and a table of all of them would be the largest thing in memory. So a
//! sketch is made first: what it cannot rule out is counted exactly.

use hashbrown::HashMap;

use super::carriers::Carriers;
use super::leads::Leads;
use super::{Id, NONE, id_of};
use crate::ClientFold;

/// Who carries an identifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// By [`Kind`].
    of: [u64; Kind::COUNT],
}

/// In which column of what an identifier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    LeadEmail,
    LeadPhone,
    RecordEmail,
    RecordPhone,
    RowEmail,
    RowPhone,
}

impl Kind {
    const COUNT: usize = 6;

    const fn is_email(self) -> bool {
        matches!(self, Self::LeadEmail | Self::RecordEmail | Self::RowEmail)
    }
}

impl Counts {
    const fn get(&self, kind: Kind) -> u64 {
        self.of[kind as usize]
    }

    pub(super) const fn lead_emails(&self) -> u64 {
        self.get(Kind::LeadEmail)
    }

    pub(super) const fn lead_phones(&self) -> u64 {
        self.get(Kind::LeadPhone)
    }

    pub(super) const fn record_emails(&self) -> u64 {
        self.get(Kind::RecordEmail)
    }

    pub(super) const fn record_phones(&self) -> u64 {
        self.get(Kind::RecordPhone)
    }

    /// Whether it stands in an email column; and in a phone column.
    pub(super) const fn stands_in(&self) -> [bool; 2] {
        [
            self.get(Kind::LeadEmail) + self.get(Kind::RecordEmail) + self.get(Kind::RowEmail) > 0,
            self.get(Kind::LeadPhone) + self.get(Kind::RecordPhone) + self.get(Kind::RowPhone) > 0,
        ]
    }
}

/// An identifier that is not used, and who carries it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hub {
    pub(super) id: Id,
    pub(super) counts: Counts,
}

/// The hubs of a client.
pub(super) fn find(fold: &ClientFold, leads: &Leads, carriers: &Carriers) -> Vec<Hub> {
    let all = All { fold, leads, carriers };
    let most = |kind| -> u64 {
        match kind {
            Kind::LeadEmail | Kind::LeadPhone => fold.settings().max_leads_per_key.into(),
            Kind::RecordEmail | Kind::RecordPhone => fold.settings().max_records_per_key.into(),
            Kind::RowEmail | Kind::RowPhone => u64::MAX,
        }
    };
    let mut sketch = Sketch::new(2 * leads.rows() + 2 * carriers.pairs().len());
    all.each(|id, kind| sketch.add(id, kind));
    let mut counted: HashMap<Id, Counts> = HashMap::new();
    all.each(|id, kind| {
        if sketch.may_be(id, kind, most(kind)) {
            counted.entry(id).or_default();
        }
    });
    drop(sketch);
    if counted.is_empty() {
        return Vec::new();
    }
    all.each(|id, kind| {
        if let Some(counts) = counted.get_mut(&id) {
            counts.of[kind as usize] += 1;
        }
    });
    const LIMITED: [Kind; 4] = [Kind::LeadEmail, Kind::LeadPhone, Kind::RecordEmail, Kind::RecordPhone];
    let is_hub = |counts: &Counts| {
        LIMITED.into_iter().any(|kind| counts.get(kind) > most(kind)) || counts.stands_in() == [true, true]
    };
    let hubs =
        counted.into_iter().filter(|(_, counts)| is_hub(counts)).map(|(id, counts)| Hub { id, counts });
    let mut hubs: Vec<Hub> = hubs.collect();
    hubs.sort_unstable_by_key(|hub| hub.id);
    hubs
}

/// Whatever carries identifiers.
struct All<'a> {
    fold: &'a ClientFold,
    leads: &'a Leads,
    carriers: &'a Carriers,
}

impl All<'_> {
    /// Each identifier as often as it counts: once a lead, once a record, once a pair of a row.
    fn each(&self, mut take: impl FnMut(Id, Kind)) {
        let mut given = |id: Id, kind: Kind| {
            if id != NONE {
                take(id, kind);
            }
        };
        for row in self.leads.scope() {
            given(self.leads.email(row), Kind::LeadEmail);
            given(self.leads.phone(row), Kind::LeadPhone);
        }
        for pairs in self.carriers.pairs().chunk_by(|a, b| a.record == b.record) {
            for (place, pair) in pairs.iter().enumerate() {
                if !pairs[..place].iter().any(|before| before.email == pair.email) {
                    given(pair.email, Kind::RecordEmail);
                }
                if !pairs[..place].iter().any(|before| before.phone == pair.phone) {
                    given(pair.phone, Kind::RecordPhone);
                }
            }
        }
        for (email, phone) in self.fold.passed_over() {
            given(id_of(email), Kind::RowEmail);
            given(id_of(phone), Kind::RowPhone);
        }
    }
}

/// Which identifiers may be hubs: in slots that several may share, how often one was counted, and in which columns.
struct Sketch {
    /// Occurrences in an email column in the lower half, in a phone column in the upper; 15 stands for as many or more.
    slots: Vec<u8>,
    mask: usize,
}

impl Sketch {
    /// The most that a slot counts of a column.
    const FULL: u8 = 15;

    /// A sketch for about so many identifiers.
    fn new(ids: usize) -> Self {
        // Eight slots an identifier: one in eight meets another one by chance, and is counted exactly for nothing.
        let slots = (8 * ids).next_power_of_two().clamp(1 << 12, 1 << 28);
        Self { slots: vec![0; slots], mask: slots - 1 }
    }

    fn slot(&self, id: Id) -> usize {
        (id >> 64) as usize & self.mask
    }

    fn add(&mut self, id: Id, kind: Kind) {
        let slot = self.slot(id);
        let slot = &mut self.slots[slot];
        let (one, count) = if kind.is_email() { (1, *slot & 15) } else { (16, *slot >> 4) };
        if count < Self::FULL {
            *slot += one;
        }
    }

    /// Whether an identifier may be carried by more than `most`, or stand in both columns.
    fn may_be(&self, id: Id, kind: Kind, most: u64) -> bool {
        let slot = self.slots[self.slot(id)];
        let (emails, phones) = (slot & 15, slot >> 4);
        let count = if kind.is_email() { emails } else { phones };
        (emails > 0 && phones > 0) || count == Self::FULL || u64::from(count) > most
    }
}
