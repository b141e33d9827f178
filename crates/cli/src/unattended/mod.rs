//! Runs without anybody watching: what `leadq schedule` does at each of its times, and tells of it.

pub(crate) mod alerting;
mod past;
mod rates;
mod rejected;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use leadq_pipeline::RunOutcome;
use leadq_pipeline::sync::Synced;
use leadq_watch::alerts::{AlertBook, DataFacts, Facts, RunFact, deliver};
use leadq_watch::job::{Figures, JobOutcome, JobResult};
use tokio::sync::watch;

pub(crate) use past::{Before, before};
pub(crate) use standing::Standing;

use crate::commands::fetched;
use crate::edges::Edges;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::progress::{self, Progress};
use crate::settings::{Flags, Settings};
use crate::work::{self, Done, Order};

/// How long people are still told of alerts once leadq is told to stop; the next run tells the rest.
const GRACE: Duration = Duration::from_secs(5);

/// Runs, and what goes from one to the next.
pub(crate) struct Unattended {
    flags: Flags,
    order: Order,
    /// The last that could be resolved: where the lake is, and who is told, if the next ones cannot be.
    settings: Settings,
    /// The alerts, if the lake could not keep them.
    book: Option<AlertBook>,
}

/// What became of a run.
pub(crate) struct Ended {
    pub(crate) result: JobResult,
    /// Why it failed, or else why nobody can be told of alerts.
    pub(crate) failure: Option<Failure>,
}

/// A run that did its work.
struct Worked {
    edges: Edges,
    done: Done,
}

/// How a run ended, and what is known then.
struct Known {
    outcome: JobOutcome,
    run: RunFact,
    data: Option<DataFacts>,
    figures: Option<Figures>,
    failure: Option<Failure>,
}

impl Unattended {
    /// Runs by these flags; `settings` are what they resolve to now.
    pub(crate) fn new(flags: Flags, settings: Settings, wait: Option<Duration>) -> Self {
        Self { flags, order: Order { wait, ..Order::default() }, settings, book: None }
    }

    /// One run, its alerts, and what the lake keeps of it. When `stop` turns true it ends: at once, or when it has
    /// committed, if it has begun to.
    pub(crate) async fn run(&mut self, stop: &watch::Receiver<bool>) -> Ended {
        let started = Utc::now();
        let worked = {
            let mut work = std::pin::pin!(self.work());
            tokio::select! {
                biased;
                // Before the commit nothing is visible, so that it may end anywhere.
                () = told(stop.clone()) => if progress::is_committing() { Some(work.await) } else { None },
                worked = &mut work => Some(worked),
            }
        };
        progress::has_ended();
        let Some(worked) = worked else {
            tracing::warn!("interrupted before the commit; the next run takes in what this one did not");
            let result = JobResult { outcome: JobOutcome::Interrupted, figures: None };
            return Ended { result, failure: None };
        };
        let Known { outcome, run, data, figures, mut failure } = match worked {
            Ok(worked) => self.succeeded(&worked).await,
            Err(failure) => failed(failure),
        };
        let ended = Utc::now();
        let told = self.close(started, Facts { now: ended, run, data }, &outcome, stop.clone()).await;
        if let Err(untold) = told {
            tracing::error!(error = %untold, hint = untold.advice().unwrap_or_default(), "people cannot be told of alerts");
            failure.get_or_insert(untold);
        }
        Ended { result: JobResult { outcome, figures }, failure }
    }

    /// Fetches and takes in, as the configuration wants it by now.
    async fn work(&mut self) -> Outcome<Worked> {
        self.settings = Settings::resolve(self.flags.clone(), Environment::read())?;
        let edges = Edges::open(&self.settings)?;
        // Nobody watches: no progress, whatever stderr is.
        let observer = Arc::new(Progress::new(true));
        let done = work::run(&self.settings, &edges, self.order, observer).await?;
        Ok(Worked { edges, done })
    }

    /// Tells the log what a run did, and looks at how the data stand now.
    async fn succeeded(&self, worked: &Worked) -> Known {
        let Worked { edges, done } = worked;
        fetched::warn(&done.synced);
        let is_new = log(&done.outcome);
        let standing = match Standing::read(edges, &self.settings, Utc::now()).await {
            Ok(standing) => Some(standing),
            Err(failure) => {
                tracing::warn!(error = %failure, "how the data stand cannot be read; alerts about them stay as they are");
                None
            }
        };
        let (data, figures) = standing.map(|standing| (standing.data, standing.figures)).unzip();
        Known {
            outcome: if is_new { JobOutcome::Committed } else { JobOutcome::Unchanged },
            run: unlisted(&done.synced),
            data,
            figures: figures.filter(|_| is_new),
            failure: None,
        }
    }

    /// Notes that the run has been, and tells people what opened and closed.
    async fn close(
        &mut self,
        started: DateTime<Utc>,
        facts: Facts,
        outcome: &JobOutcome,
        stop: watch::Receiver<bool>,
    ) -> Outcome<()> {
        let lake = Edges::lake(&self.settings)?;
        past::note(&lake, started, facts.now, outcome).await;
        let channels = alerting::channels(&self.settings)?;
        let mut book = match self.book.take() {
            Some(book) => book,
            None => alerting::read(&lake).await,
        };
        let stopped = async {
            told(stop).await;
            tokio::time::sleep(GRACE).await;
        };
        // What fails is told to the log there, and to people at the next run.
        tokio::select! {
            _ = deliver(&mut book, &facts, &channels) => {}
            () = stopped => {}
        }
        self.book = alerting::keep(&lake, book).await;
        Ok(())
    }
}

/// Comes back when it is told to stop, or nobody is left to tell.
async fn told(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Tells the log what a run did; whether it committed.
fn log(outcome: &RunOutcome) -> bool {
    match outcome {
        RunOutcome::Committed { record, .. } => {
            let rows = |name: &str| record.rows.get(name).copied().unwrap_or_default();
            tracing::info!(
                run = record.run,
                files = record.files.len(),
                rows.read = rows("reports.read"),
                rows.kept = rows("reports.kept"),
                findings = record.findings.values().sum::<u64>(),
                seconds = record.seconds.values().sum::<f64>(),
                "committed what was new"
            );
            true
        }
        RunOutcome::NothingNew(record) => {
            tracing::info!(run = record.run, "nothing is new since this run");
            false
        }
    }
}

/// What people are told of a run that did its work: a drop that nobody could look into is as bad as a run that failed.
fn unlisted(synced: &Synced) -> RunFact {
    let mut failed = synced.sources.iter().filter_map(|source| source.failed.as_ref());
    let Some(error) = failed.next() else { return RunFact::Done };
    let more = failed.count();
    let more = if more > 0 { format!("; {more} more drops could not be listed") } else { String::new() };
    RunFact::Failed { error: format!("{error}{more}"), advice: error.hint.clone() }
}

/// Tells the log why a run failed.
fn failed(failure: Failure) -> Known {
    let (error, advice) = (failure.to_string(), failure.advice().map(str::to_owned));
    tracing::error!(%error, hint = advice.as_deref().unwrap_or_default(), "the run failed");
    Known {
        outcome: JobOutcome::Failed { error: error.clone() },
        run: RunFact::Failed { error, advice },
        data: None,
        figures: None,
        failure: Some(failure),
    }
}
