//! The connections to one database, shared by every isolate of the process.
//!
//! deadpool's managed pool owns every connection: it opens, counts, checks, keeps and closes them. This module decides who
//! borrows one, and how. *Alone*: a transaction, a stream or a session has the connection until it is given back. *Shared*:
//! statements that need no transaction are pipelined on a lane, so that the queries of one turn of the event loop cost one write
//! and one read. To deadpool a lane is a borrower. A lane outlives its statements, which therefore cost no call of deadpool.
//!
//! **Allocation.** An unused connection is lent first. Otherwise a new one is opened while `maxConnections` allows, and meanwhile
//! a statement joins the least loaded lane whose current statement is not slow. Where there is no such lane the statement waits in
//! one queue with the requests for a connection alone; while such a request waits, one lane takes no more statements and drains.
//!
//! **Return.** A lease returns its connection when it is dropped. A retired or closed connection is discarded.

mod connection_source;
mod lanes;
mod lease;
pub(crate) mod opener;
pub(crate) mod reach;
mod upkeep;

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use deadpool::managed;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::CallOrigin;

use crate::connection::Connector;
use crate::error::{Error, ErrorKind};
use crate::listen::{ChannelSubscription, Listener, listen};
use crate::options::PoolLimits;
use crate::record::{PoolRecord, StatementPlace, StatementRecord};
use crate::statement::text_cache::StatementText;
use connection_source::ConnectionSource;
use lanes::{Borrowers, Waiter};
pub(crate) use lease::{ConnectionLease, Want};
use opener::Opener;

/// The connections to one database, shared by all isolates and components of the process.
pub(crate) struct Pool {
    /// The limits, as the app has set them.
    pub(crate) limits: PoolLimits,
    /// What opens connections.
    pub(crate) opener: Arc<Opener>,
    /// The connection that listens on channels.
    pub(crate) listener: Listener,
    connections: managed::Pool<ConnectionSource>,
    /// Who has borrowed which connection. Lock order: this lock before deadpool's own, never within it.
    state: Mutex<Borrowers>,
    /// The Tokio runtime: isolates give connections back on their own threads, which have entered none.
    runtime: Handle,
    this: Weak<Pool>,
}

/// The numbers of connections and waiters of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolCounts {
    /// Connections that are open.
    pub(crate) open: usize,
    /// Connections that statements or sessions use at the moment.
    pub(crate) used: usize,
    /// Callers that wait for a connection.
    pub(crate) waiting: usize,
}

impl Pool {
    /// Makes a pool without connections. Panics outside of a Tokio runtime.
    pub(crate) fn new(opener: Arc<Opener>, limits: PoolLimits) -> Result<Arc<Self>, Error> {
        let connections = connection_source::managed_pool(&opener, &limits)?;
        let pool = Arc::new_cyclic(|this| Self {
            limits,
            opener,
            listener: Listener::default(),
            connections,
            state: Mutex::default(),
            runtime: Handle::current(),
            this: this.clone(),
        });
        pool.connections.manager().belong_to(&pool.this);
        PoolRecord::publish(&pool.this);
        Ok(pool)
    }

    /// Panics with the pool's lock held, which poisons the lock.
    #[cfg(feature = "fault-injection")]
    #[allow(clippy::panic, reason = "that is what it is for")]
    pub(crate) fn panic_while_locked(&self) -> ! {
        let _state = lock(&self.state);
        panic!("injected while a pool was locked");
    }

    /// Borrows a connection, waiting for it at most `acquireTimeout`.
    ///
    /// Errors: `acquire_timeout`, `pool_closed`, or the error for which no connection could be opened.
    pub(crate) async fn lease(&self, want: Want) -> Result<ConnectionLease, Error> {
        let answer = {
            let mut state = lock(&self.state);
            if state.is_closed {
                return Err(closed());
            }
            if (state.waiters.is_empty() || want == Want::Shared)
                && let Some(lease) = self.take(&mut state, want)
            {
                let joins = state.load_of(&lease) > 1;
                self.grow(&mut state, usize::from(joins));
                self.opener.record.waited(Duration::ZERO);
                return Ok(lease);
            }
            let (sender, answer) = oneshot::channel();
            state.waiters.push_back(Waiter { want, answer: sender });
            state.drain_one(self.limits.max_connections);
            self.grow(&mut state, 0);
            answer
        };
        let since = Instant::now();
        match timeout(self.limits.acquire_timeout(), answer).await {
            Ok(Ok(answer)) => {
                let mut lease = answer?;
                lease.waited = since.elapsed();
                self.opener.record.waited(lease.waited);
                Ok(lease)
            }
            Ok(Err(_)) => Err(closed()),
            Err(_) => {
                self.opener.record.timed_out();
                Err(self.too_late())
            }
        }
    }

