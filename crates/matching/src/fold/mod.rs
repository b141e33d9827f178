//! The fold: a client's snapshots, one after the other in snapshot order, to the history of its records
//! (spec 2.1, 2.2).
//!
//! Snapshots are never stacked. What is held is one entry a record; a version is handed out as soon as the
//! next one begins, and the open ones can be had at any time. The fold may stop after any snapshot, be kept as
//! bytes ([`ClientFold::to_bytes`]) or cloned, and go on from there.

mod group;
mod grouping;
mod identities;
mod kept;
mod known;
mod record;
mod rows;
mod symbols;
mod tables;
pub(crate) mod view;

use arrow::record_batch::RecordBatch;
use hashbrown::{DefaultHashBuilder, HashTable};
use leadq_contract::column::ColumnSet;
use leadq_contract::vocabulary::{Outcome, Vocabulary};
use leadq_contract::{ClientId, ClientSettings, KeptRows, ReportColumn, SurrogateKey};
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use crate::health::{ColumnCounts, ColumnHealth, DeadColumn};
use group::Group;
use identities::Identities;
use kept::Kept;
use known::Known;
pub(crate) use record::Record;
use record::{NaturalKey, Origin, State};
use rows::RowValues;
pub(crate) use symbols::{Symbol, Symbols};

/// Why a snapshot cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The rows are not those of the contract.
    #[error("column {column} of the clean rows is missing or of another type")]
    Schema {
        /// Position of the column.
        column: usize,
    },
    /// What was kept of an earlier run is of another layout, or damaged.
    #[error("cannot read or write what is kept of a fold: {0}")]
    Kept(#[from] postcard::Error),
    /// Arrow could not build a table.
    #[error("cannot build rows: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The snapshot has rows by numbers that stand for none here: see [`ClientFold::knows`].
    #[error(
        "rows of {file} are known by numbers that were given out for files that were not folded before it"
    )]
    Numbers {
        /// Which file's.
        file: String,
    },
    /// The rows could not be had.
    #[error("cannot read the rows of {file}: {reason}")]
    Rows {
        /// Which file's.
        file: String,
        /// Why.
        reason: String,
    },
}

/// What is known of a snapshot beside its rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SnapshotMeta {
    /// Name of the file.
    pub file: String,
    /// Wall time, in microseconds since the epoch.
    pub at: i64,
    /// What its columns hold.
    pub columns: ColumnCounts,
    /// Earliest and latest entry date of its rows, in days since the epoch.
    pub entry_range: Option<(i32, i32)>,
}

/// What a snapshot changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// Versions that ended with this snapshot, as rows of `record_version`.
    pub closed: Vec<RecordBatch>,
    /// Columns that are dead in it (1.9).
    pub dead: Vec<DeadColumn>,
    /// Lead numbers that stand for several persons in it, with a line (2.6, `split_identity`).
    pub split: Vec<(String, u64)>,
    /// Kept rows of the snapshot before, if this one has under half of them (2.6, `row_count_drop`).
    pub dropped_from: Option<u64>,
}

/// Interned text of a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Texts {
    pub(crate) city: Symbols,
    pub(crate) state: Symbols,
    pub(crate) zip: Symbols,
    pub(crate) dispo: Symbols,
    pub(crate) job_status: Symbols,
}

/// One client's records, as of the snapshots folded so far.
#[derive(Debug, Clone)]
pub struct ClientFold {
    client: ClientSettings,
    /// What each disposition symbol means.
    outcomes: Vec<Outcome>,
    /// Places in `kept.records` by natural key.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    kept: Kept,
    /// Rows of the snapshot folded last; for this run only.
    known: Known,
}

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

impl ClientFold {
    /// A client without any snapshot.
    #[must_use]
    pub fn new(client: &ClientSettings) -> Self {
        Self::of(
            client,
            Kept {
                texts: Texts {
                    city: Symbols::exact(),
                    state: Symbols::exact(),
                    zip: Symbols::exact(),
                    dispo: Symbols::folded(),
                    job_status: Symbols::folded(),
                },
                records: Vec::new(),
                identities: Identities::default(),
                unset: Vec::new(),
                days: None,
                health: ColumnHealth::default(),
                snapshots: Vec::new(),
            },
        )
    }

