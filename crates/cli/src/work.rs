//! The main job: fetch what is new, take it in, commit. `run`, `replay`, `schedule` and `forget` do it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use leadq_contract::IdentifierKey;
use leadq_contract::identifier::hex;
use leadq_ingest::Forgotten;
use leadq_pipeline::observer::Observer;
use leadq_pipeline::ports::{Archive, Fault, Lake, PortError};
use leadq_pipeline::sync::Synced;
use leadq_pipeline::{ClientRequest, Ports, RunError, RunOutcome, RunRequest};

use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::fetch;
use crate::host::ThisHost;
use crate::secret;
use crate::settings::Settings;

/// The part of the memory that rows between two stages may take before they go to disk.
const SPOOL_SHARE: u64 = 8;
/// How often a lake that somebody else writes to is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// How the job is to be done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Order {
    /// How long to wait for somebody else's run.
    pub(crate) wait: Option<Duration>,
    /// Make all tables anew from the archive.
    pub(crate) replay: bool,
}

/// What the job did.
pub(crate) struct Done {
    pub(crate) synced: Synced,
    pub(crate) outcome: RunOutcome,
}

/// Fetches what is new and takes it in.
pub(crate) async fn run(
    settings: &Settings,
    edges: &Edges,
    order: Order,
    observer: Arc<dyn Observer>,
) -> Outcome<Done> {
    let sources = fetch::sources(settings)?;
    fetch::check_places(&sources)?;
    // Before the lake and the secret are made: what cannot be right leaves nothing behind.
    if !edges.lake.exists().await? {
        fetch::check_files(settings, &sources).await?;
    }
    let archive = edges.archive(settings).await?;
    let synced = fetch::fetch(&sources, edges, &archive, &observer).await?;
    let outcome = take_in(settings, edges, &archive, order, observer).await?;
    Ok(Done { synced, outcome })
}

/// Takes in what the archive has.
pub(crate) async fn take_in(
    settings: &Settings,
    edges: &Edges,
    archive: &dyn Archive,
    order: Order,
    observer: Arc<dyn Observer>,
) -> Outcome<RunOutcome> {
    let request = request(settings, edges, order.replay).await?;
    let ports = Ports { archive, lake: &edges.lake, engine: &edges.engine, host: &ThisHost };
    let begun = Instant::now();
    loop {
        let done = leadq_pipeline::run(request.clone(), ports, Arc::clone(&observer)).await;
        match done {
            Err(RunError::Port(PortError { fault: Fault::Locked, .. }))
                if order.wait.is_some_and(|wait| begun.elapsed() < wait) =>
            {
                tokio::time::sleep(AGAIN).await;
            }
            other => return other.map_err(Failure::from),
        }
    }
}

async fn request(settings: &Settings, edges: &Edges, replay: bool) -> Outcome<RunRequest> {
    let clients = settings.clients.iter().map(|client| ClientRequest {
        settings: client.settings.clone(),
        lead_schema: Arc::clone(&client.lead_schema),
    });
    Ok(RunRequest {
        clients: clients.collect(),
        lead_schema: Arc::clone(&settings.lead_schema),
        dimensions: settings.dimensions.clone(),
        limits: settings.limits,
        secret: secret::of_lake(settings, &edges.lake).await?,
        forgotten: forgotten(&edges.lake).await?,
        spool_memory: settings.memory / SPOOL_SHARE,
        scratch: settings.scratch.clone(),
        threads: settings.threads,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        keep_runs: settings.keep_runs,
        retention: settings.retention,
        replay,
    })
}

/// The document that keeps who is forgotten: keyed identifiers, in hex.
const FORGOTTEN: &str = "forgotten";

/// Who is forgotten.
pub(crate) async fn forgotten(lake: &dyn Lake) -> Outcome<Forgotten> {
    let Some(text) = lake.document(FORGOTTEN).await? else { return Ok(Forgotten::default()) };
    let damaged = || {
        Failure::data("the list of forgotten persons is damaged").help(
            "put documents/forgotten.json of the lake back from a backup; without it they would come back",
        )
    };
    let keys: Vec<String> = serde_json::from_slice(&text).map_err(|_| damaged())?;
    keys.iter().map(|key| IdentifierKey::from_hex(key).ok_or_else(damaged)).collect()
}

/// Adds to those who are forgotten.
pub(crate) async fn add_forgotten(
    lake: &dyn Lake,
    known: &Forgotten,
    more: &[IdentifierKey],
) -> Outcome<Forgotten> {
    let all: Forgotten = known.keys().chain(more).copied().collect();
    let keys: Vec<String> = all.keys().map(|key| hex(&key.0)).collect();
    lake.put_document(FORGOTTEN, serde_json::to_vec(&keys).map_err(Failure::bug)?).await?;
    Ok(all)
}
