//! The clock on the wall, and waiting for it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

/// Tells the time, and waits. The time may jump either way between two looks at it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Waits for as long as it is until `then`, as the clock stands at the beginning of the wait.
    fn sleep_until(&self, then: DateTime<Utc>) -> BoxFuture<'_, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn sleep_until(&self, then: DateTime<Utc>) -> BoxFuture<'_, ()> {
        let length = (then - Utc::now()).max(TimeDelta::zero());
        Box::pin(tokio::time::sleep(length.to_std().unwrap_or(Duration::ZERO)))
    }
}
