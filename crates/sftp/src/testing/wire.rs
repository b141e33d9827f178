//! Connections, and what cuts them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use russh::server::{Config, run_stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::ssh::Session;
use super::{Shared, Silence, locked};

/// Takes connections until it is aborted; they live on until the client leaves.
pub(super) async fn accept(listener: TcpListener, config: Arc<Config>, shared: Shared) {
    while let Ok((stream, _)) = listener.accept().await {
        let (silent, left) = {
            let mut state = locked(&shared);
            state.log.connections += 1;
            let cut = state.plan.cuts.is_none_or(|cuts| state.log.connections <= cuts);
            let left = state.plan.cut_after.filter(|_| cut);
            (state.plan.silence == Some(Silence::Connecting), left)
        };
        let (config, shared) = (Arc::clone(&config), Arc::clone(&shared));
        tokio::spawn(async move {
            if silent {
                let _stream = stream;
                return std::future::pending().await;
            }
            let stream = Cut { stream, left };
            // A client that leaves, or is cut off, is an error here and nothing to tell.
            if let Ok(session) = run_stream(config, stream, Session::new(shared)).await {
                let _ = session.await;
            }
        });
    }
}

/// A stream that breaks after so many bytes were written to it.
struct Cut {
    stream: TcpStream,
    left: Option<u64>,
}

impl AsyncRead for Cut {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cut {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = self
            .left
            .map_or(bytes.len(), |left| bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        if most == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..most]);
        if let (Poll::Ready(Ok(written)), Some(left)) = (&written, self.left.as_mut()) {
            *left -= *written as u64;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