    /// Whether a snapshot's rows are all known here or fresh, so that it can be folded next. Else its file was not
    /// read just after the one folded last, and has to be read with a new book.
    #[must_use]
    pub fn knows(&self, kept: &KeptRows) -> bool {
        self.known.has_all_of(kept)
    }

    /// Lets go of the rows of the snapshot folded last. What is folded next has to be read with a new book.
    pub fn forget_rows(&mut self) {
        self.known = Known::default();
    }

    /// Folds the next snapshot in snapshot order: the rows that it has, and those of them that are fresh, as batches
    /// of [`report_rows`](leadq_contract::rows::report_rows) in any grouping.
    ///
    /// # Errors
    /// [`FoldError::Numbers`], and nothing changed, if the fold does not [know](Self::knows) its rows. If rows cannot
    /// be had or are of another schema; the fold is void then.
    pub fn apply<E: std::fmt::Display>(
        &mut self,
        meta: SnapshotMeta,
        kept: &KeptRows,
        fresh: impl Iterator<Item = Result<RecordBatch, E>>,
    ) -> Result<Changes, FoldError> {
        if !self.knows(kept) {
            return Err(FoldError::Numbers { file: meta.file });
        }
        let dead = self.kept.health.judge(&meta.columns);
        let unknown: ColumnSet = ReportColumn::ALL
            .into_iter()
            .filter(|c| !meta.columns.present.contains(*c) || dead.iter().any(|d| d.column == *c))
            .collect();
        let dropped_from = self
            .kept
            .snapshots
            .last()
            .map(|before| before.columns.kept)
            .filter(|before| meta.columns.kept * 2 < *before);
        let file = meta.file.clone();
        self.kept.snapshots.push(meta);
        let mut changes = Changes { dead, dropped_from, ..Changes::default() };
        self.known.begin(kept, self.kept.snapshots.len() as u32, unknown);
        let grouping = self.group(&file, kept, fresh)?;
        let mut closed = Vec::new();
        for (rows, several) in grouping.iter() {
            match several {
                Some(group) => {
                    if let (true, NaturalKey::Number(number)) = (group.split, self.natural(group)) {
                        changes.split.push((number.to_string(), group.values.line));
                    }
                    self.kept.identities.passed_over(group.passed_over());
                    self.update(group, unknown, &mut closed);
                }
                None if self.known.stands(rows.first) => self.stands(rows.record(), rows.line()),
                None => {
                    self.known.is_alone(rows.first, true);
                    let group = rows.group_of_one(self);
                    self.update(&group, unknown, &mut closed);
                }
            }
        }
        self.known.end();
        changes.closed = tables::closed_versions(self, &closed)?;
        Ok(changes)
    }

