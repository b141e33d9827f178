//! A clock that moves only when somebody waits for it, and jumps where it is told to.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use leadq_watch::clock::Clock;

pub(crate) struct TestClock {
    now: Mutex<DateTime<Utc>>,
    /// When it reaches the first, it jumps to the second; in this order.
    jumps: Mutex<VecDeque<(DateTime<Utc>, DateTime<Utc>)>>,
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl TestClock {
    pub(crate) fn starting(now: &str) -> Self {
        Self { now: Mutex::new(at(now)), jumps: Mutex::default() }
    }

    pub(crate) fn jumping(self, from: &str, to: &str) -> Self {
        self.jumps.lock().unwrap().push_back((at(from), at(to)));
        self
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.now.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    fn sleep_until(&self, then: DateTime<Utc>) -> BoxFuture<'_, ()> {
        let mut now = self.now.lock().unwrap();
        *now = then.max(*now);
        let mut jumps = self.jumps.lock().unwrap();
        if let Some((_, to)) = jumps.pop_front_if(|(from, _)| *from <= *now) {
            *now = to;
        }
        Box::pin(tokio::task::yield_now())
    }
}
