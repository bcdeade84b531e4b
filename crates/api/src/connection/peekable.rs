//! A stream whose next bytes can be looked at before they are read.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Most bytes that are read ahead.
const AHEAD_BYTES: usize = 4 << 10;

/// A stream in both directions.
pub(crate) trait Bidirectional: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bidirectional for T {}

/// A stream with the bytes that were read ahead of it.
pub(crate) struct Peekable {
    stream: Box<dyn Bidirectional>,
    ahead: Vec<u8>,
    has_ended: bool,
}

impl Peekable {
    /// Wraps a stream of which `ahead` has been read already.
    pub(crate) fn new(stream: impl Bidirectional + 'static, ahead: Vec<u8>) -> Self {
        Self { stream: Box::new(stream), ahead, has_ended: false }
    }

    /// Looks at the next bytes, at least one; none at the end of the stream.
    pub(crate) async fn peek(&mut self) -> io::Result<&[u8]> {
        poll_fn(|cx| self.poll_peek(cx).map_ok(|_| ())).await?;
        Ok(&self.ahead)
    }

    pub(crate) fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        if self.ahead.is_empty() && !self.has_ended {
            let mut bytes = [0; AHEAD_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            self.ahead.extend_from_slice(buffer.filled());
            self.has_ended = self.ahead.is_empty();
        }
        Poll::Ready(Ok(&self.ahead))
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return if self.has_ended {
                Poll::Ready(Ok(()))
            } else {
                Pin::new(&mut self.stream).poll_read(cx, buffer)
            };
        }
        let count = self.ahead.len().min(buffer.remaining());
        buffer.put_slice(&self.ahead[..count]);
        self.ahead.drain(..count);
        if self.ahead.is_empty() {
            self.ahead = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Peekable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Self::poll_read(&mut self, cx, buffer)
    }
}

impl AsyncWrite for Peekable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Self::poll_write(&mut self, cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_flush(&mut self, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_shutdown(&mut self, cx)
    }
}
