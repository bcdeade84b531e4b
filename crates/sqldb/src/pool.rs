//! The connections to one database, shared by every isolate of the process.
//!
//! A connection is lent in one of two ways. *Alone*: to a transaction, a stream or a session, until it is given back.
//! *Shared*: statements that need no transaction are pipelined on it, so that one turn's queries cost one write and one read.
//!
//! **Who gets what.** An unused connection first. Otherwise a new one is opened while there is room, and meanwhile a statement
//! joins the least loaded connection whose current statement is young: nobody is put behind a slow one. Where that is not to
//! be had it waits, in order, with those that want one alone; while somebody waits for one alone, a shared connection is left to
//! drain for them.
//!
//! **What is given back.** A lease returns its connection when it is dropped. One that is retired or closed is let go.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::{Error, Kind};
use crate::link::{Connector, Link, lock};
use crate::listen::Listener;
use crate::options::Limits;
use crate::route::Route;

/// Statements under way on a shared connection at once.
const MAX_SHARED: usize = 64;
/// A statement that has run longer than this is slow, and nothing is put behind it.
const SLOW: Duration = Duration::from_millis(10);

/// The operation that poisons a pool, in builds for tests only.
#[cfg(feature = "fault-injection")]
pub(crate) const PANIC_WHILE_LOCKED: u16 = u16::MAX;

/// How a connection is to be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Shared,
    Alone,
}

struct Member {
    link: Arc<Link>,
    load: usize,
    alone: bool,
    /// Takes no more statements: somebody waits to have it alone.
    draining: bool,
    idle_since: tokio::time::Instant,
}

type Answer = Result<Lease, Error>;

struct Waiter {
    want: Want,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct State {
    members: Vec<Member>,
    waiters: VecDeque<Waiter>,
    opening: usize,
    closed: bool,
    tending: bool,
}

/// See the module's page.
pub(crate) struct Pool {
    pub(crate) limits: Limits,
    pub(crate) route: Arc<Route>,
    pub(crate) listener: Listener,
    state: Mutex<State>,
    /// Isolates give connections back from their own threads, where no runtime is entered.
    runtime: Handle,
    this: Weak<Pool>,
}

/// A borrowed connection.
pub(crate) struct Lease {
    pub(crate) link: Arc<Link>,
    pool: Weak<Pool>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.give_back(self.link.id);
        }
    }
}

/// Counts for tests and for the running table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) open: usize,
    pub(crate) used: usize,
    pub(crate) waiting: usize,
}

