//! The writer's lease on a lake in an object store: `lease.json`, held by whoever wrote it last.
//!
//! It is made if absent, and changed only by who names its entity tag; the store decides between two that try at
//! once. Its holder renews it over and over, on a thread of its own, so that a busy run does not look like a dead one.
//! Who finds it held watches it: a lease that stands still for its whole term has lost its holder, and is taken over.
//! Nobody compares clocks. A holder that was cut off for longer than that finds out when it next renews, which it does
//! before each step that others see; and a table's version and a run's number are given once in any case, so that what
//! slips through between is never taken for a committed run.
//!
//! A lease is given back by saying so in it, not by deleting it: deletion is not conditional.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use leadq_pipeline::ports::{Fault, PortError};
use object_store::path::Path;
use object_store::{
    Error, GetOptions, ObjectStore, PutMode, PutOptions, PutResult, RetryConfig, UpdateVersion,
};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

use crate::failure;
use crate::holder::Holder;
use crate::location::Location;

/// Name of the lease.
pub(crate) const LEASE_FILE: &str = "lease.json";

/// How long a renewal may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long the last word of a holder may take when it gives the lease back.
const RELEASE_WITHIN: Duration = Duration::from_secs(5);

/// The times of a lease.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTimes {
    /// How long a lease stands still before it is taken for a dead run's.
    pub term: Duration,
    /// How often its holder renews it; a small part of the term.
    pub renew: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self { term: Duration::from_secs(60), renew: Duration::from_secs(15) }
    }
}

/// What the lease says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// Of this one lease, so that a holder knows its own words.
    id: Uuid,
    /// Counts renewals: no two texts are the same, nor are two entity tags that are made of texts.
    renewals: u64,
    released: bool,
    holder: Holder,
}

/// A lease as it was read or written.
struct Seen {
    note: Note,
    version: UpdateVersion,
}

/// Held while the lake is written to.
#[derive(Debug)]
pub(crate) struct Lease {
    asks: mpsc::UnboundedSender<oneshot::Sender<Result<(), PortError>>>,
    keeper: Option<JoinHandle<()>>,
    subject: String,
}