    /// Subscribes to a channel; returns once the server has confirmed LISTEN.
    pub(crate) async fn listen(
        &self,
        channel: String,
        caller: Option<&CallOrigin>,
    ) -> Result<Arc<ChannelSubscription>, Error> {
        let place = StatementPlace { pool: &self.opener.record, caller, transaction: None };
        let record = StatementRecord::begin(place, &StatementText::new(&listen(&channel)), &Arc::default());
        let joined = self.listener.join(&self.opener, channel).await;
        record.end(&joined);
        joined
    }

    fn too_late(&self) -> Error {
        let PoolCounts { open, used, waiting } = self.counts();
        let message = format!(
            "no connection became free within {} ms (acquireTimeout): {used} of {open} connections were in use, {waiting} \
             others waited; end transactions sooner or raise maxConnections ({})",
            self.limits.acquire_timeout, self.limits.max_connections
        );
        Error::new(ErrorKind::AcquireTimeout, message)
    }

    pub(crate) fn counts(&self) -> PoolCounts {
        let state = lock(&self.state);
        PoolCounts {
            open: self.connections.status().size,
            used: state.used(),
            waiting: state.waiters.iter().filter(|waiter| !waiter.answer.is_closed()).count(),
        }
    }

    /// Opens connections with `connector` from now on. Open connections are retired: each closes once its statements are done.
    pub(crate) fn rotate(&self, connector: Connector) {
        self.opener.exchange(connector);
        self.renew();
    }

    fn renew(&self) {
        let mut state = lock(&self.state);
        state.links().for_each(|link| link.retire());
        self.close_unused(&mut state);
        self.serve_and_grow(&mut state);
    }

    /// Runs `sql` on each connection before its first use, from now on. Open connections are retired.
    ///
    /// Errors: `config` where the pool has another set-up text.
    pub(crate) fn set_up(&self, sql: &str) -> Result<(), Error> {
        if self.opener.set_up_by(sql)? {
            self.renew();
        }
        Ok(())
    }

    /// Closes the pool: it lends nothing more, unused connections close at once, the others when they are given back.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        self.close_unused(&mut state);
        self.connections.close();
        let waiters = std::mem::take(&mut state.waiters);
        drop(state);
        drop(waiters);
        self.opener.reach.forget();
        self.opener.record.withdraw();
    }
}

/// The error for a request to a closed pool.
fn closed() -> Error {
    Error::new(ErrorKind::PoolClosed, "the database was closed: its app has stopped")
}

#[cfg(test)]
mod tests {
    use deadpool::managed::Manager as _;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::options::ServerTarget;
    use crate::tls;

    /// A pool of a database that nothing listens for.
    fn unreachable_pool() -> Arc<Pool> {
        let limits = PoolLimits {
            max_connections: 2,
            connect_timeout: 1_000,
            acquire_timeout: 1_000,
            idle_timeout: 60_000,
            max_lifetime: 60_000,
            transaction_idle_timeout: 60_000,
        };
        let target = ServerTarget::parse("postgres://u@127.0.0.1:1/none").unwrap();
        let tls = tls::connector(target.verify, None).unwrap();
        let connector = Connector { config: target.config, tls, timeout: Duration::from_secs(1) };
        Pool::new(Opener::new(connector, &limits, false), limits).unwrap()
    }

    #[tokio::test]
    async fn s08_a_panic_while_the_pool_is_locked_leaves_it_usable() {
        let pool = unreachable_pool();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _state = lock(&pool.state);
            panic!("injected");
        }));
        assert!(panicked.is_err());
        for want in [Want::Shared, Want::Alone] {
            assert_eq!(pool.lease(want).await.err().map(|error| error.kind), Some(ErrorKind::Connect));
        }
        assert_eq!(pool.counts(), PoolCounts { open: 0, used: 0, waiting: 0 });
        pool.close();
        assert_eq!(pool.lease(Want::Alone).await.err().map(|error| error.kind), Some(ErrorKind::PoolClosed));
    }

    #[tokio::test]
    async fn a_failure_to_connect_gives_its_place_back() {
        let pool = unreachable_pool();
        for _ in 0..8 {
            assert!(pool.lease(Want::Alone).await.is_err());
        }
        assert_eq!(lock(&pool.state).growing, 0);
        assert_eq!(pool.connections.status().size, 0);
    }

    #[tokio::test]
    async fn connecting_begins_with_the_second_poll() {
        use futures_util::FutureExt;
        let pool = unreachable_pool();
        assert!(pool.connections.manager().create().now_or_never().is_none());
    }
}
