//! Runs the job when the schedule says so: one at a time, until it is told to stop.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use leadq_contract::config::ScheduleConfig;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::job::JobResult;
use crate::monitor::Monitor;
use crate::schedule::Schedule;

/// A clock that goes back by less was set right, and no time to run lies in between.
const SLIGHT: TimeDelta = TimeDelta::seconds(15);
/// A last run further ahead than this was noted by a clock that was wrong.
const FAR_AHEAD: TimeDelta = TimeDelta::days(1);
/// Times to run that are remembered, so that none runs twice when the clock goes back.
const REMEMBERED: usize = 1000;

/// Where a loop begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Start {
    /// When the last run started, whatever became of it; none if there was none.
    pub last_run_started: Option<DateTime<Utc>>,
    /// Whether a run that was missed since is made up for.
    pub catch_up: bool,
}

impl Start {
    /// A beginning as the configuration wants it.
    #[must_use]
    pub fn of_config(config: &ScheduleConfig, last_run_started: Option<DateTime<Utc>>) -> Self {
        Self { last_run_started, catch_up: config.catch_up.unwrap_or(true) }
    }
}

/// Waits for each time to run and runs the job, until `shutdown` turns true or its sender is gone.
///
/// The job is given the time that it runs for. It is never dropped on its way: it should look at the same signal and
/// end at its next safe point. A time that comes while the job runs is run for when it has ended, once however many
/// there were. A clock that jumps forwards runs what was jumped over once; when it jumps back, no time runs twice.
pub async fn run_loop(
    schedule: &Schedule,
    clock: &dyn Clock,
    start: Start,
    monitor: &Monitor,
    mut job: impl AsyncFnMut(DateTime<Utc>) -> JobResult,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut due = Due::begin(clock.now(), start);
    monitor.ready();
    while !stopped(&shutdown) {
        let now = clock.now();
        monitor.beat();
        if let Some(slot) = due.at(schedule, now) {
            tracing::info!(slot = %slot, "a scheduled run begins");
            monitor.begun(now);
            let result = beating(job(slot), monitor).await;
            let told = result.outcome.name();
            tracing::info!(
                outcome = told,
                seconds = (clock.now() - now).as_seconds_f64(),
                "a scheduled run ended"
            );
            monitor.ended(clock.now(), &result);
            continue;
        }
        let next = schedule.next_after(now.max(due.settled));
        monitor.waiting(next);
        // Short steps: the clock on the wall may jump during each.
        let step = now + monitor.pace();
        let until = next.map_or(step, |next| next.min(step));
        tokio::select! {
            biased;
            () = told(&mut shutdown) => {}
            () = clock.sleep_until(until) => {}
        }
    }
    monitor.stopping();
}

fn stopped(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

/// Waits for the signal.
async fn told(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone ends the wait, too.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Says that the loop turns, while the job runs.
async fn beating(job: impl Future<Output = JobResult>, monitor: &Monitor) -> JobResult {
    tokio::pin!(job);
    loop {
        tokio::select! {
            biased;
            result = &mut job => return result,
            () = tokio::time::sleep(monitor.pace()) => monitor.beat(),
        }
    }
}

/// Which times have had their run.
struct Due {
    /// All times up to this one are settled.
    settled: DateTime<Utc>,
    /// Times that have had their run by this process.
    run: BTreeSet<DateTime<Utc>>,
    /// The clock, when it was looked at last.
    seen: DateTime<Utc>,
}

impl Due {
    fn begin(now: DateTime<Utc>, start: Start) -> Self {
        let last = start.last_run_started.filter(|last| *last <= now + FAR_AHEAD);
        let settled = match last {
            // A clock that was put back a little since: what has run does not run again.
            Some(last) if start.catch_up || last > now => last,
            _ => now,
        };
        Self { settled, run: BTreeSet::new(), seen: now }
    }

    /// The time that is to have its run now, which settles it.
    fn at(&mut self, schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if now < self.seen {
            tracing::warn!(seconds = (self.seen - now).as_seconds_f64(), "the clock was put back");
            if now < self.seen - SLIGHT {
                // The times from here on come again; those that have had their run are remembered.
                self.settled = now;
            }
        }
        self.seen = now;
        let slot = schedule.missed_between(self.settled, now)?;
        self.settled = slot;
        if !self.run.insert(slot) {
            return None;
        }
        if self.run.len() > REMEMBERED {
            self.run.pop_first();
        }
        Some(slot)
    }
}
