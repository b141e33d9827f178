//! Reading a file: several requests on their way, their answers in order, whatever pieces they come in.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use leadq_pipeline::ports::PortError;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{FileAttributes, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::answer::Failed;
use crate::connection::Connection;

/// Bytes that are asked for at once: as many as any server gives.
const PIECE: usize = 1 << 15;
/// Least of that, for servers that give less.
const LEAST: usize = 1 << 10;
/// Requests on their way at most; there are few at first, for most files are small. Over a slow line the others that
/// are read at the same time wait behind them.
const MOST_AHEAD: usize = 8;
/// Pieces that wait for whoever reads.
const WAITING: usize = 4;

/// A file that is open on a server.
pub(crate) struct OpenFile {
    connection: Arc<Connection>,
    handle: String,
    subject: String,
}

/// An answer to a request for bytes.
struct Answer {
    at: u64,
    wanted: usize,
    data: Result<Vec<u8>, Error>,
}

impl OpenFile {
    /// Opens a file for reading.
    pub(crate) async fn open(
        connection: Arc<Connection>,
        path: String,
        subject: String,
    ) -> Result<Self, PortError> {
        let opened = connection.sftp.open(path, OpenFlags::READ, FileAttributes::empty());
        let handle = connection.ask(opened).await.map_err(|failed| failed.told("open", &*subject))?.handle;
        Ok(Self { connection, handle, subject })
    }

    /// Reads it to its end, in a task of its own that waits when nobody takes what is there. It stops when the stream
    /// is dropped; the permit goes back when it stops.
    pub(crate) fn stream(
        self,
        permit: OwnedSemaphorePermit,
    ) -> impl futures::Stream<Item = Result<Bytes, PortError>> + Send {
        let (to, mut from) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let read = self.read(&to);
            let result = tokio::select! {
                result = read => result,
                () = to.closed() => Ok(()),
            };
            let broken = result.as_ref().is_err_and(Failed::is_broken);
            if let Err(failed) = result {
                let _ = to.send(Err(failed.told("read", &*self.subject))).await;
            }
            drop(to);
            if !broken {
                // Whoever reads has its end already; a handle that stays open is the server's to find.
                let _ = self.connection.ask(self.connection.sftp.close(self.handle.as_str())).await;
            }
            drop(permit);
        });
        futures::stream::poll_fn(move |context| from.poll_recv(context))
    }

    async fn request(&self, at: u64, wanted: usize) -> Answer {
        // No more than PIECE.
        let length = u32::try_from(wanted).unwrap_or(u32::MAX);
        let data = self.connection.sftp.read(self.handle.as_str(), at, length).await;
        Answer { at, wanted, data: data.map(|data| data.data) }
    }

    async fn read(&self, to: &mpsc::Sender<Result<Bytes, PortError>>) -> Result<(), Failed> {
        let mut answers = FuturesOrdered::new();
        let (mut next, mut ahead, mut piece) = (0_u64, 2, PIECE);
        loop {
            while answers.len() < ahead {
                answers.push_back(self.request(next, piece));
                next += piece as u64;
            }
            // The time-out is for each answer that comes next, not for all that are on their way.
            let next_answer = self.connection.ask(async { Ok(answers.next().await) }).await?;
            let Some(Answer { at, wanted, data }) = next_answer else { return Ok(()) };
            let data = match self.connection.ask(std::future::ready(data)).await {
                Ok(data) => data,
                // What was asked for behind it is of no interest, even where the file has grown meanwhile.
                Err(failed) if failed.is_end() => return Ok(()),
                Err(failed) => return Err(failed),
            };
            let got = data.len();
            if got == 0 {
                return Ok(());
            }
            if got > wanted {
                return Err(Failed::Absurd(format!(
                    "the server sent {got} bytes where {wanted} were asked for"
                )));
            }
            if got < wanted {
                // The file may end here, or the server gives less at once: the rest of the piece tells.
                answers.push_front(self.request(at + got as u64, wanted - got));
                piece = piece.min(got).max(LEAST);
            } else {
                ahead = (ahead + 1).min(MOST_AHEAD);
            }
            if to.send(Ok(data.into())).await.is_err() {
                return Ok(());
            }
        }
    }
}
