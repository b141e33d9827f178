//! What the service manager is told, by sd_notify; nothing where there is none.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// Tells the service manager how the daemon is.
#[derive(Debug)]
pub struct Systemd {
    /// How often it wants to hear that the loop turns: half of what it waits for.
    watchdog: Option<Duration>,
    last: Mutex<Option<Instant>>,
}

impl Systemd {
    /// As the service manager wants it of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let watchdog = sd_notify::watchdog_enabled().map(|interval| interval / 2);
        Self { watchdog, last: Mutex::new(None) }
    }

    /// The longest that the loop may be silent; none if nobody listens.
    #[must_use]
    pub const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The daemon waits for its times.
    pub(crate) fn ready(&self) {
        send(&[NotifyState::Ready]);
    }

    /// What it does now, in words.
    pub(crate) fn status(&self, words: &str) {
        send(&[NotifyState::Status(&words.replace('\n', " "))]);
    }

    /// It ends.
    pub(crate) fn stopping(&self) {
        send(&[NotifyState::Stopping]);
    }

    /// The loop has turned; told no more often than half of the watchdog's interval.
    pub(crate) fn beat(&self) {
        let Some(interval) = self.watchdog else { return };
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Beats come in steps: the one before the interval is over may be the last in time.
        if last.is_none_or(|last| last.elapsed() >= interval / 2) {
            send(&[NotifyState::Watchdog]);
            *last = Some(Instant::now());
        }
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = %error, "the service manager cannot be told");
    }
}
