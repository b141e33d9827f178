//! Fetching: new files go from the drops into the archive, each of them wholly or not at all.
//!
//! A file is taken when two listings at least [`DropRules::settle`] apart agree on its size and time, or its marker is
//! there. What was read has to be as long as was listed, and the file has to be the same after it was read; only then
//! does the archive keep it. It is noted in the catalogue before anything is done to it where it came from. A file that
//! is not taken is told, with the reason, and left to the next time; so is a drop that cannot be listed.
//!
//! Dropping the future leaves nothing half done: at worst the archive has content that no entry names yet, and the next
//! time finds it there.

mod clear;
mod fetch;
mod known;
mod plan;
mod rules;
mod seen;
mod transfer;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, try_join};
use leadq_contract::ClientId;
use tokio::sync::Semaphore;

use crate::observer::{Observer, Stage};
use crate::ports::{Archive, Clock, DropFolder, Listing, PortError, Received, ReceivedKind};
use fetch::Fetch;
use known::Known;
use plan::Plan;
pub use rules::DropRules;
pub use seen::{Seen, SeenState};

/// Longest that is waited for files to stand still.
const PATIENCE: Duration = Duration::from_secs(600);

/// Transfers at once, of all drops together.
const TRANSFERS: usize = 16;

/// A drop that files are fetched from.
#[derive(Clone)]
pub struct SyncSource {
    /// Whose files they are; none for leads of all clients.
    pub client: Option<ClientId>,
    /// What they are for.
    pub kind: ReceivedKind,
    /// Where they are.
    pub drop: Arc<dyn DropFolder>,
    /// How they are taken.
    pub rules: DropRules,
}

/// Why a file was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftCause {
    /// It has not stood still for long enough: that is as it should be.
    Settling,
    /// It changed between listings, or while it was read.
    Changed,
    /// It was listed, and then it was gone.
    Vanished,
    /// It has another size than was told.
    WrongSize,
    /// It cannot be read.
    Unreadable,
    /// It is a link, or its name is none to take.
    PassedOver,
    /// It is in the archive, and could not be moved or deleted where it came from.
    Uncleared,
}

impl LeftCause {
    /// Its name in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settling => "settling",
            Self::Changed => "changed",
            Self::Vanished => "vanished",
            Self::WrongSize => "wrong_size",
            Self::Unreadable => "unreadable",
            Self::PassedOver => "passed_over",
            Self::Uncleared => "uncleared",
        }
    }
}

/// A file that was left where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Whose it is.
    pub client: Option<ClientId>,
    /// [`DropFolder::location`] of its drop.
    pub source: String,
    /// Its name, fit to be shown.
    pub name: String,
    /// The kind of reason.
    pub cause: LeftCause,
    /// Why, for people.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

/// What became of one drop.
#[derive(Debug)]
pub struct SourceReport {
    /// Whose it is.
    pub client: Option<ClientId>,
    /// What its files are for.
    pub kind: ReceivedKind,
    /// Where it is.
    pub source: String,
    /// Files received.
    pub received: u64,
    /// Files left.
    pub left: u64,
    /// Files that were known already.
    pub unchanged: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Why it could not be listed, if it could not.
    pub failed: Option<PortError>,
}

/// What came of fetching.
#[derive(Debug, Default)]
pub struct Synced {
    /// New entries of the catalogue: files that were not there before, or have changed.
    pub received: Vec<Received>,
    /// Further new entries: files that had to be read again and have the content that they had. They stand in the
    /// catalogue so that they need not be read the next time.
    pub confirmed: Vec<Received>,
    /// Files that are not taken.
    pub left: Vec<Left>,
    /// Files that are in the archive and could not be moved or deleted at their source.
    pub uncleared: Vec<Left>,
    /// Files that were known already, those that had to be read again included.
    pub unchanged: u64,
    /// Bytes of the files received.
    pub bytes: u64,
    /// The drops, in the order given.
    pub sources: Vec<SourceReport>,
}

