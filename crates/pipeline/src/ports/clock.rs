//! Time: what it is, and waiting.

use std::time::Duration;

/// A clock that one can wait by.
#[async_trait::async_trait]
pub trait Clock: Send + Sync {
    /// Now, in nanoseconds since the epoch. It may jump, in either direction.
    fn now(&self) -> i64;

    /// Waits, whatever the clock does meanwhile.
    async fn sleep(&self, time: Duration);
}