    /// Rows of `record_version` for the versions that are open now.
    pub fn open_versions(&self) -> impl Iterator<Item = Result<RecordBatch, FoldError>> + '_ {
        self.kept.records.chunks(tables::BATCH_ROWS).map(|records| tables::open_versions(self, records))
    }

    /// Rows of `crm_record`: every record with its latest state and what it has reached.
    pub fn records(&self) -> impl Iterator<Item = Result<RecordBatch, FoldError>> + '_ {
        self.kept.records.chunks(tables::BATCH_ROWS).map(|records| tables::records(self, records))
    }

    /// Dispositions seen, in the spelling first seen, and what they mean.
    pub fn dispositions(&self) -> impl Iterator<Item = (&str, Outcome)> {
        self.kept.texts.dispo.texts().zip(self.outcomes.iter().copied())
    }

    /// Job statuses seen, in the spelling first seen.
    pub fn job_statuses(&self) -> impl Iterator<Item = &str> {
        self.kept.texts.job_status.texts()
    }

    /// Whose records they are.
    #[must_use]
    pub const fn client(&self) -> &ClientId {
        &self.client.id
    }

    /// First and last day, from the epoch, that any version speaks of.
    #[must_use]
    pub fn days(&self) -> Option<(i32, i32)> {
        self.kept.days
    }

    /// Snapshots folded so far.
    #[must_use]
    pub fn snapshots(&self) -> &[SnapshotMeta] {
        &self.kept.snapshots
    }

    /// The place of the record that a row belongs to; a new one for a record first seen.
    fn record_of(&mut self, lead_number: Option<&str>, values: &RowValues) -> u32 {
        let identity = (values.email, values.phone, values.entry_date);
        let hash = match lead_number {
            Some(number) => self.hasher.hash_one(number),
            None => self.hasher.hash_one(identity),
        };
        let same = |place: &u32| match (&self.kept.records[*place as usize].natural, lead_number) {
            (NaturalKey::Number(known), Some(number)) => **known == *number,
            (NaturalKey::Identity(known), None) => **known == identity,
            _ => false,
        };
        if let Some(place) = self.index.find(hash, same) {
            return *place;
        }
        let natural = match lead_number {
            Some(number) => NaturalKey::Number(number.into()),
            None => NaturalKey::Identity(Box::new(identity)),
        };
        let place = self.kept.records.len() as u32;
        let key = self.record_key(&natural);
        self.kept.records.push(Record::unseen(key, natural));
        let (records, hasher) = (&self.kept.records, &self.hasher);
        let hash_of = |place: &u32| hash_of(hasher, &records[*place as usize].natural);
        self.index.insert_unique(hash, place, hash_of);
        place
    }

    fn record_key(&self, natural: &NaturalKey) -> SurrogateKey {
        let client = Some(self.client.id.0.as_bytes());
        match natural {
            NaturalKey::Number(number) => SurrogateKey::of("record", &[client, Some(number.as_bytes())]),
            NaturalKey::Identity(identity) => {
                let (email, phone, date) = &**identity;
                let date = date.map(i32::to_le_bytes);
                SurrogateKey::of(
                    "record_by_identity",
                    &[
                        client,
                        email.as_ref().map(|key| &key.0[..]),
                        phone.as_ref().map(|key| &key.0[..]),
                        date.as_ref().map(|bytes| &bytes[..]),
                    ],
                )
            }
        }
    }

    /// Brings a record up to its row in the current snapshot; a version that ends is noted in `closed`.
    fn update(&mut self, group: &Group, unknown: ColumnSet, closed: &mut Vec<Record>) {
        let snapshot = self.kept.snapshots.len() as u32;
        let origin = Origin { snapshot, line: group.values.line };
        let record = &self.kept.records[group.record as usize];
        let before = record.current();
        let state = State::after(&group.values, before, unknown);
        let changed = before != Some(&state);
        let sale = self.is_sale(state.dispo);
        let record = &mut self.kept.records[group.record as usize];
        if changed {
            if record.version > 0 {
                closed.push(record.clone());
                self.kept.identities.changed(group.record, record, &state);
            }
            record.change(state, origin, sale);
            if record.unset {
                self.kept.unset.push((group.record, origin));
            }
            for day in state.entry_date.into_iter().chain(state.appt_at.map(|at| at.div_euclid(DAY) as i32)) {
                let (first, last) = self.kept.days.unwrap_or((day, day));
                self.kept.days = Some((first.min(day), last.max(day)));
            }
        }
        record.last = origin;
    }

    /// The current snapshot has the record as it stood.
    fn stands(&mut self, record: u32, line: u64) {
        let snapshot = self.kept.snapshots.len() as u32;
        self.kept.records[record as usize].last = Origin { snapshot, line };
    }

    fn natural(&self, group: &Group) -> &NaturalKey {
        &self.kept.records[group.record as usize].natural
    }

    /// Whether a disposition means a sale; learns what new ones mean.
    fn is_sale(&mut self, dispo: Option<Symbol>) -> bool {
        let Some(dispo) = dispo else { return false };
        let vocabulary: &Vocabulary = &self.client.vocabulary;
        while self.outcomes.len() <= dispo.index() {
            let next = self.kept.texts.dispo.texts().nth(self.outcomes.len()).unwrap_or_default();
            self.outcomes.push(vocabulary.outcome(next));
        }
        self.outcomes[dispo.index()] == Outcome::Sale
    }

    fn means_sale(&self, dispo: Option<Symbol>) -> bool {
        dispo.is_some_and(|dispo| self.outcomes.get(dispo.index()) == Some(&Outcome::Sale))
    }
}

fn hash_of(hasher: &DefaultHashBuilder, natural: &NaturalKey) -> u64 {
    match natural {
        NaturalKey::Number(number) => hasher.hash_one(&**number),
        NaturalKey::Identity(identity) => hasher.hash_one(**identity),
    }
}

#[cfg(test)]
pub(crate) mod tests;

#[cfg(test)]
mod known_tests;
