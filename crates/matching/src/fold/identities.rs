//! Identifiers that a client's records carried and carry no longer, or that only rows carry.
//!
//! People correct their contact details in a CRM, so each version is held against the leads (spec 2.3). Few
//! records ever change theirs: what a record carries now stands in its state, and only the rest is kept here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, BooleanArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use leadq_contract::IdentifierKey;
use serde::{Deserialize, Serialize};

use super::group::Identifiers;
use super::record::{NaturalKey, Record, State};
use super::tables::BATCH_ROWS;
use super::{ClientFold, FoldError};

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

    /// Pairs that a record carried and carries no longer.
    pub(super) fn past_of(&self, place: u32) -> impl Iterator<Item = Identifiers> {
        self.past.get(&place).into_iter().flatten().map(|past| past.identifiers)
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

/// A pair of a record.
struct Row<'a> {
    record: &'a Record,
    identifiers: Identifiers,
    last_version: u32,
    is_latest: bool,
}

/// Rows of `record_identity`, in at least one batch.
pub(super) fn of_records(fold: &ClientFold) -> impl Iterator<Item = Result<RecordBatch, FoldError>> + '_ {
    let records = &fold.kept.records;
    let chunks = records.chunks(BATCH_ROWS).chain(records.is_empty().then_some(&[][..]));
    chunks.enumerate().map(move |(chunk, records)| {
        let mut rows = Vec::with_capacity(records.len());
        for (place, record) in (chunk * BATCH_ROWS..).zip(records) {
            let current = carried(&record.state);
            if current != (None, None) {
                let last_version = record.version;
                rows.push(Row { record, identifiers: current, last_version, is_latest: true });
            }
            let past = fold.kept.identities.past.get(&(place as u32)).into_iter().flatten();
            rows.extend(past.filter(|past| past.identifiers != current).map(|past| Row {
                record,
                identifiers: past.identifiers,
                last_version: past.last_version,
                is_latest: false,
            }));
        }
        batch(fold, &rows)
    })
}

fn batch(fold: &ClientFold, rows: &[Row<'_>]) -> Result<RecordBatch, FoldError> {
    let client = rows.iter().map(|_| fold.client.id.0.as_str());
    let number = |row: &Row<'_>| match &row.record.natural {
        NaturalKey::Number(number) => Some(number.to_string()),
        NaturalKey::Identity(_) => None,
    };
    let columns: [(&str, ArrayRef); 7] = [
        ("client_id", Arc::new(StringArray::from_iter_values(client))),
        ("record_key", Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| row.record.key.0)))),
        ("lead_number", Arc::new(rows.iter().map(number).collect::<StringArray>())),
        ("email_key", keys(rows.iter().map(|row| row.identifiers.0))),
        ("phone_key", keys(rows.iter().map(|row| row.identifiers.1))),
        (
            "last_version",
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| i64::from(row.last_version)))),
        ),
        ("is_latest", Arc::new(rows.iter().map(|row| Some(row.is_latest)).collect::<BooleanArray>())),
    ];
    table(columns)
}

/// Rows of `row_identity`.
pub(super) fn of_rows(fold: &ClientFold) -> Result<RecordBatch, FoldError> {
    let rows = &fold.kept.identities.rows;
    let client = rows.iter().map(|_| fold.client.id.0.as_str());
    table([
        ("client_id", Arc::new(StringArray::from_iter_values(client)) as _),
        ("email_key", keys(rows.iter().map(|row| row.0))),
        ("phone_key", keys(rows.iter().map(|row| row.1))),
    ])
}

fn keys(values: impl Iterator<Item = Option<IdentifierKey>>) -> ArrayRef {
    Arc::new(values.map(|key| key.map(|key| key.0)).collect::<BinaryArray>())
}

/// A batch whose columns have the same schema whatever is in them.
fn table<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch, FoldError> {
    let fields = columns.iter().map(|(name, column)| {
        let nullable = matches!(*name, "lead_number" | "email_key" | "phone_key");
        Field::new(*name, DataType::clone(column.data_type()), nullable)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    Ok(RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())?)
}
