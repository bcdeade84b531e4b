//! A connection that one caller has alone: a transaction, or a session of its own.
//!
//! What the connection is in is tracked from what was sent on it: whether a transaction is open, whether it has failed, whether
//! anything was changed that outlives a statement. Giving it back rolls back, resets what was changed, and closes the connection
//! where any of that fails or takes too long. Nobody else ever sees an open transaction.
//!
//! Statements run in the order in which the isolate sent them, one at a time: each carries its number.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::{Error, Kind};
use crate::link::{Link, lock};
use crate::pool::Lease;
use crate::statement::Class;

/// How long rolling back and resetting may take before the connection is closed instead.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(2);
/// Undoes what statements may have left on a connection, except prepared statements, which are its pool's.
const RESET: &str = "close all; set session authorization default; reset all; unlisten *; \
                     select pg_advisory_unlock_all(); discard temp; discard sequences";

/// What is known of the connection's state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tracked {
    /// A transaction is open.
    pub(crate) open: bool,
    /// It has failed: only going back is left.
    pub(crate) failed: bool,
    /// A setting, a lock or the like may be left.
    pub(crate) touched: bool,
}

impl Tracked {
    /// Takes in what a statement did.
    pub(crate) fn note<T>(&mut self, class: Class, result: &Result<T, Error>) {
        match (result, class) {
            (Err(_), _) => {
                self.failed |= self.open;
                self.touched |= matches!(class, Class::Session | Class::Script);
                self.open |= class == Class::Script;
            }
            (Ok(_), Class::Begin) => (self.open, self.failed) = (true, false),
            (Ok(_), Class::Commit | Class::Rollback) => (self.open, self.failed) = (false, false),
            (Ok(_), Class::RollbackTo) => self.failed = false,
            (Ok(_), Class::Session) => self.touched = true,
            // What a script ends in is not known: it is taken to be in a transaction until it is rolled back.
            (Ok(_), Class::Script) => (self.open, self.failed, self.touched) = (true, false, true),
            (Ok(_), Class::Plain | Class::Savepoint) => {}
        }
    }
}

struct Inner {
    lease: Option<Arc<Lease>>,
    tracked: Tracked,
    last_used: Instant,
}

/// See the module's page.
pub(crate) struct Session {
    pub(crate) isolate: u32,
    turns: watch::Sender<u32>,
    inner: Mutex<Inner>,
    /// How long an open transaction may lie idle.
    idle_limit: Duration,
    /// Isolates end on their own threads, where no runtime is entered.
    runtime: Handle,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// The right to use the connection; passes to the next number when dropped.
pub(crate) struct Turn {
    pub(crate) session: Arc<Session>,
    number: u32,
    pub(crate) lease: Arc<Lease>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.session.inner).last_used = Instant::now();
        let next = self.number.wrapping_add(1);
        self.session.turns.send_replace(next);
    }
}

impl Session {
    pub(crate) fn new(isolate: u32, lease: Lease, tracked: Tracked, idle_limit: Duration) -> Arc<Self> {
        let inner = Inner { lease: Some(Arc::new(lease)), tracked, last_used: Instant::now() };
        let (turns, runtime) = (watch::Sender::new(1), Handle::current());
        Arc::new(Self { isolate, turns, inner: Mutex::new(inner), idle_limit, runtime })
    }

    /// Waits for the turn of `number`.
    pub(crate) async fn turn(self: &Arc<Self>, number: u32) -> Result<Turn, Error> {
        let mut turns = self.turns.subscribe();
        let waited = turns.wait_for(|turn| *turn == number || lock(&self.inner).lease.is_none()).await;
        drop(waited);
        let lease = lock(&self.inner).lease.clone().ok_or_else(over)?;
        Ok(Turn { session: Arc::clone(self), number, lease })
    }

    pub(crate) fn tracked(&self) -> Tracked {
        lock(&self.inner).tracked
    }

    pub(crate) fn note<T>(&self, class: Class, result: &Result<T, Error>) {
        lock(&self.inner).tracked.note(class, result);
    }

    /// Whether an open transaction has lain idle for longer than it may.
    pub(crate) fn is_idle_too_long(&self) -> bool {
        let inner = lock(&self.inner);
        let Some(lease) = inner.lease.as_ref().filter(|_| inner.tracked.open) else { return false };
        Arc::strong_count(lease) == 1 && inner.last_used.elapsed() > self.idle_limit
    }

    /// Ends the session: what is under way is cut off, the rest is rolled back. Does not wait.
    pub(crate) fn abandon(&self) {
        let (lease, tracked) = {
            let mut inner = lock(&self.inner);
            let Some(lease) = inner.lease.take() else { return };
            (lease, inner.tracked)
        };
        self.turns.send_modify(|_| {});
        if Arc::strong_count(&lease) > 1 {
            // A server that is not told goes on with the statement, and holds its locks, until it has something to say.
            lease.link.retire();
            self.runtime.spawn(async move {
                lease.link.cancel_current().await;
                lease.link.kill();
            });
            return;
        }
        self.runtime.spawn(async move { restore(&lease.link, tracked).await });
    }

    /// Ends the session in its turn and waits until the connection is clean.
    pub(crate) async fn release(self: &Arc<Self>, number: u32) {
        let Ok(turn) = self.turn(number).await else { return };
        let tracked = {
            let mut inner = lock(&self.inner);
            inner.lease = None;
            inner.tracked
        };
        self.turns.send_modify(|_| {});
        restore(&turn.lease.link, tracked).await;
    }
}

pub(crate) fn over() -> Error {
    let message =
        "the transaction or connection is over: it was ended, or rolled back because it lay idle too long";
    Error::new(Kind::Closed, message)
}

/// Makes a connection fit for the next borrower, or closes it.
pub(crate) async fn restore(link: &Arc<Link>, tracked: Tracked) {
    let restored = timeout(RESTORE_TIMEOUT, async {
        if tracked.open {
            link.client.batch_execute("rollback").await?;
        }
        if tracked.touched {
            link.client.batch_execute(RESET).await?;
        }
        Ok::<(), tokio_postgres::Error>(())
    });
    if !matches!(restored.await, Ok(Ok(()))) {
        link.kill();
    }
}