impl Lease {
    /// Takes the lease of a lake. It may be somebody's: whether that one lives is known after at most its term.
    pub(crate) async fn take(location: &Location, times: LeaseTimes) -> Result<Self, PortError> {
        let place = Spot::of(location, Arc::clone(location.store()));
        let note = Note { id: Uuid::new_v4(), renewals: 0, released: false, holder: Holder::this() };
        let seen = place.acquire(note, times).await?;
        place.is_conditional(&seen).await?;
        // Connections of its own: those of the run belong to the run's runtime.
        let retry = RetryConfig { max_retries: 2, retry_timeout: times.renew, ..RetryConfig::default() };
        let place = Spot { store: location.store_apart(retry)?, ..place };
        let subject = place.subject.clone();
        let (asks, asked) = mpsc::unbounded_channel();
        let failed = |error: std::io::Error| PortError::permanent("lock lake", &subject, error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let keeper = Keeper { place, seen, lost: false, times };
        let keeper = std::thread::Builder::new()
            .name("lease".to_owned())
            .spawn(move || runtime.block_on(keeper.keep(asked)))
            .map_err(failed)?;
        Ok(Self { asks, keeper: Some(keeper), subject })
    }

    /// Renews the lease now, which shows that it is still held.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        let (answer, answered) = oneshot::channel();
        let gone = || PortError::permanent("keep the lease of", &self.subject, "its keeper has ended");
        self.asks.send(answer).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for Lease {
    /// Gives the lease back; waits until the store knows, for a few seconds at most.
    fn drop(&mut self) {
        let (closed, _) = mpsc::unbounded_channel();
        drop(std::mem::replace(&mut self.asks, closed));
        if let Some(keeper) = self.keeper.take() {
            let _ended_all_the_same = keeper.join();
        }
    }
}

/// Who holds the lease of a lake at this moment, in words; none if nobody does.
pub(crate) async fn holder(location: &Location) -> Result<Option<String>, PortError> {
    let seen = Spot::of(location, Arc::clone(location.store())).look().await?;
    Ok(seen.filter(|seen| !seen.note.released).map(|seen| {
        format!("{}; or that one has died and a next run finds out within a minute", seen.note.holder.told())
    }))
}

/// Where the lease is.
#[derive(Clone)]
struct Spot {
    store: Arc<dyn ObjectStore>,
    path: Path,
    subject: String,
}

impl Spot {
    fn of(location: &Location, store: Arc<dyn ObjectStore>) -> Self {
        Self { store, path: location.root().clone().join(LEASE_FILE), subject: location.text() }
    }

    fn failed(&self, error: &Error) -> PortError {
        failure::of("lock lake", &self.subject, error)
    }

    fn locked(&self, reason: String) -> PortError {
        PortError::permanent("lock lake", &self.subject, reason)
            .fault(Fault::Locked)
            .hint("wait until it has ended; there is one writer at a time")
    }

    async fn put(&self, note: &Note, mode: PutMode) -> Result<PutResult, Error> {
        let text = serde_json::to_vec_pretty(note)
            .map_err(|error| Error::Generic { store: "lease", source: Box::new(error) })?;
        self.store.put_opts(&self.path, text.into(), PutOptions::from(mode)).await
    }

    /// Reads the lease; none if there has never been one.
    async fn look(&self) -> Result<Option<Seen>, PortError> {
        let read = match self.store.get_opts(&self.path, GetOptions::default()).await {
            Ok(read) => read,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        let version = UpdateVersion { e_tag: read.meta.e_tag.clone(), version: read.meta.version.clone() };
        let bytes = read.bytes().await.map_err(|error| self.failed(&error))?;
        let note = serde_json::from_slice(&bytes).map_err(|error| {
            PortError::permanent("lock lake", &self.subject, format!("{LEASE_FILE} is damaged: {error}"))
                .hint("if no run is writing to the lake, delete that object")
        })?;
        Ok(Some(Seen { note, version }))
    }

    async fn acquire(&self, note: Note, times: LeaseTimes) -> Result<Seen, PortError> {
        let created = self.put(&note, PutMode::Create).await;
        let found = match created {
            Ok(put) => return Ok(Seen { note, version: put.into() }),
            Err(Error::AlreadyExists { .. }) => self.look().await?,
            Err(error) => return Err(self.failed(&error)),
        };
        let Some(found) = found else {
            return Err(self.locked("another process has just removed its lease".to_owned()));
        };
        // The answer to our own put may have been lost on its way, and the put sent again.
        if found.note.id == note.id {
            return Ok(found);
        }
        let free = if found.note.released { found } else { self.outlast(found, times).await? };
        match self.put(&note, PutMode::Update(free.version)).await {
            Ok(put) => Ok(Seen { note, version: put.into() }),
            Err(Error::Precondition { .. } | Error::AlreadyExists { .. } | Error::NotFound { .. }) => {
                match self.look().await? {
                    Some(seen) if seen.note.id == note.id => Ok(seen),
                    Some(seen) => Err(self.locked(seen.note.holder.told())),
                    None => Err(self.locked("another process has just removed its lease".to_owned())),
                }
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Watches somebody's lease until it is given back or its term is over; refused if it is renewed.
    async fn outlast(&self, found: Seen, times: LeaseTimes) -> Result<Seen, PortError> {
        tracing::info!(
            lease.seconds = times.term.as_secs(),
            "somebody holds the lake's lease; watching whether it lives"
        );
        let end = Instant::now() + times.term;
        loop {
            // Twice as often as it is renewed, so that who lives is told soon.
            sleep_until(end.min(Instant::now() + times.renew / 2)).await;
            match self.look().await? {
                None => return Err(self.locked("another process has just removed its lease".to_owned())),
                Some(seen) if seen.note.released => return Ok(seen),
                Some(seen) if seen.note.id != found.note.id || seen.note.renewals != found.note.renewals => {
                    return Err(self.locked(seen.note.holder.told()));
                }
                Some(seen) if Instant::now() >= end => {
                    tracing::warn!("taking over the lease of a run that no longer renews it");
                    return Ok(seen);
                }
                Some(_) => {}
            }
        }
    }

    /// A store that ignores the condition of a put would let two writers in.
    async fn is_conditional(&self, held: &Seen) -> Result<(), PortError> {
        match self.put(&held.note, PutMode::Create).await {
            Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(self.failed(&error)),
            Ok(_) => Err(PortError::permanent(
                "lock lake",
                &self.subject,
                "the store overwrites an object that it was asked to make only if absent",
            )
            .hint("use a store with conditional puts (If-None-Match), or a newer version of it")),
        }
    }
}

/// Renews the lease until it is let go.
struct Keeper {
    place: Spot,
    seen: Seen,
    lost: bool,
    times: LeaseTimes,
}

impl Keeper {
    async fn keep(mut self, mut asked: mpsc::UnboundedReceiver<oneshot::Sender<Result<(), PortError>>>) {
        let mut next = Instant::now() + self.times.renew;
        loop {
            tokio::select! {
                ask = asked.recv() => {
                    let Some(answer) = ask else { break };
                    let _asker_may_be_gone = answer.send(self.renew().await);
                }
                () = sleep_until(next), if !self.lost => {
                    if let Err(error) = self.renew().await {
                        tracing::warn!(error = %error, "cannot renew the lake's lease");
                    }
                }
            }
            next = Instant::now() + self.times.renew;
        }
        if !self.lost {
            let note =
                Note { renewals: self.seen.note.renewals + 1, released: true, ..self.seen.note.clone() };
            let put = self.place.put(&note, PutMode::Update(self.seen.version.clone()));
            let _expires_all_the_same = timeout(RELEASE_WITHIN, put).await;
        }
    }

    async fn renew(&mut self) -> Result<(), PortError> {
        let lost = |place: &Spot| {
            place.locked("this run was cut off for too long and another has taken over".to_owned())
        };
        if self.lost {
            return Err(lost(&self.place));
        }
        let renewing = async {
            let note = Note { renewals: self.seen.note.renewals + 1, ..self.seen.note.clone() };
            match self.place.put(&note, PutMode::Update(self.seen.version.clone())).await {
                Ok(put) => Ok(Some(Seen { note, version: put.into() })),
                // Ours all the same if only the answer to an earlier renewal was lost.
                Err(Error::Precondition { .. } | Error::AlreadyExists { .. } | Error::NotFound { .. }) => {
                    let seen = self.place.look().await?;
                    Ok(seen.filter(|seen| seen.note.id == self.seen.note.id && !seen.note.released))
                }
                Err(error) => Err(self.place.failed(&error)),
            }
        };
        let unanswered = || {
            PortError::permanent("lock lake", &self.place.subject, "the store does not answer")
                .fault(Fault::Transient)
        };
        match timeout(ANSWER_WITHIN, renewing).await.map_err(|_| unanswered())?? {
            Some(seen) => self.seen = seen,
            None => {
                self.lost = true;
                return Err(lost(&self.place));
            }
        }
        Ok(())
    }
}
