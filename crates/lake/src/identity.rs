//! `lake.json`: which layout the lake has, and which secret its identifiers were keyed with.

use leadq_contract::run::LAKE_FORMAT;
use leadq_pipeline::ports::{Fault, PortError};
use object_store::{Error, ObjectStore as _, PutMode, PutOptions};
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::location::Location;

/// The lake's own facts; written once, with its first run.
#[derive(Debug, Serialize, Deserialize)]
struct Identity {
    format: u32,
    secret_check: String,
}

/// What every layout says, however else it differs.
#[derive(Debug, Deserialize)]
struct FormatOnly {
    format: u32,
}

/// Whether there is a lake; an error if it is of a newer layout.
pub(crate) async fn exists(location: &Location) -> Result<bool, PortError> {
    Ok(read(location).await?.is_some())
}

/// An error if the lake was made with another secret; if it has not been made, any will do.
pub(crate) async fn accepts(location: &Location, secret_check: &str) -> Result<(), PortError> {
    match read(location).await? {
        Some(identity) => check_secret(location, &identity, secret_check),
        None => Ok(()),
    }
}

/// Writes `lake.json` if there is none, else checks that the secret is the one it was made with.
pub(crate) async fn claim(location: &Location, secret_check: &str) -> Result<(), PortError> {
    if let Some(identity) = read(location).await? {
        return check_secret(location, &identity, secret_check);
    }
    let path = location.identity();
    let identity = Identity { format: LAKE_FORMAT, secret_check: secret_check.to_owned() };
    let text = serde_json::to_string_pretty(&identity)
        .map_err(|error| failure::of("write", location.told(&path), &error))?;
    let create = PutOptions::from(PutMode::Create);
    match location.store().put_opts(&path, format!("{text}\n").into(), create).await {
        Ok(_) => Ok(()),
        // Only a writer without the lock can have made it.
        Err(Error::AlreadyExists { .. }) => {
            let reason = "another writer made the lake just now";
            Err(PortError::permanent("write", location.told(&path), reason).fault(Fault::Locked))
        }
        Err(error) => Err(failure::of("write", location.told(&path), &error)),
    }
}

/// The error for a layout that a newer leadq wrote.
pub(crate) fn check_format(subject: String, found: u32) -> Result<(), PortError> {
    if found <= LAKE_FORMAT {
        return Ok(());
    }
    let reason = format!("it has layout {found}, this build of leadq reads layouts up to {LAKE_FORMAT}");
    Err(PortError::permanent("read", subject, reason)
        .fault(Fault::Incompatible)
        .hint("install the leadq that wrote it, or a newer one"))
}

async fn read(location: &Location) -> Result<Option<Identity>, PortError> {
    let path = location.identity();
    let Some(bytes) = location.read(&path).await? else { return Ok(None) };
    let damaged = |error: serde_json::Error| {
        PortError::permanent("read", location.told(&path), error)
            .hint("the file is damaged; put it back from a backup of the lake")
    };
    let FormatOnly { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
    check_format(location.told(&path), format)?;
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

fn check_secret(location: &Location, identity: &Identity, secret_check: &str) -> Result<(), PortError> {
    if identity.secret_check == secret_check {
        return Ok(());
    }
    let reason = "its identifiers were keyed with another secret";
    Err(PortError::permanent("write to lake", location.text(), reason)
        .fault(Fault::Incompatible)
        .hint("give the secret that the lake was made with (LEADQ_SECRET or secret_file), or another lake"))
}
