//! One drop: its files are listed, taken a few at a time, noted in batches, and then cleared away if that was asked for.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::known;
use super::plan::{Plan, ToRead, is_marked, is_pattern};
use super::transfer::{Fate, delays};
use super::{Left, SyncSource};
use crate::observer::Observer;
use crate::ports::{Archive, Clock, Fault, Listed, Listing, PortError, Received};

/// Files that are noted together: a crash loses the reading of so many at most.
const BATCH: usize = 64;

/// A drop, and all that is needed to fetch from it.
pub(super) struct Fetch<'a> {
    pub(super) source: &'a SyncSource,
    pub(super) archive: &'a dyn Archive,
    pub(super) clock: &'a dyn Clock,
    pub(super) observer: &'a dyn Observer,
    /// Places for transfers, of all drops together.
    pub(super) places: &'a Semaphore,
}

/// What was taken from a drop.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) received: Vec<Received>,
    pub(super) confirmed: Vec<Received>,
    pub(super) left: Vec<Left>,
    pub(super) uncleared: Vec<Left>,
    pub(super) unchanged: u64,
}

/// Files of which the archive has the content and the catalogue nothing yet.
#[derive(Default)]
struct Batch {
    received: Vec<Received>,
    confirmed: Vec<Received>,
    to_clear: Vec<Listed>,
}

impl<'a> Fetch<'a> {
    pub(super) fn location(&self) -> &'a str {
        self.source.drop.location()
    }

    pub(super) const fn settle(&self) -> Duration {
        self.source.rules.settle
    }

    /// Lists the drop, several times if that can help.
    pub(super) async fn list(&self) -> Result<Listing, PortError> {
        let mut delays = delays();
        loop {
            match self.source.drop.list().await {
                Err(error) if error.fault == Fault::Transient => match delays.next() {
                    Some(delay) => self.clock.sleep(delay).await,
                    None => return Err(error),
                },
                listed => return listed,
            }
        }
    }

    /// Looks for markers that the location leaves out: a pattern names the files, not their markers.
    pub(super) async fn with_markers(&self, mut plan: Plan<'a>) -> Plan<'a> {
        if self.source.rules.marker.is_none() || !is_pattern(self.location()) {
            return plan;
        }
        for file in std::mem::take(&mut plan.waiting) {
            let is_marked = match self.source.rules.marker_of(&file.listed.name) {
                Some(marker) => self.has_marker(&file.listed, &marker).await,
                None => false,
            };
            if is_marked { plan.ready.push(file) } else { plan.waiting.push(file) }
        }
        plan
    }

    async fn has_marker(&self, listed: &Listed, marker: &str) -> bool {
        let looked = self.source.drop.look(marker).await.ok().flatten();
        looked.is_some_and(|marker| is_marked(listed, marker.modified))
    }

    /// Takes what is ready, and clears what can be.
    ///
    /// # Errors
    /// If the archive fails.
    pub(super) async fn take(&self, plan: &mut Plan<'a>) -> Result<Taken, PortError> {
        let mut taken = Taken::default();
        let known = std::mem::take(&mut plan.to_clear).into_iter().map(|(listed, _)| listed);
        self.clear_all(known.collect(), &mut taken).await;
        let mut files = std::mem::take(&mut plan.ready).into_iter();
        let mut running = FuturesUnordered::new();
        let mut batch = Batch::default();
        loop {
            while running.len() < self.source.rules.parallel.max(1)
                && let Some(file) = files.next()
            {
                running.push(async {
                    let _place = self.places.acquire().await;
                    (self.transfer(&file).await, file)
                });
            }
            let Some((fate, file)) = running.next().await else { break };
            self.observer.step(&leadq_ingest::names::shown(&file.listed.name));
            match fate? {
                Fate::Left(left) => taken.left.push(left),
                Fate::Taken(received) => {
                    plan.seen.remove(&file.listed.name);
                    taken.unchanged += u64::from(batch.add(file, received, self.clears()));
                }
            }
            if batch.len() >= BATCH {
                self.note(std::mem::take(&mut batch), &mut taken).await?;
            }
        }
        self.note(batch, &mut taken).await?;
        Ok(taken)
    }

    /// Notes what was stored, and only then clears it away.
    async fn note(&self, batch: Batch, taken: &mut Taken) -> Result<(), PortError> {
        let Batch { received, confirmed, to_clear } = batch;
        let entries = [&received[..], &confirmed[..]].concat();
        if !entries.is_empty() {
            self.archive.note(&entries).await?;
        }
        taken.received.extend(received);
        taken.confirmed.extend(confirmed);
        self.clear_all(to_clear, taken).await;
        Ok(())
    }

    async fn clear_all(&self, files: Vec<Listed>, taken: &mut Taken) {
        let mut files = files.iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.source.rules.parallel.max(1)
                && let Some(file) = files.next()
            {
                running.push(self.clear(file));
            }
            let Some(uncleared) = running.next().await else { break };
            taken.uncleared.extend(uncleared);
        }
    }
}

impl Batch {
    fn len(&self) -> usize {
        self.received.len() + self.confirmed.len()
    }

    /// Adds a file that was stored; true if it has the content that it had.
    ///
    /// It is cleared away only if nothing can have been written to it since it was read: its time says so, or it has
    /// been read a second time, long after the first.
    fn add(&mut self, file: ToRead<'_>, received: Received, clears: bool) -> bool {
        let ToRead { listed, entry } = file;
        let is_reliable = known::is_known(&listed, &received);
        let listed_a_time = listed.modified.is_some();
        let is_confirmed = entry.is_some_and(|entry| entry.content == received.content);
        if clears && (is_reliable || is_confirmed) {
            self.to_clear.push(listed);
        }
        // The later time decides between two contents of one name: a new one is noted, whether it can be relied on or not.
        let has_new_time = listed_a_time && entry.is_some_and(|entry| entry.modified != received.modified);
        match (is_confirmed, is_reliable || has_new_time) {
            (false, _) => self.received.push(received),
            (true, true) => self.confirmed.push(received),
            // It would have to be read again all the same; nothing new is known.
            (true, false) => {}
        }
        is_confirmed
    }
}
