//! Sessions: a connection that one caller has alone, for a transaction or until the caller gives it back.
//!
//! The server reports whether a transaction is open or has failed (`ReadyForQuery`). Other session state is tracked from the SQL
//! texts that were sent. Releasing a session rolls back and resets the connection, and closes it where that fails or takes too
//! long: no other borrower ever receives an open transaction.
//!
//! Statements run one at a time, in the order in which the isolate sent them: each carries its number. A [`QueuedCall`] owns the
//! number from the arrival of its call; dropping it passes the turn on, whether the call succeeded, could not be read, was
//! aborted while it waited, or panicked. Where a number never arrives, the session ends after `transactionIdleTimeout`.

mod traces;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::CallOrigin;

use crate::connection::Connection;
use crate::error::{Error, ErrorKind};
use crate::pool::{ConnectionLease, Pool};
use crate::record::{PoolRecord, StatementPlace, TransactionRecord};
use crate::statement::class::StatementClass;
use crate::statement::text_cache::StatementText;
use crate::wire::{ServerEvent, TransactionState};
pub(crate) use traces::{Traces, restore};

/// The statements of a transaction so far, while the transaction can be restarted without a visible effect.
#[derive(Clone, Debug, Default)]
struct Preamble {
    /// `begin` and the `set` statements after it; `None` once rows were read or changed.
    texts: Option<Vec<Arc<str>>>,
}

/// Most statements of a transaction that are remembered for a restart.
const MAX_PREAMBLE: usize = 8;

struct Inner {
    /// The connection; `None` once it was given back.
    lease: Option<Arc<ConnectionLease>>,
    /// What statements have left behind that the next borrower must not find.
    traces: Traces,
    /// What is sent before the next statement.
    preamble: Preamble,
    /// When the last statement ended, for the limit of idle transactions.
    last_used: Instant,
}

/// A connection that one caller has alone, for a transaction or for a session of its own; calls run in the order of their numbers.
pub(crate) struct DatabaseSession {
    /// The number whose turn it is.
    turns: watch::Sender<u32>,
    /// Numbers whose calls ended before their turn.
    passed: Mutex<BTreeSet<u32>>,
    /// The number of calls that wait for their turn.
    waiting: AtomicUsize,
    inner: Mutex<Inner>,
    /// Notices and notifications, once [`hear`](Self::queue_events) was called.
    events: tokio::sync::Mutex<Option<UnboundedReceiver<ServerEvent>>>,
    /// The process id of the server process (backend) of the connection.
    process_id: i32,
    /// Whether the session was opened for a transaction. The idle limit then holds also after its statements have ended that.
    is_transaction: bool,
    /// How long an open transaction may be idle.
    idle_limit: Duration,
    /// What telemetry tells of the pool that has lent the connection.
    pub(crate) pool: Arc<PoolRecord>,
    /// What telemetry tells of the transaction that is open.
    pub(crate) transaction: TransactionRecord,
    /// The Tokio runtime: isolates end on their own threads, which have entered none.
    runtime: Handle,
}

impl Drop for DatabaseSession {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// The place of one call in its session's queue; dropping it passes the turn to the next number.
pub(crate) struct QueuedCall {
    session: Arc<DatabaseSession>,
    number: u32,
}

impl Drop for QueuedCall {
    fn drop(&mut self) {
        self.session.pass(self.number);
    }
}

/// The right of one call to use the session's connection; dropping it passes the turn on.
pub(crate) struct SessionTurn {
    // Dropped before the turn is passed on, so that the next call finds the connection unused.
    pub(crate) lease: Arc<ConnectionLease>,
    pub(crate) session: Arc<DatabaseSession>,
    _due: QueuedCall,
}

impl QueuedCall {
    /// Waits for its turn.
    pub(crate) async fn turn(self) -> Result<SessionTurn, Error> {
        let session = Arc::clone(&self.session);
        let mut turns = session.turns.subscribe();
        session.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting = WaitingCall(&session);
        let arrived = turns.wait_for(|turn| *turn >= self.number || lock(&session.inner).lease.is_none());
        let turn = arrived.await.map(|turn| *turn).map_err(|_| session_is_over())?;
        drop(waiting);
        let lease = lock(&session.inner).lease.clone().ok_or_else(session_is_over)?;
        if turn != self.number {
            return Err(Error::new(ErrorKind::Internal, "a statement came twice, or after its turn"));
        }
        lock(&session.inner).last_used = Instant::now();
        Ok(SessionTurn { lease, session, _due: self })
    }
}

struct WaitingCall<'a>(&'a DatabaseSession);

impl Drop for WaitingCall<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl DatabaseSession {
    /// Makes a session on a connection that `pool` has lent. `begin` is the statement that has begun its transaction, if any.
    pub(crate) fn new(
        pool: &Pool,
        lease: ConnectionLease,
        transaction: TransactionRecord,
        begin: Option<&str>,
        idle_limit: Duration,
    ) -> Arc<Self> {
        let process_id = lease.link.client.process_id();
        let preamble = Preamble { texts: begin.map(|begin| vec![Arc::from(begin)]) };
        let inner = Inner {
            lease: Some(Arc::new(lease)),
            traces: Traces::default(),
            preamble,
            last_used: Instant::now(),
        };
        Arc::new(Self {
            turns: watch::Sender::new(1),
            passed: Mutex::default(),
            waiting: AtomicUsize::new(0),
            inner: Mutex::new(inner),
            events: tokio::sync::Mutex::default(),
            process_id,
            is_transaction: begin.is_some(),
            idle_limit,
            pool: Arc::clone(&pool.opener.record),
            transaction,
            runtime: Handle::current(),
        })
    }

