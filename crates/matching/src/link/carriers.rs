//! Pairs of identifiers that records ever carried, found by either of the two (spec 2.3).
//!
//! People correct their contact details in a CRM, so each version of a record is held against the leads. This is the
//! smaller side: the tables are built over it, and the leads pass by.

use hashbrown::{HashSet, HashTable};

use super::hubs::Hub;
use super::{Id, NONE, id_of};
use crate::ClientFold;

/// The end of a chain.
const END: u32 = u32::MAX;

/// A pair that a record ever carried, hubs left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) record: u32,
    pub(super) email: Id,
    pub(super) phone: Id,
    /// The last version that had it.
    pub(super) last_version: u32,
    pub(super) is_latest: bool,
}

/// What records carry.
#[derive(Debug)]
pub(super) struct Carriers {
    pairs: Vec<Pair>,
    by_email: Chains,
    by_phone: Chains,
}

/// Pairs by one identifier: those that share it form a chain.
#[derive(Debug, Default)]
struct Chains {
    heads: HashTable<(Id, u32)>,
    next: Vec<u32>,
}

impl Chains {
    fn of(ids: impl ExactSizeIterator<Item = Id>) -> Self {
        let mut chains = Self { heads: HashTable::with_capacity(ids.len()), next: vec![END; ids.len()] };
        for (place, id) in (0u32..).zip(ids) {
            if id == NONE {
                continue;
            }
            match chains.heads.find_mut(id as u64, |(other, _)| *other == id) {
                Some((_, head)) => chains.next[place as usize] = std::mem::replace(head, place),
                None => {
                    chains.heads.insert_unique(id as u64, (id, place), |(id, _)| *id as u64);
                }
            }
        }
        chains
    }

    fn head(&self, id: Id) -> Option<u32> {
        self.heads.find(id as u64, |(other, _)| *other == id).map(|(_, head)| *head)
    }
}

impl Carriers {
    pub(super) fn of(fold: &ClientFold) -> Self {
        let pairs: Vec<Pair> = fold
            .carried()
            .map(|carried| Pair {
                record: carried.record,
                email: id_of(carried.identifiers.0),
                phone: id_of(carried.identifiers.1),
                last_version: carried.last_version,
                is_latest: carried.is_latest,
            })
            .collect();
        let by_email = Chains::of(pairs.iter().map(|pair| pair.email));
        let by_phone = Chains::of(pairs.iter().map(|pair| pair.phone));
        Self { pairs, by_email, by_phone }
    }

    /// The pairs, by record.
    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Pairs of a record, in the order of [`Self::pairs`].
    pub(super) fn of_record(&self, record: u32) -> &[Pair] {
        let from = self.pairs.partition_point(|pair| pair.record < record);
        let pairs = &self.pairs[from..];
        &pairs[..pairs.iter().take_while(|pair| pair.record == record).count()]
    }

    /// Hubs count as null from here on.
    pub(super) fn pass_over(&mut self, hubs: &[Hub]) {
        if hubs.is_empty() {
            return;
        }
        let hubs: HashSet<Id> = hubs.iter().map(|hub| hub.id).collect();
        for pair in &mut self.pairs {
            for id in [&mut pair.email, &mut pair.phone] {
                if hubs.contains(id) {
                    *id = NONE;
                }
            }
        }
        for chains in [&mut self.by_email, &mut self.by_phone] {
            chains.heads.retain(|(id, _)| !hubs.contains(id));
        }
    }

    /// Pairs with an email.
    pub(super) fn with_email(&self, email: Id) -> impl Iterator<Item = &Pair> {
        self.chain(&self.by_email, email)
    }

    /// Pairs with a phone.
    pub(super) fn with_phone(&self, phone: Id) -> impl Iterator<Item = &Pair> {
        self.chain(&self.by_phone, phone)
    }

    fn chain<'c>(&'c self, chains: &'c Chains, id: Id) -> impl Iterator<Item = &'c Pair> {
        let head = if id == NONE { None } else { chains.head(id) };
        let next = |place: &u32| {
            let next = chains.next[*place as usize];
            (next != END).then_some(next)
        };
        std::iter::successors(head, next).map(|place| &self.pairs[place as usize])
    }

    /// Whether any record has a usable email; or phone.
    pub(super) fn has(&self) -> [bool; 2] {
        [!self.by_email.heads.is_empty(), !self.by_phone.heads.is_empty()]
    }
}
