//! What matching and its findings read of a fold: records as they stand, and what they carried.

use leadq_contract::ClientSettings;
use leadq_contract::vocabulary::Outcome;

use super::group::Identifiers;
use super::record::{NaturalKey, Origin, Record};
use super::symbols::Symbol;
use super::{ClientFold, SnapshotMeta, Texts};

/// A pair of identifiers that a record ever carried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carried {
    /// The record's place among the client's.
    pub(crate) record: u32,
    /// Email and phone; at least one of them is there.
    pub(crate) identifiers: Identifiers,
    /// The last version that had it.
    pub(crate) last_version: u32,
    /// The latest version has it.
    pub(crate) is_latest: bool,
}

impl ClientFold {
    /// The client.
    pub(crate) const fn settings(&self) -> &ClientSettings {
        &self.client
    }

    /// The records; what belongs to one is named by its place here.
    pub(crate) fn held(&self) -> &[Record] {
        &self.kept.records
    }

    /// The client's interned texts.
    pub(crate) const fn words(&self) -> &Texts {
        &self.kept.texts
    }

    /// A snapshot by its number.
    pub(crate) fn snapshot(&self, number: u32) -> &SnapshotMeta {
        &self.kept.snapshots[number as usize - 1]
    }

    /// Pairs that a record ever carried, its current one first.
    pub(crate) fn carried_by(&self, place: u32) -> impl Iterator<Item = Carried> + '_ {
        let record = &self.kept.records[place as usize];
        let current = (record.state.email, record.state.phone);
        let now = (current != (None, None)).then_some(Carried {
            record: place,
            identifiers: current,
            last_version: record.version,
            is_latest: true,
        });
        let past = self.kept.identities.past(place).filter(move |(identifiers, _)| *identifiers != current);
        now.into_iter().chain(past.map(move |(identifiers, last_version)| Carried {
            record: place,
            identifiers,
            last_version,
            is_latest: false,
        }))
    }

    /// Pairs that records ever carried.
    pub(crate) fn carried(&self) -> impl Iterator<Item = Carried> + '_ {
        (0..self.kept.records.len() as u32).flat_map(|place| self.carried_by(place))
    }

    /// Pairs that only rows carry which were passed over for their record's best one.
    pub(crate) fn passed_over(&self) -> impl Iterator<Item = Identifiers> + '_ {
        self.kept.identities.rows()
    }

    /// Versions that took back a `set`: the record's place, and where the version began.
    pub(crate) fn unset(&self) -> &[(u32, Origin)] {
        &self.kept.unset
    }

    /// Whether a record counts as sold: by its demo, and by its latest disposition (spec 2.5).
    pub(crate) fn is_sold(&self, record: &Record) -> bool {
        record.demo() && self.means_sale(record.state.dispo)
    }

    /// What a disposition means.
    pub(crate) fn outcome_of(&self, dispo: Symbol) -> Outcome {
        self.outcomes[dispo.index()]
    }

    /// Whether the latest snapshot has a record, and if not, whether its window explains that (spec 2.2).
    pub(crate) fn presence(&self, record: &Record) -> &'static str {
        if record.last.snapshot as usize == self.kept.snapshots.len() {
            return "present";
        }
        let window = self.kept.snapshots.last().and_then(|latest| latest.entry_range);
        match (record.state.entry_date, window) {
            (Some(entry), Some((from, _))) if entry < from => "aged_out",
            _ => "vanished",
        }
    }
}

impl Record {
    /// The client's number of it, if it has one.
    pub(crate) fn number(&self) -> Option<&str> {
        match &self.natural {
            NaturalKey::Number(number) => Some(number),
            NaturalKey::Identity(_) => None,
        }
    }
}
