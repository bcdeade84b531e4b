//! The state that a connection shares with the server's sweeper.
//!
//! The connection's task stores what it waits for; the sweeper reads it and sets orders, which the task finds when it is
//! woken. The fields are independent, so relaxed atomics are enough: waking the task orders the accesses that matter.

use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use crate::config::Limits;
use crate::connection::clock::{CoarseClock, Moment, elapsed};
use crate::connection::interim::InterimResponses;
use crate::connection::remote::{RemoteAddress, Scheme};
use crate::connection::socket::LinkSocket;
use crate::connection::tls::ClientCertificate;
use crate::guard::RefusedHead;
use crate::in_memory::grant::Grant;

/// The part of a request for which a connection waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// The first byte of the connection.
    Fresh = 0,
    /// The next request.
    Idle = 1,
    /// The rest of a request's head.
    Head = 2,
    /// Nothing: the request is being answered.
    Busy = 3,
}

/// An order to a connection's task.
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
    pub(crate) socket: LinkSocket,
    pub(crate) remote: RemoteAddress,
    pub(crate) protocol: Scheme,
    /// The client's certificate, where it has shown one.
    pub(crate) identity: Option<Arc<ClientCertificate>>,
    /// The rights of an isolate's own call; `None` for a client.
    pub(crate) grant: Option<Box<Grant>>,
    /// Whether the connection is in memory, of an isolate's own request.
    pub(crate) is_in_memory: bool,
    /// Bytes of the body of the request under way that have come.
    request_bytes: AtomicU64,
    clock: Arc<CoarseClock>,
    waker: OnceLock<Waker>,
    order: AtomicU8,
    draining: AtomicBool,
    leaving: AtomicBool,
    lingers: AtomicBool,
    phase: AtomicU8,
    phase_since: AtomicU32,
    write_since: AtomicU32,
    body_since: AtomicU32,
    /// Milliseconds for which the body was waited for before, which count for its rate.
    body_waited: AtomicU32,
    body_bytes: AtomicU64,
    /// The time since which the client's sending side has been closed while its request is being answered.
    closed_since: AtomicU32,
    refused: OnceLock<Box<RefusedHead>>,
    pub(crate) interim: InterimResponses,
}

impl Link {
    pub(crate) fn new(socket: LinkSocket, remote: RemoteAddress, clock: Arc<CoarseClock>) -> Self {
        let now = clock.now();
        Self {
            socket,
            remote,
            protocol: Scheme::Http,
            identity: None,
            grant: None,
            is_in_memory: false,
            request_bytes: AtomicU64::new(0),
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
            body_waited: AtomicU32::new(0),
            body_bytes: AtomicU64::new(0),
            closed_since: AtomicU32::new(0),
            refused: OnceLock::new(),
            interim: InterimResponses::default(),
        }
    }

    /// The link of a stream of an HTTP/2 connection, which is timed and cut by itself.
    pub(crate) fn of_stream(connection: &Self) -> Self {
        let link = Self::new(LinkSocket::Multiplexed, connection.remote, Arc::clone(&connection.clock));
        link.begins();
        if connection.is_draining() {
            link.drain();
        }
        Self { protocol: connection.protocol, identity: connection.identity.clone(), ..link }
    }

    /// Stores the connection's task, to be woken for orders.
    pub(crate) fn attend(&self, cx: &Context<'_>) {
        if self.waker.get().is_none() {
            let _ = self.waker.set(cx.waker().clone());
        }
    }

    /// Wakes the connection's task.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// The time of the server's clock.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    // Called by the connection's task, to store its phase.

