//! What the service manager is told, by sd_notify; nothing where there is none.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// Tells the service manager how the daemon is.
#[derive(Debug)]
pub struct Systemd {
    /// How long it waits for a sign of life.
    watchdog: Option<Duration>,
    last: Mutex<Option<Instant>>,
}

impl Systemd {
    /// As the service manager wants it of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self { watchdog: sd_notify::watchdog_enabled(), last: Mutex::new(None) }
    }

    /// How often the loop has to turn for it: a quarter of what it waits for; none if nobody listens.
    pub(crate) fn pace(&self) -> Option<Duration> {
        self.watchdog.map(|interval| interval / 4)
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

    /// The loop has turned. At its pace this is told at half of the watchdog's interval at the latest.
    pub(crate) fn beat(&self) {
        let Some(pace) = self.pace() else { return };
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= pace) {
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
