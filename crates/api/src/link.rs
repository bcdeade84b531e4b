//! One connection as its parts and the sweeper see it.
//!
//! The connection's task writes down what it waits for; the sweeper reads it and gives orders, which the task finds when it
//! is woken. All fields are small and independent, so relaxed atomics are enough: the wake-up orders what matters.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use crate::clock::{Clock, Moment, elapsed};
use crate::config::Limits;
use crate::guard::Violation;

/// What a connection waits for from its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// The first byte at all.
    Fresh = 0,
    /// The next request.
    Idle = 1,
    /// The rest of a head.
    Head = 2,
    /// Nothing: it is our turn.
    Busy = 3,
}

/// What a connection is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Order {
    Carry = 0,
    RefuseHead = 1,
    RefuseBody = 2,
    Cut = 3,
}

/// The shared state of one connection.
pub(crate) struct Link {
    writer: OwnedWriteHalf,
    pub(crate) remote: SocketAddr,
    clock: Arc<Clock>,
    waker: OnceLock<Waker>,
    order: AtomicU8,
    draining: AtomicBool,
    leaving: AtomicBool,
    lingers: AtomicBool,
    phase: AtomicU8,
    phase_since: AtomicU32,
    write_since: AtomicU32,
    body_since: AtomicU32,
    body_bytes: AtomicU64,
    /// Since when the client's sending side is closed while we work for it.
    closed_since: AtomicU32,
    violation: OnceLock<Violation>,
}

