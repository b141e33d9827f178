//! Servers that misbehave: each file is what the server claims of it, or an error; nothing hangs.

mod connections;
mod listings;
mod logins;
mod reads;

use std::time::Duration;

use leadq_sftp::testing::{Plan, TestServer};

/// A server that serves a plan.
async fn serve(plan: Plan) -> TestServer {
    TestServer::start(plan).await.unwrap()
}

/// Waits for what must not take for ever: far longer than it takes.
async fn bounded<T>(work: impl Future<Output = T>) -> T {
    let work = tokio::time::timeout(Duration::from_secs(50), work).await;
    work.expect("it hangs")
}