impl Pool {
    /// A pool without connections. Must be called inside the runtime.
    pub(crate) fn new(route: Arc<Route>, limits: Limits) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            limits,
            route,
            listener: Listener::default(),
            state: Mutex::default(),
            runtime: Handle::current(),
            this: this.clone(),
        })
    }

    /// Poisons the lock, as a panic in the middle of a change would.
    #[cfg(feature = "fault-injection")]
    #[allow(clippy::panic, reason = "that is what it is for")]
    pub(crate) fn panic_while_locked(&self) {
        let _state = lock(&self.state);
        panic!("injected while a pool was locked");
    }

    /// Borrows a connection, waiting for it at most `acquireTimeout`.
    pub(crate) async fn lease(&self, want: Want) -> Answer {
        let answer = {
            let mut state = lock(&self.state);
            if state.closed {
                return Err(Error::new(Kind::PoolClosed, "the database was closed: its app has stopped"));
            }
            if (state.waiters.is_empty() || want == Want::Shared)
                && let Some(lease) = self.take(&mut state, want)
            {
                let joins = state.members.iter().any(|m| m.link.id == lease.link.id && m.load > 1);
                self.open_more(&mut state, usize::from(joins));
                return Ok(lease);
            }
            let (sender, answer) = oneshot::channel();
            state.waiters.push_back(Waiter { want, answer: sender });
            self.drain_one(&mut state);
            self.open_more(&mut state, 0);
            answer
        };
        match timeout(self.limits.acquire_timeout(), answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::new(Kind::PoolClosed, "the database was closed: its app has stopped")),
            Err(_) => Err(self.too_late()),
        }
    }

    fn too_late(&self) -> Error {
        let Counts { open, used, waiting } = self.counts();
        let message = format!(
            "no connection became free within {} ms (acquireTimeout): {used} of {open} connections were in use, {waiting} \
             others waited; end transactions sooner or raise maxConnections ({})",
            self.limits.acquire_timeout, self.limits.max_connections
        );
        Error::new(Kind::AcquireTimeout, message)
    }

    pub(crate) fn counts(&self) -> Counts {
        let state = lock(&self.state);
        Counts {
            open: state.members.len(),
            used: state.members.iter().filter(|member| member.load > 0).count(),
            waiting: state.waiters.iter().filter(|waiter| !waiter.answer.is_closed()).count(),
        }
    }

    /// Picks a connection for `want`; the lease counts from here on.
    fn take(&self, state: &mut State, want: Want) -> Option<Lease> {
        state.members.retain(|member| member.load > 0 || member.link.is_usable());
        let unused = state.members.iter().rposition(|member| member.load == 0);
        let wanted_alone = || state.waiters.iter().any(|waiter| waiter.want == Want::Alone);
        let chosen = match want {
            Want::Alone => unused?,
            // Somebody who came first waits for an unused one.
            Want::Shared if unused.is_some() && !wanted_alone() => unused?,
            Want::Shared => {
                state
                    .members
                    .iter()
                    .enumerate()
                    .filter(|(_, member)| member.may_share())
                    .min_by_key(|(_, member)| member.load)?
                    .0
            }
        };
        let member = &mut state.members[chosen];
        member.load += 1;
        member.alone = want == Want::Alone;
        Some(Lease { link: Arc::clone(&member.link), pool: self.this.clone() })
    }

    /// Leaves a shared connection to the first of those that want one alone.
    fn drain_one(&self, state: &mut State) {
        let wanted = state.waiters.iter().filter(|waiter| waiter.want == Want::Alone).count();
        let draining = state.members.iter().filter(|member| member.draining).count();
        let room = self.limits.max_connections.saturating_sub(state.members.len());
        if wanted > draining + room {
            let lightest = state.members.iter_mut().filter(|member| !member.alone && !member.draining);
            if let Some(member) = lightest.min_by_key(|member| member.load) {
                member.draining = true;
            }
        }
    }

    /// Opens connections for those who wait, and `ahead` for those who had to join others.
    fn open_more(&self, state: &mut State, ahead: usize) {
        let wanted = state.waiters.len().max(ahead);
        while state.opening < wanted
            && state.members.len() + state.opening < self.limits.max_connections
            && !state.closed
        {
            state.opening += 1;
            let Some(pool) = self.this.upgrade() else { return };
            self.runtime.spawn(async move {
                let this = Weak::clone(&pool.this);
                let on_end = move |id| {
                    if let Some(pool) = this.upgrade() {
                        pool.lost(id);
                    }
                };
                let opened = pool.route.open(None, on_end).await;
                pool.opened(opened);
            });
        }
    }

    fn opened(&self, opened: Result<Arc<Link>, Error>) {
        let mut state = lock(&self.state);
        state.opening -= 1;
        match opened {
            Ok(link) if !state.closed => {
                let now = tokio::time::Instant::now();
                state.members.push(Member { link, load: 0, alone: false, draining: false, idle_since: now });
                self.serve(&mut state);
                self.tend(&mut state);
            }
            Ok(_) => {}
            Err(error) => {
                // One failure for one waiter: each had a connection opened for it.
                while let Some(waiter) = state.waiters.pop_front() {
                    if waiter.answer.send(Err(error.clone())).is_ok() {
                        break;
                    }
                }
            }
        }
        if !state.waiters.is_empty() {
            self.open_more(&mut state, 0);
        }
    }

    fn give_back(&self, id: u64) {
        let mut state = lock(&self.state);
        let Some(at) = state.members.iter().position(|member| member.link.id == id) else { return };
        let member = &mut state.members[at];
        member.load -= 1;
        if member.load == 0 {
            member.alone = false;
            member.draining = false;
            member.idle_since = tokio::time::Instant::now();
            let ends = !member.link.is_usable();
            if ends || state.closed {
                state.members.swap_remove(at);
            }
        }
        if !state.waiters.is_empty() {
            self.serve(&mut state);
            self.open_more(&mut state, 0);
        }
    }

    /// Hands connections to those who wait, in order.
    fn serve(&self, state: &mut State) {
        while let Some(waiter) = state.waiters.pop_front() {
            if waiter.answer.is_closed() {
                continue;
            }
            let Some(lease) = self.take(state, waiter.want) else {
                state.waiters.push_front(waiter);
                return;
            };
            if let Err(Ok(mut unclaimed)) = waiter.answer.send(Ok(lease)) {
                // The lock is held: the lease must not give itself back.
                unclaimed.pool = Weak::new();
                if let Some(member) =
                    state.members.iter_mut().find(|member| member.link.id == unclaimed.link.id)
                {
                    member.load -= 1;
                    member.alone = false;
                }
            }
        }
    }

    /// The server or the network ended a connection.
    fn lost(&self, id: u64) {
        let mut state = lock(&self.state);
        state.members.retain(|member| member.link.id != id || member.load > 0);
        if !state.waiters.is_empty() {
            self.open_more(&mut state, 0);
        }
    }

    /// Closes connections that are old or unused, as long as there are any.
    fn tend(&self, state: &mut State) {
        if std::mem::replace(&mut state.tending, true) {
            return;
        }
        let pool = self.this.clone();
        let idle = Duration::from_millis(self.limits.idle_timeout);
        let pause = (idle / 2).clamp(Duration::from_millis(50), Duration::from_secs(10));
        self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(pool) = pool.upgrade() else { return };
                let mut state = lock(&pool.state);
                let (idle, lifetime) = (idle, Duration::from_millis(pool.limits.max_lifetime));
                for member in &state.members {
                    if member.link.opened.elapsed() > jittered(lifetime, member.link.id) {
                        member.link.retire();
                    }
                }
                state.members.retain(|member| {
                    member.load > 0 || (member.link.is_usable() && member.idle_since.elapsed() < idle)
                });
                if state.members.is_empty() {
                    state.tending = false;
                    return;
                }
            }
        });
    }

    /// From now on connections are opened with `connector`. Those that are open take nothing new and close when what they have
    /// is done: nothing is lost.
    pub(crate) fn rotate(&self, connector: Connector) {
        self.route.exchange(connector);
        let mut state = lock(&self.state);
        for member in &state.members {
            member.link.retire();
        }
        state.members.retain(|member| member.load > 0);
        if !state.waiters.is_empty() {
            self.open_more(&mut state, 0);
        }
    }

    /// Takes nothing new and closes what is not in use; the rest closes as it is given back.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        state.members.retain(|member| member.load > 0);
        let waiters = std::mem::take(&mut state.waiters);
        drop(state);
        drop(waiters);
    }
}

impl Member {
    fn may_share(&self) -> bool {
        !self.alone
            && !self.draining
            && self.load < MAX_SHARED
            && self.link.is_usable()
            && self.link.busy_for() < SLOW
    }
}

/// A tenth more or less, so that connections opened together are not replaced together.
fn jittered(lifetime: Duration, id: u64) -> Duration {
    let thousandths = 900 + u32::try_from(id.wrapping_mul(0x9e37_79b9) % 200).unwrap_or(0);
    lifetime / 1000 * thousandths
}
