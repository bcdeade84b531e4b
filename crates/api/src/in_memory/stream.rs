//! The two ends of a connection in memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

/// Bytes that wait in each direction, as a socket's buffers hold them.
const BUFFER_BYTES: usize = 64 << 10;

/// The server's end of a connection in memory.
pub(crate) struct ServedEnd {
    stream: DuplexStream,
    is_reset: Arc<AtomicBool>,
}

/// The client's end of a connection in memory. Dropping the end closes the connection; [`reset`](Self::reset) says beforehand that
/// the client has left.
pub(crate) struct ClientEnd {
    pub(crate) stream: DuplexStream,
    is_reset: Arc<AtomicBool>,
}

/// Says to the server's end of a connection that the client has left, once the client's end is dropped.
pub(crate) struct Reset(Arc<AtomicBool>);

/// Makes a connection in memory.
pub(crate) fn connection() -> (ServedEnd, ClientEnd) {
    let (served, client) = duplex(BUFFER_BYTES);
    let is_reset = Arc::<AtomicBool>::default();
    (ServedEnd { stream: served, is_reset: Arc::clone(&is_reset) }, ClientEnd { stream: client, is_reset })
}

impl ClientEnd {
    /// The means to reset the connection.
    pub(crate) fn reset(&self) -> Reset {
        Reset(Arc::clone(&self.is_reset))
    }
}

impl Reset {
    /// Makes the end of the connection a reset, so that the server does not take it for a half-closed connection, whose client still
    /// waits for its answer.
    pub(crate) fn mark(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl AsyncRead for ServedEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() == before && self.is_reset.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ServedEnd {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn an_end_is_a_close_unless_the_client_has_left() {
        let (mut served, mut client) = connection();
        client.stream.write_all(b"a").await.unwrap();
        let mut byte = [0];
        assert_eq!(served.read(&mut byte).await.unwrap(), 1);
        drop(client);
        assert_eq!(served.read(&mut byte).await.unwrap(), 0);

        let (mut served, client) = connection();
        client.reset().mark();
        drop(client);
        assert_eq!(served.read(&mut byte).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}
