//! The guard between a socket and Hyper.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use crate::config::Limits;
use crate::guard::{Guard, Violation};
use crate::link::Link;

/// One read takes at most this much.
const SCRATCH_BYTES: usize = 64 << 10;

/// A head that came in pieces keeps its buffer up to this size.
const KEEP_BYTES: usize = 4 << 10;

thread_local! {
    /// Shared by all connections of a thread, so that an idle connection has no buffer here.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// What Hyper reads from and writes to.
pub(crate) struct GuardedIo {
    reader: OwnedReadHalf,
    link: Arc<Link>,
    guard: Guard,
    /// Read and not yet passed on: what is judged good, up to `passed`, and the beginning of a head.
    held: Vec<u8>,
    passed: usize,
    violation: Option<Violation>,
}

impl GuardedIo {
    pub(crate) fn new(reader: OwnedReadHalf, link: Arc<Link>, limits: &Limits) -> Self {
        Self { reader, link, guard: Guard::new(limits), held: Vec::new(), passed: 0, violation: None }
    }

    /// Hands on what is held and good; true when there was some.
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

    /// Judges what was just read; true when Hyper gets something, be it the end.
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
        self.refuse(verdict.violation);
        verdict.good > 0 || self.violation.is_some()
    }

    /// Nothing more is let through.
    fn refuse(&mut self, violation: Option<Violation>) {
        let Some(violation) = violation else { return };
        self.held.truncate(self.passed);
        self.violation = Some(violation);
        if !violation.is_in_body() {
            self.link.refuse(violation);
        }
    }

    /// No more bytes for now: notes what is waited for.
    fn wait(&mut self) -> Poll<io::Result<()>> {
        let in_head = self.guard.expects_head() && !self.held.is_empty();
        if self.link.head_is_late() && self.guard.expects_head() {
            self.refuse(in_head.then_some(Violation::HeadTimeout));
            return Poll::Ready(Ok(()));
        }
        if self.guard.expects_head() {
            self.link.waits_for_head(in_head);
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
        SCRATCH.with_borrow_mut(|scratch| {
            loop {
                let room =
                    if this.held.is_empty() { out.remaining().min(SCRATCH_BYTES) } else { SCRATCH_BYTES };
                let mut buffer = ReadBuf::new(&mut scratch[..room]);
                match Pin::new(&mut this.reader).poll_read(cx, &mut buffer) {
                    Poll::Pending => return this.wait(),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(())) => {}
                }
                this.link.hears();
                if this.take(buffer.filled(), &mut out) {
                    return Poll::Ready(Ok(()));
                }
            }
        })
    }
}

impl Write for GuardedIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let link = &self.link;
        loop {
            match link.stream().try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    link.write_waits();
                    ready!(link.stream().poll_write_ready(cx))?;
                }
                done => {
                    link.writes();
                    return Poll::Ready(done);
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Leaves the socket open: what ends the connection comes after Hyper.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