/// Fetches what is new. `catalogue` is that of the archive; `seen` is what the last time returned, or nothing.
///
/// Beside the transfers it takes ten minutes at most, and nothing is waited for where nothing is new.
///
/// # Errors
/// If the archive fails. A drop or a file that fails is told in what is returned.
pub async fn sync(
    sources: &[SyncSource],
    catalogue: &[Received],
    archive: &dyn Archive,
    seen: &SeenState,
    clock: &dyn Clock,
    observer: &dyn Observer,
) -> Result<(Synced, SeenState), PortError> {
    let known = Known::of(catalogue);
    let mut told = HashSet::new();
    let sources = sources.iter().filter(|one| told.insert((&one.client, one.kind, one.drop.location())));
    let places = Semaphore::new(TRANSFERS);
    let fetches = sources.map(|source| Fetch { source, archive, clock, observer, places: &places });
    let fetches: Vec<_> = fetches.collect();

    let listings = join_all(fetches.iter().map(|fetch| fetch.list())).await;
    let listed_at = clock.now();
    let mut plans = Vec::with_capacity(fetches.len());
    for (fetch, listing) in fetches.iter().zip(listings) {
        let earlier = seen.of(fetch.location());
        let plan = match listing {
            Ok(listing) => Plan::of(fetch.source, &known, listing, earlier, listed_at),
            Err(error) => Plan::failed(error, earlier),
        };
        plans.push(fetch.with_markers(plan).await);
    }

    let settle =
        plans.iter().zip(&fetches).filter(|(plan, _)| plan.is_waiting()).map(|(_, fetch)| fetch.settle());
    let settle = settle.filter(|settle| *settle <= PATIENCE).max();
    observer.begin(Stage::Fetch, plans.iter().map(Plan::ready).sum());
    let outcomes = match settle {
        None => take(&fetches, &mut plans).await?,
        Some(settle) => {
            let slept = async {
                clock.sleep(settle).await;
                Ok(())
            };
            let (mut outcomes, ()) = try_join(take(&fetches, &mut plans), slept).await?;
            look_again(&fetches, &mut plans, settle, clock).await;
            observer.begin(Stage::Fetch, plans.iter().map(Plan::ready).sum());
            outcomes.extend(take(&fetches, &mut plans).await?);
            outcomes
        }
    };
    let state = SeenState::new(
        fetches
            .iter()
            .zip(&mut plans)
            .map(|(fetch, plan)| (fetch.location().to_owned(), std::mem::take(&mut plan.seen))),
    );
    Ok((report(&fetches, plans, outcomes), state))
}

/// Takes what is ready in each plan, several drops at once.
async fn take<'a>(
    fetches: &[Fetch<'a>],
    plans: &mut [Plan<'a>],
) -> Result<Vec<(usize, fetch::Taken)>, PortError> {
    let taking = fetches.iter().zip(plans).map(|(fetch, plan)| fetch.take(plan)).collect::<Vec<_>>();
    let taken = join_all(taking).await.into_iter().enumerate();
    taken.map(|(place, taken)| Ok((place, taken?))).collect()
}

/// Lists the drops again in which files were waited for.
async fn look_again(fetches: &[Fetch<'_>], plans: &mut [Plan<'_>], waited: Duration, clock: &dyn Clock) {
    let waiting = |plan: &Plan<'_>, fetch: &Fetch<'_>| plan.is_waiting() && fetch.settle() <= waited;
    let again = fetches
        .iter()
        .zip(plans.iter())
        .map(async |(fetch, plan)| if waiting(plan, fetch) { Some(fetch.list().await) } else { None });
    let listings: Vec<Option<Result<Listing, PortError>>> = join_all(again).await;
    for ((fetch, plan), listing) in fetches.iter().zip(plans).zip(listings) {
        match listing {
            Some(Ok(listing)) => plan.again(fetch.source, listing, clock.now()),
            Some(Err(error)) => plan.fails(error),
            None => {}
        }
    }
}

fn report(fetches: &[Fetch<'_>], plans: Vec<Plan<'_>>, outcomes: Vec<(usize, fetch::Taken)>) -> Synced {
    let mut synced = Synced::default();
    for (fetch, plan) in fetches.iter().zip(plans) {
        let unchanged = plan.unchanged;
        let (left, failed) = plan.end(fetch.source);
        synced.sources.push(SourceReport {
            client: fetch.source.client.clone(),
            kind: fetch.source.kind,
            source: fetch.location().to_owned(),
            received: 0,
            left: left.len() as u64,
            unchanged,
            bytes: 0,
            failed,
        });
        synced.left.extend(left);
    }
    for (place, taken) in outcomes {
        let source = &mut synced.sources[place];
        source.received += taken.received.len() as u64;
        source.bytes += taken.received.iter().map(|file| file.bytes).sum::<u64>();
        source.left += taken.left.len() as u64;
        source.unchanged += taken.unchanged;
        synced.received.extend(taken.received);
        synced.confirmed.extend(taken.confirmed);
        synced.left.extend(taken.left);
        synced.uncleared.extend(taken.uncleared);
    }
    synced.unchanged = synced.sources.iter().map(|source| source.unchanged).sum();
    synced.bytes = synced.sources.iter().map(|source| source.bytes).sum();
    synced
}

#[cfg(test)]
mod tests;
