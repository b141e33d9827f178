//! What belongs to a person: the identifiers that stand beside those that are known, in leads and in records.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray as _;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use leadq_contract::IdentifierKey;
use leadq_contract::identifier::hex;
use leadq_contract::table::literal;

use crate::error::RunError;
use crate::view::View;

/// Who shall be forgotten.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// Whoever has one of these identifiers.
    Carrier(&'a [IdentifierKey]),
    /// Whom a lead is of.
    Lead {
        /// Its UUID.
        uuid: &'a str,
        /// Whose lead it is, where that has to be said.
        client: Option<&'a str>,
    },
}

/// What is known of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Its identifiers.
    pub identifiers: BTreeSet<IdentifierKey>,
    /// Leads that have one of them.
    pub leads: u64,
    /// Records that have, or had, one of them.
    pub records: u64,
    /// Identifiers that stand beside them and are left out, since too many leads or records share them: an office's
    /// phone is no person's.
    pub shared: BTreeSet<IdentifierKey>,
    /// Leads of the UUID asked for.
    pub named: u64,
}

/// Finds what belongs to a person in a run's tables. Identifiers that stand beside a known one are its own, unless
/// more leads or records carry them than the client's settings allow to be one person's.
///
/// # Errors
/// If the tables cannot be read.
pub async fn find(view: &View<'_>, whom: Whom<'_>) -> Result<Person, RunError> {
    let mut person = Person::default();
    match whom {
        Whom::Carrier(keys) => person.identifiers.extend(keys),
        Whom::Lead { uuid, client } => {
            let mut of = format!("lower(lead_uuid) = lower({})", literal(uuid));
            if let Some(client) = client {
                of.push_str(&format!(" AND client_id = {}", literal(client)));
            }
            let rows = view.rows(&format!("{} WHERE {of}", pairs("dim_lead", "lead_key"))).await?;
            person.named = rows.iter().map(|rows| rows.num_rows() as u64).sum();
            add_own(view, &mut person, keys_of(&rows)?).await?;
        }
    }
    let mut beside = BTreeSet::new();
    for (table, key) in [("dim_lead", "lead_key"), ("record_version", "record_key")] {
        let carriers = format!("{} WHERE {}", pairs(table, key), carries(&person.identifiers));
        beside.extend(keys_of(&view.rows(&carriers).await?)?);
    }
    beside.retain(|(_, key)| !person.identifiers.contains(key));
    add_own(view, &mut person, beside).await?;
    person.leads = count(view, "dim_lead", "lead_key", &person.identifiers).await?;
    person.records = count(view, "record_version", "record_key", &person.identifiers).await?;
    Ok(person)
}

/// An identifier, and the client in whose tables it was found.
type Found = (String, IdentifierKey);

/// Adds the identifiers that are one person's.
async fn add_own(view: &View<'_>, person: &mut Person, found: BTreeSet<Found>) -> Result<(), RunError> {
    let mut clients: BTreeMap<String, BTreeSet<IdentifierKey>> = BTreeMap::new();
    for (client, key) in found {
        clients.entry(client).or_default().insert(key);
    }
    let (mut own, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for (client, keys) in clients {
        for key in keys {
            let is_shared = is_shared(view, &client, key).await?;
            if is_shared {
                shared.insert(key)
            } else {
                own.insert(key)
            };
        }
    }
    own.retain(|key| !shared.contains(key));
    person.shared.extend(shared);
    person.identifiers.extend(own);
    Ok(())
}

/// Whether more leads or records of a client carry an identifier than may be one person's.
async fn is_shared(view: &View<'_>, client: &str, key: IdentifierKey) -> Result<bool, RunError> {
    let of = format!("{} AND client_id = {}", carries(&[key].into()), literal(client));
    let sql = format!(
        "SELECT CAST(count(*) AS BIGINT) FROM dim_client c \
         WHERE c.client_id = {} AND ( \
           (SELECT count(DISTINCT lead_key) FROM dim_lead WHERE {of}) > c.max_leads_per_key OR \
           (SELECT count(DISTINCT record_key) FROM record_version WHERE {of}) > c.max_records_per_key)",
        literal(client)
    );
    Ok(number(&view.rows(&sql).await?) > 0)
}

async fn count(
    view: &View<'_>,
    table: &str,
    key: &str,
    keys: &BTreeSet<IdentifierKey>,
) -> Result<u64, RunError> {
    let sql = format!("SELECT CAST(count(DISTINCT {key}) AS BIGINT) FROM {table} WHERE {}", carries(keys));
    Ok(number(&view.rows(&sql).await?))
}

fn number(rows: &[RecordBatch]) -> u64 {
    let first = rows.iter().find(|rows| rows.num_rows() > 0);
    let count = first.and_then(|rows| Some(rows.column(0).as_primitive_opt::<Int64Type>()?.value(0)));
    count.unwrap_or_default().unsigned_abs()
}

fn pairs(table: &str, key: &str) -> String {
    format!("SELECT DISTINCT client_id, email_key, phone_key, {key} FROM {table}")
}

/// A condition: a row has one of these identifiers.
fn carries(keys: &BTreeSet<IdentifierKey>) -> String {
    if keys.is_empty() {
        return "false".to_owned();
    }
    let list: Vec<_> = keys.iter().map(|key| format!("X'{}'", hex(&key.0))).collect();
    let list = list.join(", ");
    format!("(email_key IN ({list}) OR phone_key IN ({list}))")
}

/// The identifiers in rows of [`pairs`].
fn keys_of(rows: &[RecordBatch]) -> Result<BTreeSet<Found>, RunError> {
    let failed = |source| RunError::Build { table: "dim_lead", source };
    let mut found = BTreeSet::new();
    for rows in rows {
        let column =
            |place: usize, data_type| arrow::compute::cast(rows.column(place), data_type).map_err(failed);
        let clients = column(0, &DataType::Utf8)?;
        for place in [1, 2] {
            let keys = column(place, &DataType::Binary)?;
            let both = clients.as_string::<i32>().iter().zip(keys.as_binary::<i32>());
            found.extend(both.filter_map(|(client, key)| {
                Some((client?.to_owned(), IdentifierKey(key?.try_into().ok()?)))
            }));
        }
    }
    Ok(found)
}