    /// Where a statement of the session runs, for telemetry; `caller` is who asks.
    pub(crate) fn place<'a>(&'a self, caller: Option<&'a CallOrigin>) -> StatementPlace<'a> {
        StatementPlace { pool: &self.pool, caller, transaction: Some(&self.transaction) }
    }

    pub(crate) fn process_id(&self) -> i32 {
        self.process_id
    }

    /// Begins to queue the notices and notifications of the connection. Idempotent.
    pub(crate) fn queue_events(&self) {
        // Only a reader of the queue holds the lock, so the queue exists then.
        let Ok(mut events) = self.events.try_lock() else { return };
        let inner = lock(&self.inner);
        if let (None, Some(lease)) = (&*events, &inner.lease) {
            let (sender, receiver) = unbounded_channel();
            lease.link.client.shared.send_events_to(Some(sender));
            *events = Some(receiver);
        }
    }

    /// The next notices and notifications, waiting for the first; `None` when the session has ended.
    pub(crate) async fn events(&self) -> Option<Vec<Value>> {
        self.queue_events();
        let mut events = self.events.lock().await;
        let receiver = events.as_mut()?;
        let mut told = vec![receiver.recv().await?.to_json()];
        while let Ok(event) = receiver.try_recv() {
            told.push(event.to_json());
        }
        Some(told)
    }

    /// Queues a call that has arrived, under its number.
    pub(crate) fn due(self: &Arc<Self>, number: u32) -> QueuedCall {
        QueuedCall { session: Arc::clone(self), number }
    }

    /// Queues a call and waits for its turn.
    pub(crate) async fn turn(self: &Arc<Self>, number: u32) -> Result<SessionTurn, Error> {
        self.due(number).turn().await
    }

    fn pass(&self, number: u32) {
        lock(&self.inner).last_used = Instant::now();
        let mut passed = lock(&self.passed);
        self.turns.send_if_modified(|turn| {
            if number > *turn {
                passed.insert(number);
            }
            if number != *turn {
                return false;
            }
            *turn += 1;
            while passed.remove(turn) {
                *turn += 1;
            }
            true
        });
    }

    /// Records the effects of a statement on the session and its connection.
    pub(crate) fn record_effects(&self, sql: &StatementText, link: &Connection) {
        let mut inner = lock(&self.inner);
        inner.traces.add(Traces::of(sql));
        let open = link.transaction() == TransactionState::Open;
        inner.preamble.texts = match (inner.preamble.texts.take(), sql.class) {
            (_, StatementClass::Begin) if open => Some(vec![Arc::clone(&sql.text)]),
            (Some(mut texts), _) if open && sql.is_setting && texts.len() < MAX_PREAMBLE => {
                texts.push(Arc::clone(&sql.text));
                Some(texts)
            }
            _ => None,
        };
    }

    /// The statements that restart the transaction; `None` where rows were read or changed already.
    pub(crate) fn preamble(&self) -> Option<Vec<Arc<str>>> {
        lock(&self.inner).preamble.texts.clone()
    }

    /// Whether an open transaction has been idle for too long, or calls have waited too long for a number that does not arrive.
    pub(crate) fn is_idle_too_long(&self) -> bool {
        let inner = lock(&self.inner);
        let Some(lease) = inner.lease.as_ref() else { return false };
        let waits = self.waiting.load(Ordering::Acquire) > 0;
        let open = || self.is_transaction || lease.link.transaction() != TransactionState::Idle;
        Arc::strong_count(lease) == 1 && inner.last_used.elapsed() > self.idle_limit && (waits || open())
    }

    /// Ends the session at once: cancels the statement under way and closes the connection, which rolls back. Does not wait.
    pub(crate) fn abandon(&self) {
        let (lease, traces) = {
            let mut inner = lock(&self.inner);
            let Some(lease) = inner.lease.take() else { return };
            (lease, inner.traces)
        };
        self.transaction.abandoned();
        self.turns.send_modify(|_| {});
        if Arc::strong_count(&lease) > 1 {
            lease.link.cancel_process();
            return;
        }
        self.runtime.spawn(async move { restore(&lease.link, traces).await });
    }

    /// Ends the session in its turn, and returns once the connection is restored, or closed where `destroys` asks for it.
    pub(crate) async fn release(self: &Arc<Self>, due: QueuedCall, destroys: bool) {
        let Ok(turn) = due.turn().await else { return };
        if destroys {
            turn.lease.link.retire();
        }
        let traces = {
            let mut inner = lock(&self.inner);
            inner.lease = None;
            inner.traces
        };
        self.turns.send_modify(|_| {});
        restore(&turn.lease.link, traces).await;
        self.transaction.end("rollback");
    }
}

/// The error for a call whose session has ended.
pub(crate) fn session_is_over() -> Error {
    let message =
        "the transaction or connection is over: it was ended, or rolled back because it lay idle too long";
    Error::new(ErrorKind::Closed, message)
}
