//! The guard as Hyper's I/O.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::ReadBuf;

use crate::config::Limits;
use crate::connection::transport::{SCRATCH_BYTES, Transport, with_scratch};
use crate::guard::{Guard, GuardProgress, RefusedHead, Violation};

/// The line with which a client of HTTP/2 begins, which no request of HTTP/1 can be. Source: RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// Largest buffer that a connection keeps after a head that arrived in pieces.
const KEEP_BYTES: usize = 4 << 10;

/// A socket behind a guard, from which Hyper reads and to which it writes.
pub(crate) struct GuardedIo {
    transport: Transport,
    guard: Guard,
    /// Bytes read and not yet passed on: accepted ones up to `passed`, then the beginning of a head.
    held: Vec<u8>,
    passed: usize,
    violation: Option<Violation>,
    /// Whether no byte has passed, so that the connection may still turn out to be one of HTTP/2.
    may_be_http2: bool,
    is_http2: bool,
}

impl GuardedIo {
    /// Guards a transport of which `early` has been read already.
    pub(crate) fn new(transport: Transport, early: Vec<u8>, limits: &Limits, may_be_http2: bool) -> Self {
        let mut io = Self {
            transport,
            guard: Guard::new(limits),
            held: early,
            passed: 0,
            violation: None,
            may_be_http2,
            is_http2: false,
        };
        if !io.held.is_empty() {
            io.judge_held();
        }
        io
    }

    /// The transport with the bytes that it has received, where the client speaks HTTP/2; the guard has passed none of them.
    pub(crate) fn into_http2(self) -> Option<(Transport, Vec<u8>)> {
        self.is_http2.then_some((self.transport, self.held))
    }

    /// The transport, with the bytes that Hyper has not read, where the connection goes on with another protocol.
    ///
    /// Errors: `None` after a violation. Bytes that came too early were judged as HTTP; those that could be HTTP are judged anew.
    pub(crate) fn into_upgraded(self) -> Option<(Transport, Vec<u8>)> {
        self.violation.is_none().then_some((self.transport, self.held))
    }

    /// Passes held, accepted bytes on to Hyper; true when there were any.
    fn pass_on(&mut self, out: &mut ReadBufCursor<'_>) -> bool {
        let count = self.passed.min(out.remaining());
        if count == 0 {
            return false;
        }
        out.put_slice(&self.held[..count]);
        self.held.drain(..count);
        self.passed -= count;
        if self.held.is_empty() && self.held.capacity() > KEEP_BYTES {
            self.held = Vec::new();
        }
        true
    }

    /// Judges bytes just read; true when Hyper receives bytes or the end of the stream.
    fn take(&mut self, fresh: &[u8], out: &mut ReadBufCursor<'_>) -> bool {
        if fresh.is_empty() {
            let midway = self.guard.expects_head() && !self.held.is_empty();
            self.refuse(midway.then_some(Violation::Truncated));
            return true;
        }
        let verdict = if self.held.is_empty() {
            let verdict = self.guard.judge(fresh);
            out.put_slice(&fresh[..verdict.good]);
            self.held.extend_from_slice(&fresh[verdict.good..]);
            verdict
        } else {
            self.held.extend_from_slice(fresh);
            let verdict = self.guard.judge(&self.held);
            self.passed = verdict.good;
            self.pass_on(out);
            verdict
        };
        self.settle(&verdict);
        verdict.good > 0 || self.violation.is_some()
    }

    fn judge_held(&mut self) {
        let verdict = self.guard.judge(&self.held);
        self.passed = verdict.good;
        self.settle(&verdict);
    }

    fn settle(&mut self, verdict: &GuardProgress) {
        if verdict.violation.is_some() {
            if self.may_be_http2 && self.held.starts_with(PREFACE) {
                (self.is_http2, self.violation) = (true, verdict.violation);
                return;
            }
            self.refuse(verdict.violation);
        }
        self.may_be_http2 &= verdict.good == 0;
    }

    /// Withholds the rest of the connection.
    fn refuse(&mut self, violation: Option<Violation>) {
        let Some(violation) = violation else { return };
        self.violation = Some(violation);
        if !violation.is_in_body() {
            self.transport.link.refuse(RefusedHead::new(violation, &self.held[self.passed..]));
        }
        self.held.truncate(self.passed);
    }

    /// Notes what the connection waits for, when the socket has no more bytes.
    fn wait(&mut self) -> Poll<io::Result<()>> {
        let in_head = self.guard.expects_head() && !self.held.is_empty();
        if self.transport.link.head_is_late() && self.guard.expects_head() {
            self.refuse(in_head.then_some(Violation::HeadTimeout));
            return Poll::Ready(Ok(()));
        }
        if self.guard.expects_head() {
            self.transport.link.waits_for_head(in_head);
        }
        Poll::Pending
    }
}

impl Read for GuardedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut out: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.pass_on(&mut out) || this.violation.is_some() {
            return Poll::Ready(Ok(()));
        }
        with_scratch(|scratch| {
            loop {
                let room =
                    if this.held.is_empty() { out.remaining().min(SCRATCH_BYTES) } else { SCRATCH_BYTES };
                let mut buffer = ReadBuf::new(&mut scratch[..room]);
                match this.transport.poll_read(cx, &mut buffer) {
                    Poll::Pending => return this.wait(),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(())) => {}
                }
                this.transport.link.hears();
                if this.take(buffer.filled(), &mut out) {
                    return Poll::Ready(Ok(()));
                }
            }
        })
    }
}

impl Write for GuardedIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.transport.link.interim.are_waiting() {
            ready!(self.poll_interim(cx))?;
        }
        self.transport.poll_write(cx, bytes)
    }

    /// Writes interim responses too, since Hyper flushes whenever it has nothing to write itself.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.transport.link.interim.are_waiting() {
            ready!(self.poll_interim(cx))?;
        }
        self.transport.poll_flush(cx)
    }

    /// Leaves the socket open: `serve` answers violations after Hyper, and closes.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl GuardedIo {
    /// Writes the interim responses that wait at the connection.
    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(bytes) = self.transport.link.interim.next() {
            let written = ready!(self.transport.poll_write(cx, &bytes))?;
            self.transport.link.interim.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}
