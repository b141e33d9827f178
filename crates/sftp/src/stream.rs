//! A stream whose end can be waited for.
//!
//! `russh-sftp` forgets a request that is sent just when its reading half has ended and its writing half has not:
//! nobody would answer it, nor say so, and it would wait for its time-out. Once both halves have let go of the stream
//! there is nothing more to wait for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// A stream, and who waits for its end.
pub(crate) struct Watched<S> {
    stream: S,
    /// Goes with the stream.
    _alive: watch::Sender<()>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S) -> (Self, Ended) {
        let (alive, ended) = watch::channel(());
        (Self { stream, _alive: alive }, Ended(ended))
    }
}

/// The end of a stream.
pub(crate) struct Ended(watch::Receiver<()>);

impl Ended {
    /// Whether it has come.
    pub(crate) fn has_come(&self) -> bool {
        self.0.has_changed().is_err()
    }

    /// Waits for it.
    pub(crate) async fn come(&self) {
        // Nothing is ever sent: the error says that the sender is gone.
        while self.0.clone().changed().await.is_ok() {}
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
