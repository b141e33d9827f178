//! How the daemon is: what the loop tells of itself, and what is made of it for probes, metrics and systemd.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};

use leadq_contract::config::ScheduleConfig;

use crate::clock::Clock;
use crate::job::{ClientFigures, Figures, JobOutcome, JobResult};
use crate::metrics::Metrics;
use crate::systemd::Systemd;

/// The longest time between two turns of the loop.
const PACE: Duration = Duration::from_secs(15);

/// When the daemon is no longer well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// The longest that the loop may be silent.
    pub silence: Duration,
    /// Runs in a row that may fail.
    pub failures: u32,
}

impl Default for Tolerance {
    /// Five minutes, and two failures.
    fn default() -> Self {
        Self { silence: Duration::from_secs(300), failures: 2 }
    }
}

impl Tolerance {
    /// What the configuration tolerates.
    #[must_use]
    pub fn of_config(config: &ScheduleConfig) -> Self {
        let default = Self::default();
        Self { failures: config.max_failures.unwrap_or(default.failures), ..default }
    }
}

/// Holds how the daemon is. Shared by the loop, which tells it, and the HTTP server, which asks it.
pub struct Monitor {
    clock: Arc<dyn Clock>,
    tolerance: Tolerance,
    systemd: Systemd,
    metrics: Metrics,
    state: Mutex<State>,
}

/// What changes.
struct State {
    beat: Instant,
    /// Whether the lake could be opened, or why not.
    lake: Result<(), String>,
    failures: u32,
    last_error: String,
    began: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
    clients: Vec<ClientFigures>,
}

impl Monitor {
    /// A daemon that begins.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, tolerance: Tolerance, systemd: Systemd) -> Self {
        let metrics = Metrics::new(clock.now());
        let state = State {
            beat: Instant::now(),
            lake: Err("the lake has not been opened yet".to_owned()),
            failures: 0,
            last_error: String::new(),
            began: None,
            next: None,
            clients: Vec::new(),
        };
        Self { clock, tolerance, systemd, metrics, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the lake could be opened, or why not, in words that hold no personal data.
    pub fn lake(&self, opened: Result<(), String>) {
        self.state().lake = opened;
    }

    /// How things stood before this process began: when the last run ended, and the last that did not fail, how many
    /// have failed since and why the last one did, and the figures of the last committed one.
    pub fn before(
        &self,
        last_run: Option<DateTime<Utc>>,
        last_success: Option<DateTime<Utc>>,
        failures: (u32, String),
        figures: &Figures,
    ) {
        self.metrics.before(last_run, last_success);
        self.metrics.stand(figures);
        let mut state = self.state();
        (state.failures, state.last_error) = failures;
        state.clients.clone_from(&figures.clients);
    }

    /// The loop turns.
    pub fn beat(&self) {
        self.state().beat = Instant::now();
        self.systemd.beat();
    }

    /// How often the loop turns.
    pub(crate) fn pace(&self) -> Duration {
        self.systemd.pace().map_or(PACE, |pace| pace.min(PACE))
    }

    pub(crate) fn ready(&self) {
        self.systemd.ready();
    }

    pub(crate) fn stopping(&self) {
        self.systemd.stopping();
    }

    pub(crate) fn waiting(&self, next: Option<DateTime<Utc>>) {
        let mut state = self.state();
        if state.next == next && next.is_some() {
            return;
        }
        state.next = next;
        self.metrics.next_run(next);
        let when = next.map_or_else(
            || "no run is due".to_owned(),
            |next| format!("next run {}", next.to_rfc3339_opts(SecondsFormat::Secs, true)),
        );
        let failed = match state.failures {
            0 => String::new(),
            runs => format!("; {runs} failed in a row"),
        };
        self.systemd.status(&format!("waiting; {when}{failed}"));
    }

    pub(crate) fn begun(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        (state.began, state.next) = (Some(now), None);
        let since = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        self.systemd.status(&format!("a run since {since}"));
    }

    /// A run ended. Said by the loop; by the command itself for a run outside of it.
    pub fn ended(&self, now: DateTime<Utc>, result: &JobResult) {
        let mut state = self.state();
        let began = state.began.take().unwrap_or(now);
        self.metrics.ended(began, now, &result.outcome);
        match &result.outcome {
            JobOutcome::Committed | JobOutcome::Unchanged => {
                (state.failures, state.last_error) = (0, String::new());
                // It was opened for that run.
                state.lake = Ok(());
            }
            JobOutcome::Failed { error } => {
                (state.failures, state.last_error) = (state.failures.saturating_add(1), error.clone());
            }
            JobOutcome::Interrupted => {}
        }
        if let Some(figures) = &result.figures {
            self.metrics.rows(figures);
            self.metrics.stand(figures);
            state.clients.clone_from(&figures.clients);
        }
    }

    /// Whether the process lives and its loop turns.
    ///
    /// # Errors
    /// For how long it has been silent.
    pub fn health(&self) -> Result<(), String> {
        let silent = self.state().beat.elapsed();
        if silent <= self.tolerance.silence {
            return Ok(());
        }
        Err(format!("the loop has not turned for {} s; restart leadq and look at its log", silent.as_secs()))
    }

    /// Whether it can do its work.
    ///
    /// # Errors
    /// Why not.
    pub fn readiness(&self) -> Result<(), String> {
        self.health()?;
        let state = self.state();
        state.lake.clone()?;
        if state.failures > self.tolerance.failures {
            return Err(format!("the last {} runs failed; the last: {}", state.failures, state.last_error));
        }
        Ok(())
    }

    /// The metrics as Prometheus's text.
    #[must_use]
    pub fn metrics(&self) -> String {
        // Held to the end: two scrapes at once would clear each other's gauges.
        let state = self.state();
        self.metrics.text(self.clock.now(), &state.clients)
    }
}