impl Link {
    pub(crate) fn new(writer: OwnedWriteHalf, remote: SocketAddr, clock: Arc<Clock>) -> Self {
        let now = clock.now();
        Self {
            writer,
            remote,
            clock,
            waker: OnceLock::new(),
            order: AtomicU8::new(Order::Carry as u8),
            draining: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            lingers: AtomicBool::new(false),
            phase: AtomicU8::new(Phase::Fresh as u8),
            phase_since: AtomicU32::new(now),
            write_since: AtomicU32::new(0),
            body_since: AtomicU32::new(0),
            body_bytes: AtomicU64::new(0),
            closed_since: AtomicU32::new(0),
            violation: OnceLock::new(),
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.writer.as_ref()
    }

    /// Remembers the task to wake; it is the same for the life of the connection.
    pub(crate) fn attend(&self, cx: &Context<'_>) {
        if self.waker.get().is_none() {
            let _ = self.waker.set(cx.waker().clone());
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    // What the connection writes down.

    /// Nothing more to read, in front of a head or within one.
    pub(crate) fn waits_for_head(&self, in_head: bool) {
        let phase = if in_head { Phase::Head as u8 } else { Phase::Idle as u8 };
        let before = self.phase.load(Ordering::Relaxed);
        if before == phase || (before == Phase::Fresh as u8 && !in_head) {
            return;
        }
        self.phase_since.store(self.clock.now(), Ordering::Relaxed);
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// The client has sent something; a head that is being waited for keeps its time.
    pub(crate) fn hears(&self) {
        if self.phase.load(Ordering::Relaxed) != Phase::Head as u8 {
            self.phase.store(Phase::Busy as u8, Ordering::Relaxed);
        }
    }

    /// A request is being answered.
    pub(crate) fn begins(&self) {
        self.phase.store(Phase::Busy as u8, Ordering::Relaxed);
    }

    pub(crate) fn write_waits(&self) {
        note(&self.write_since, &self.clock);
    }

    pub(crate) fn writes(&self) {
        clear(&self.write_since);
    }

    /// A body is being waited for, of which so many bytes have come.
    pub(crate) fn body_waits(&self, bytes: u64) {
        self.body_bytes.store(bytes, Ordering::Relaxed);
        note(&self.body_since, &self.clock);
    }

    pub(crate) fn body_ends(&self) {
        clear(&self.body_since);
    }

    /// The connection ends, and the client may still be sending what nobody will read.
    pub(crate) fn linger(&self) {
        self.lingers.store(true, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self, violation: Violation) {
        let _ = self.violation.set(violation);
    }

    // What the connection reads.

    pub(crate) fn violation(&self) -> Option<Violation> {
        self.violation.get().copied()
    }

    pub(crate) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed) || self.violation.get().is_some()
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.order.load(Ordering::Relaxed) == Order::Cut as u8
    }

    pub(crate) fn head_is_late(&self) -> bool {
        self.order.load(Ordering::Relaxed) == Order::RefuseHead as u8
    }

    pub(crate) fn body_is_late(&self) -> bool {
        self.order.load(Ordering::Relaxed) >= Order::RefuseBody as u8
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The quiet time of a draining connection is over.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Nothing of a request has come, and all answers are written.
    pub(crate) fn is_quiet(&self) -> bool {
        self.phase.load(Ordering::Relaxed) <= Phase::Idle as u8
            && self.write_since.load(Ordering::Relaxed) == 0
    }

    /// Resolves when the client has reset the connection, while an answer is being prepared.
    ///
    /// A client that has only closed its sending side looks just like one that has left: it keeps its request for
    /// `half_close_grace_ms`, and the sweeper cuts it then.
    pub(crate) fn poll_reset(&self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.closed_since.load(Ordering::Relaxed) != 0 {
            return Poll::Pending;
        }
        let mut byte = [0];
        match self.stream().poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0)) => {
                note(&self.closed_since, &self.clock);
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(error),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        }
    }

    /// The answer is there.
    pub(crate) fn answered(&self) {
        clear(&self.closed_since);
    }

    // What the server tells it.

    /// Finish what is in flight and close.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Close, unless a request has come meanwhile, once it has been quiet for `quiet_ms` since `began` or its last answer.
    pub(crate) fn leave_if_quiet(&self, now: Moment, began: Moment, quiet_ms: u32) {
        let quiet = elapsed(self.phase_since.load(Ordering::Relaxed), now).min(elapsed(began, now));
        if self.is_quiet() && quiet >= quiet_ms && !self.leaving.swap(true, Ordering::Relaxed) {
            self.wake();
        }
    }

    /// Close now.
    pub(crate) fn cut(&self) {
        self.command(Order::Cut);
    }

    fn command(&self, order: Order) {
        if self.order.fetch_max(order as u8, Ordering::Relaxed) < order as u8 {
            self.wake();
        }
    }

    /// Gives the order that is due at `now`.
    pub(crate) fn sweep(&self, now: Moment, limits: &Limits) {
        let since = |field: &AtomicU32| match field.load(Ordering::Relaxed) {
            0 => None,
            moment => Some(elapsed(moment, now)),
        };
        let over = |field: &AtomicU32, limit: u32| since(field).is_some_and(|waited| waited > limit);
        if over(&self.write_since, limits.write_timeout_ms)
            || over(&self.closed_since, limits.half_close_grace_ms)
        {
            return self.command(Order::Cut);
        }
        if since(&self.body_since).is_some_and(|waited| self.body_is_slow(waited, limits)) {
            return self.command(Order::RefuseBody);
        }
        let waited = elapsed(self.phase_since.load(Ordering::Relaxed), now);
        match self.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Fresh as u8 && waited > limits.header_timeout_ms => {
                self.command(Order::Cut);
            }
            phase if phase == Phase::Idle as u8 && waited > limits.idle_timeout_ms => {
                self.command(Order::Cut);
            }
            phase if phase == Phase::Head as u8 && waited > limits.header_timeout_ms => {
                self.command(Order::RefuseHead);
            }
            _ => {}
        }
    }

    fn body_is_slow(&self, waited: u32, limits: &Limits) -> bool {
        let bytes = self.body_bytes.load(Ordering::Relaxed);
        let due = u64::from(limits.min_body_bytes_per_second) * u64::from(waited) / 1000;
        waited > limits.body_timeout_ms || (waited > limits.body_grace_ms && bytes < due)
    }
}

fn note(field: &AtomicU32, clock: &Clock) {
    if field.load(Ordering::Relaxed) == 0 {
        field.store(clock.now(), Ordering::Relaxed);
    }
}

fn clear(field: &AtomicU32) {
    if field.load(Ordering::Relaxed) != 0 {
        field.store(0, Ordering::Relaxed);
    }
}
