//! Identifiers that a client's records carried and carry no longer, or that only rows carry.
//!
//! People correct their contact details in a CRM, so each version is held against the leads (spec 2.3). Few
//! records ever change theirs: what a record carries now stands in its state, and only the rest is kept here.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::group::Identifiers;
use super::record::{Record, State};

/// A pair that a record carried, and the last version that had it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Past {
    identifiers: Identifiers,
    last_version: u32,
}

/// What no record carries now.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Identities {
    /// By record.
    past: BTreeMap<u32, Vec<Past>>,
    /// Of rows passed over for their record's best one.
    rows: BTreeSet<Identifiers>,
}

impl Identities {
    /// A record is about to change from its current version to `after`.
    pub(super) fn changed(&mut self, place: u32, record: &Record, after: &State) {
        let identifiers = carried(&record.state);
        if identifiers == carried(after) || identifiers == (None, None) {
            return;
        }
        let past = self.past.entry(place).or_default();
        past.retain(|past| past.identifiers != identifiers);
        past.push(Past { identifiers, last_version: record.version });
    }

    /// Pairs that a record carried before its current version, each with the last version that had it.
    pub(super) fn past(&self, place: u32) -> impl Iterator<Item = (Identifiers, u32)> {
        self.past.get(&place).into_iter().flatten().map(|past| (past.identifiers, past.last_version))
    }

    /// Pairs of rows that were passed over.
    pub(super) fn rows(&self) -> impl Iterator<Item = Identifiers> {
        self.rows.iter().copied()
    }

    /// The same for records that stand at other places now; those of records that are gone are left out, and pairs of
    /// rows that do not stay.
    pub(super) fn renumbered(
        &self,
        now: impl Fn(u32) -> Option<u32>,
        stays: impl Fn(Identifiers) -> bool,
    ) -> Self {
        let past = self.past.iter().filter_map(|(place, past)| Some((now(*place)?, past.clone())));
        Self { past: past.collect(), rows: self.rows.iter().copied().filter(|pair| stays(*pair)).collect() }
    }

    /// Rows carry these and were passed over.
    pub(super) fn passed_over(&mut self, identifiers: impl Iterator<Item = Identifiers>) {
        self.rows.extend(identifiers);
    }
}

const fn carried(state: &State) -> Identifiers {
    (state.email, state.phone)
}
