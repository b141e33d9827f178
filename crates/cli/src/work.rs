//! The main job: fetch what is new, take it in, commit. `run`, `replay`, `schedule` and `forget` do it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use leadq_archive::FileArchive;
use leadq_pipeline::observer::Observer;
use leadq_pipeline::ports::{Archive, Fault, Lake as _, PortError};
use leadq_pipeline::sync::Synced;
use leadq_pipeline::{ClientRequest, Ports, RunError, RunOutcome, RunRequest};

use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::fetch;
use crate::forgetting;
use crate::host::ThisHost;
use crate::secret;
use crate::settings::Settings;

/// The part of the memory that rows between two stages may take before they go to disk.
const SPOOL_SHARE: u64 = 4;
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
    let (archive, synced) = fetch(settings, edges, Arc::clone(&observer)).await?;
    let outcome = take_in(settings, edges, &archive, order, observer).await?;
    Ok(Done { synced, outcome })
}

/// Fetches what is new into the archive.
pub(crate) async fn fetch(
    settings: &Settings,
    edges: &Edges,
    observer: Arc<dyn Observer>,
) -> Outcome<(FileArchive, Synced)> {
    let sources = fetch::sources(settings)?;
    fetch::check_places(&sources)?;
    // Before the lake and the secret are made: what cannot be right leaves nothing behind.
    if !edges.lake.exists().await? {
        fetch::check_files(settings, &sources).await?;
    }
    let archive = edges.archive(settings).await?;
    let synced = fetch::fetch(&sources, edges, &archive, &observer).await?;
    Ok((archive, synced))
}

/// Whether somebody else writes to the lake, which passes.
pub(crate) const fn is_locked(error: &RunError) -> bool {
    matches!(error, RunError::Port(PortError { fault: Fault::Locked, .. }))
}

/// Takes in what the archive has.
pub(crate) async fn take_in(
    settings: &Settings,
    edges: &Edges,
    archive: &dyn Archive,
    order: Order,
    observer: Arc<dyn Observer>,
) -> Outcome<RunOutcome> {
    let ports = Ports { archive, lake: &edges.lake, engine: &edges.engine, host: &ThisHost };
    let begun = Instant::now();
    loop {
        // Anew each time: who held the lake may have forgotten somebody.
        let request = request(settings, edges, order.replay).await?;
        let done = match forgetting::at_the_door(&request, &edges.lake, archive).await {
            Ok(()) => leadq_pipeline::run(request, ports, Arc::clone(&observer)).await,
            Err(error) => Err(error),
        };
        match done {
            Err(error) if is_locked(&error) && order.wait.is_some_and(|wait| begun.elapsed() < wait) => {
                tokio::time::sleep(AGAIN).await;
            }
            other => return other.map_err(Failure::from),
        }
    }
}

/// What a run is asked to do.
pub(crate) async fn request(settings: &Settings, edges: &Edges, replay: bool) -> Outcome<RunRequest> {
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
        forgotten: forgetting::list(&edges.lake).await?,
        spool_memory: settings.memory / SPOOL_SHARE,
        scratch: settings.scratch.clone(),
        threads: settings.threads,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        keep_runs: settings.keep_runs,
        retention: settings.retention,
        replay,
    })
}
