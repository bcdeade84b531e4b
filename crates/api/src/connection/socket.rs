//! The socket of a connection, as its link has it: plain TCP, or a stream that wraps another.

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::ReadBuf;
use tokio::net::tcp::OwnedWriteHalf;

use twinloop_runtime::lock;

use crate::connection::peekable::Peekable;

/// The part of a transport that a connection's link owns.
pub(crate) enum LinkSocket {
    /// Plain TCP; the connection's task has the reading half.
    Tcp(OwnedWriteHalf),
    /// A unix socket, or TLS.
    Wrapped(Mutex<Peekable>),
    /// None: a stream of an HTTP/2 connection, which has the socket.
    Multiplexed,
}

impl LinkSocket {
    /// The wrapped stream, for the time of one call.
    pub(crate) fn wrapped(&self) -> io::Result<MutexGuard<'_, Peekable>> {
        match self {
            Self::Wrapped(stream) => Ok(lock(stream)),
            Self::Tcp(_) | Self::Multiplexed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads from the wrapped stream.
    pub(crate) fn poll_read_wrapped(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.wrapped()?.poll_read(cx, buffer)
    }

    /// Looks for received bytes and leaves them; resolves to whether the client has closed its sending side.
    pub(crate) fn poll_peek(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        match self {
            Self::Tcp(writer) => {
                let mut byte = [0];
                writer.as_ref().poll_peek(cx, &mut ReadBuf::new(&mut byte)).map_ok(|count| count == 0)
            }
            Self::Wrapped(_) => self.wrapped()?.poll_peek(cx).map_ok(<[u8]>::is_empty),
            Self::Multiplexed => Poll::Pending,
        }
    }

    /// Writes all bytes.
    pub(crate) async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = match self {
                Self::Tcp(writer) => {
                    writer.writable().await?;
                    match writer.try_write(rest) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                        done => done?,
                    }
                }
                _ => poll_fn(|cx| self.wrapped()?.poll_write(cx, rest)).await?,
            };
            rest = &rest[written..];
        }
        Ok(())
    }

    /// Closes the sending side; TLS says goodbye first.
    pub(crate) async fn finish(&self) -> io::Result<()> {
        match self {
            Self::Tcp(writer) => SockRef::from(writer.as_ref()).shutdown(Shutdown::Write),
            _ => poll_fn(|cx| self.wrapped()?.poll_shutdown(cx)).await,
        }
    }

    /// Tells the client over TLS that nothing follows; a plain socket says so by closing.
    pub(crate) async fn say_goodbye(&self) -> io::Result<()> {
        if matches!(self, Self::Wrapped(_)) { self.finish().await } else { Ok(()) }
    }

    /// Reads some bytes; 0 at the end.
    pub(crate) async fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let Self::Tcp(writer) = self else {
            let mut buffer = ReadBuf::new(bytes);
            poll_fn(|cx| self.poll_read_wrapped(cx, &mut buffer)).await?;
            return Ok(buffer.filled().len());
        };
        let stream = writer.as_ref();
        loop {
            stream.readable().await?;
            match stream.try_read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}
