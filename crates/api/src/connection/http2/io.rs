//! A metered transport as Hyper's I/O.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use crate::connection::http2::meter::FrameMeter;
use crate::connection::link::Link;
use crate::connection::transport::Transport;

/// Most bytes of one read.
const READ_BYTES: usize = 16 << 10;

/// A transport from which Hyper reads frames and to which it writes them.
pub(crate) struct Http2Io {
    transport: Transport,
    meter: FrameMeter,
    early: Vec<u8>,
}

impl Http2Io {
    pub(crate) fn new(transport: Transport, early: Vec<u8>) -> Self {
        let meter = FrameMeter::new(transport.link.now());
        Self { transport, meter, early }
    }
}

/// Follows frames; the error ends a connection that brings too many of one kind.
fn metered(meter: &mut FrameMeter, bytes: &[u8], link: &Link) -> io::Result<()> {
    if meter.follow(bytes, link.now()) { Ok(()) } else { Err(io::ErrorKind::ConnectionAborted.into()) }
}

impl Read for Http2Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut out: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.early.is_empty() {
            let count = this.early.len().min(out.remaining());
            let piece: Vec<u8> = this.early.drain(..count).collect();
            metered(&mut this.meter, &piece, &this.transport.link)?;
            out.put_slice(&piece);
            return Poll::Ready(Ok(()));
        }
        let meter = &mut this.meter;
        this.transport.poll_pass(cx, (&mut out, READ_BYTES), |bytes, link| metered(meter, bytes, link))
    }
}

impl Write for Http2Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.transport.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.poll_flush(cx)
    }

    /// Leaves the socket open: it closes with the connection's task.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
