//! The transport of a connection, as its task reads and writes it.
//!
//! Plain TCP is read and written without a lock or an indirect call. Unix sockets and TLS are one object behind a lock that only
//! the connection's own task takes.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use crate::connection::link::Link;
use crate::connection::socket::LinkSocket;

/// Bytes of the read buffer.
pub(crate) const SCRATCH_BYTES: usize = 64 << 10;

thread_local! {
    /// The read buffer, shared by all connections of a thread so that idle connections have none.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// Lends the thread's read buffer.
pub(crate) fn with_scratch<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| read(scratch))
}

/// The part of a transport that the connection's task owns.
pub(crate) enum Reader {
    Tcp(OwnedReadHalf),
    Wrapped,
}

/// A connection's transport, as its task sees it.
pub(crate) struct Transport {
    pub(crate) reader: Reader,
    pub(crate) link: Arc<Link>,
}

impl Transport {
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.reader {
            Reader::Tcp(reader) => Pin::new(reader).poll_read(cx, buffer),
            Reader::Wrapped => self.link.socket.poll_read_wrapped(cx, buffer),
        }
    }

    /// Reads at most `most` bytes, shows them to `see`, and passes them on.
    pub(crate) fn poll_pass(
        &mut self,
        cx: &mut Context<'_>,
        (out, most): (&mut ReadBufCursor<'_>, usize),
        see: impl FnOnce(&[u8], &Link) -> io::Result<()>,
    ) -> Poll<io::Result<()>> {
        with_scratch(|scratch| {
            let room = out.remaining().min(most);
            let mut buffer = ReadBuf::new(&mut scratch[..room]);
            ready!(self.poll_read(cx, &mut buffer))?;
            see(buffer.filled(), &self.link)?;
            out.put_slice(buffer.filled());
            Poll::Ready(Ok(()))
        })
    }

    /// Writes, and tells the sweeper while the client does not read.
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let link = &self.link;
        loop {
            let LinkSocket::Tcp(writer) = &link.socket else { return self.poll_write_wrapped(cx, bytes) };
            match writer.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    link.write_waits();
                    ready!(writer.as_ref().poll_write_ready(cx))?;
                }
                done => {
                    link.writes();
                    return Poll::Ready(done);
                }
            }
        }
    }

    fn poll_write_wrapped(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.link.socket.wrapped()?.poll_write(cx, bytes);
        self.time(&written);
        written
    }

    /// Sends what TLS has buffered; plain TCP buffers nothing.
    #[inline]
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.link.socket, LinkSocket::Tcp(_)) {
            return Poll::Ready(Ok(()));
        }
        self.poll_flush_wrapped(cx)
    }

    fn poll_flush_wrapped(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.link.socket.wrapped()?.poll_flush(cx);
        self.time(&flushed);
        flushed
    }

    fn time<T>(&self, written: &Poll<T>) {
        if written.is_pending() { self.link.write_waits() } else { self.link.writes() }
    }
}
