//! Threads of one query: a join may be long at one batch, and one that was cancelled must neither hold up
//! Ctrl-C nor take the threads of the query after it.

use std::future::poll_fn;
use std::pin::pin;

use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use leadq_pipeline::ports::{BatchStream, PortError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;

use crate::failure::{Failure, Outcome};

/// Threads that are left to themselves when this is dropped: what runs there ends at its next batch.
pub(super) struct Threads(Option<Runtime>);

impl Threads {
    pub(super) fn new() -> Outcome<Self> {
        let runtime = Builder::new_multi_thread().enable_all().build();
        let failed = |error| Failure::environment(format!("cannot start threads for the query: {error}"));
        Ok(Self(Some(runtime.map_err(failed)?)))
    }

    /// Waits for something whose tasks are to run on these threads.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            let _entered = self.0.as_ref().map(Runtime::enter);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Executes on these threads; the rows come one batch after the other.
    pub(super) fn execute(
        &self,
        mut batches: BatchStream,
    ) -> (JoinSet<()>, Receiver<Result<RecordBatch, PortError>>) {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let mut work = JoinSet::new();
        if let Some(runtime) = &self.0 {
            let all = async move {
                while let Some(batch) = batches.next().await {
                    if sender.send(batch).await.is_err() {
                        return;
                    }
                }
            };
            work.spawn_on(all, runtime.handle());
        }
        (work, receiver)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
