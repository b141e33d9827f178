//! Fingerprints of what decides what is in the tables: a change of it is noticed, and what depends on it is made anew.
//!
//! They are taken of the settings as Rust prints them for debugging, which is the same for the same build and the same
//! settings, and of the version of leadq: whatever may change how a cell is read changes them.

use std::fmt::Debug;

use leadq_contract::{ClientSettings, Table};
use leadq_matching::plan;

use crate::run::RunRequest;

/// Version of what reading and folding make of bytes. To be raised with every change of it that a released leadq has
/// not had.
const CLEANING: u32 = 1;

/// Version of what linking makes of records and leads. To be raised in the same way.
const LINKING: u32 = 1;

/// How a client's files are read and folded.
pub(crate) fn cleaning(client: &ClientSettings, request: &RunRequest) -> String {
    let ClientSettings { id, timezone, vocabulary, reports, snapshot_pattern, identity, .. } = client;
    of(&[
        &(CLEANING, &request.version, id, timezone),
        &vocabulary,
        &reports,
        &snapshot_pattern,
        &identity,
        &request.limits,
        &request.forgotten,
    ])
}

/// How leads files are read.
pub(crate) fn leads(request: &RunRequest) -> String {
    let clients: Vec<_> = request
        .clients
        .iter()
        .map(|client| (&client.settings.id, client.settings.timezone, &client.settings.identity))
        .collect();
    let schemas: Vec<_> = request.clients.iter().map(|client| &client.lead_schema).collect();
    of(&[
        &(CLEANING, &request.version),
        &clients,
        &schemas,
        &request.lead_schema,
        &request.dimensions,
        &request.limits,
        &request.forgotten,
    ])
}

/// How a client's records are matched and its tables are made.
pub(crate) fn matching(client: &ClientSettings, request: &RunRequest) -> String {
    let tables: Vec<_> = Table::ALL.iter().map(|table| table.schema(&request.dimensions)).collect();
    let ClientSettings { name, max_leads_per_key, max_records_per_key, .. } = client;
    of(&[
        &(name, max_leads_per_key, max_records_per_key),
        &LINKING,
        &[plan::dates(), plan::places()],
        &tables,
    ])
}

/// All of it.
pub(crate) fn configuration(request: &RunRequest) -> String {
    let clients: Vec<_> = request
        .clients
        .iter()
        .map(|client| (cleaning(&client.settings, request), matching(&client.settings, request)))
        .collect();
    of(&[&leads(request), &clients])
}

fn of(parts: &[&dyn Debug]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(format!("{part:?}\0").as_bytes());
    }
    hasher.finalize().to_hex().as_str()[..32].to_owned()
}