    /// Notes that the connection waits for a head, or for the rest of one.
    pub(crate) fn waits_for_head(&self, in_head: bool) {
        let phase = if in_head { Phase::Head as u8 } else { Phase::Idle as u8 };
        let before = self.phase.load(Ordering::Relaxed);
        if before == phase || (before == Phase::Fresh as u8 && !in_head) {
            return;
        }
        self.phase_since.store(self.clock.now(), Ordering::Relaxed);
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// Notes that the client has sent bytes; the time limit of a head under way goes on.
    pub(crate) fn hears(&self) {
        if self.phase.load(Ordering::Relaxed) != Phase::Head as u8 {
            self.phase.store(Phase::Busy as u8, Ordering::Relaxed);
        }
    }

    /// Notes that a request is being answered.
    pub(crate) fn begins(&self) {
        self.request_bytes.store(0, Ordering::Relaxed);
        self.phase.store(Phase::Busy as u8, Ordering::Relaxed);
    }

    /// Counts bytes of the body of the request under way, or of the WebSocket that the connection goes on as.
    pub(crate) fn counts(&self, bytes: u64) {
        // The connection's bytes are counted by one task at a time.
        self.request_bytes.store(self.request_bytes().saturating_add(bytes), Ordering::Relaxed);
    }

    /// Bytes of the body of the request under way that have come.
    pub(crate) fn request_bytes(&self) -> u64 {
        self.request_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn write_waits(&self) {
        note(&self.write_since, &self.clock);
    }

    pub(crate) fn writes(&self) {
        clear(&self.write_since);
    }

    /// Whether a write waits for the client to read.
    pub(crate) fn is_writing(&self) -> bool {
        self.write_since.load(Ordering::Relaxed) != 0
    }

    /// Notes that the connection waits for more of a body, of which `bytes` have arrived.
    pub(crate) fn body_waits(&self, bytes: u64) {
        self.body_bytes.store(bytes, Ordering::Relaxed);
        note(&self.body_since, &self.clock);
    }

    /// Notes that nobody waits for more of the body at present; its bytes and the time that they took go on to be counted.
    pub(crate) fn body_pauses(&self) {
        let since = self.body_since.load(Ordering::Relaxed);
        if since != 0 {
            let waited = self.body_waited.load(Ordering::Relaxed);
            let more = elapsed(since, self.clock.now());
            self.body_waited.store(waited.saturating_add(more), Ordering::Relaxed);
            self.body_since.store(0, Ordering::Relaxed);
        }
    }

    /// Notes that the body has come, or that its time limits begin anew.
    pub(crate) fn body_ends(&self) {
        clear(&self.body_since);
        clear(&self.body_waited);
    }

    /// Notes that the connection ends while the client may still be sending.
    pub(crate) fn linger(&self) {
        self.lingers.store(true, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self, refused: RefusedHead) {
        let _ = self.refused.set(Box::new(refused));
    }

    // Called by the connection's task, to read its orders.

    pub(crate) fn refused(&self) -> Option<&RefusedHead> {
        self.refused.get().map(|refused| &**refused)
    }

    pub(crate) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed) || self.refused.get().is_some()
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

    /// Whether the quiet time of a draining connection is over.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Whether no byte of a request has arrived and all answers are written.
    pub(crate) fn is_quiet(&self) -> bool {
        self.phase.load(Ordering::Relaxed) <= Phase::Idle as u8
            && self.write_since.load(Ordering::Relaxed) == 0
    }

    /// Resolves when the client resets the connection while its request is being answered.
    ///
    /// A client that has closed only its sending side cannot be told from one that has left: its request goes on for
    /// `half_close_grace_ms`, then the sweeper closes the connection.
    pub(crate) fn poll_reset(&self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.closed_since.load(Ordering::Relaxed) != 0 {
            return Poll::Pending;
        }
        match self.socket.poll_peek(cx) {
            Poll::Ready(Ok(true)) => {
                note(&self.closed_since, &self.clock);
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(error),
            Poll::Ready(Ok(false)) | Poll::Pending => Poll::Pending,
        }
    }

    /// Notes that the answer is ready.
    pub(crate) fn answered(&self) {
        clear(&self.closed_since);
    }

    // Called by the server, to give orders.

    /// Orders the connection to finish its open request and close.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Orders the connection to close, unless a request has arrived, once it has been quiet for `quiet_ms` since `began` or its
    /// last answer.
    pub(crate) fn leave_if_quiet(&self, now: Moment, began: Moment, quiet_ms: u32) {
        let quiet = elapsed(self.phase_since.load(Ordering::Relaxed), now).min(elapsed(began, now));
        if self.is_quiet() && quiet >= quiet_ms && !self.leaving.swap(true, Ordering::Relaxed) {
            self.wake();
        }
    }

    /// Orders the connection to close at once.
    pub(crate) fn cut(&self) {
        self.command(Order::Cut);
    }

    fn command(&self, order: Order) {
        if self.order.fetch_max(order as u8, Ordering::Relaxed) < order as u8 {
            self.wake();
        }
    }

    /// Enforces the time limits at `now`.
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
        let in_all = waited.saturating_add(self.body_waited.load(Ordering::Relaxed));
        let due = u64::from(limits.min_body_bytes_per_second) * u64::from(in_all) / 1000;
        waited > limits.body_timeout_ms || (in_all > limits.body_grace_ms && bytes < due)
    }
}

fn note(field: &AtomicU32, clock: &CoarseClock) {
    if field.load(Ordering::Relaxed) == 0 {
        field.store(clock.now(), Ordering::Relaxed);
    }
}

fn clear(field: &AtomicU32) {
    if field.load(Ordering::Relaxed) != 0 {
        field.store(0, Ordering::Relaxed);
    }
}
