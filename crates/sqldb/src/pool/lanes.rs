//! The loans of a pool: lanes that statements share, connections lent alone, and the queue of waiters.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Object, Timeouts};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use twinloop_runtime::{contained, lock};

use super::Pool;
use super::connection_source::{ConnectionSource, error_of};
use super::lease::{ConnectionLease, Loan, Want};
use crate::connection::Connection;
use crate::error::{Error, ErrorKind};

/// Most statements under way on a lane at once.
const MAX_SHARED: usize = 64;
/// A statement that has run longer than this is slow; no other is pipelined behind it.
const SLOW: Duration = Duration::from_millis(10);

/// A connection on which the statements of several callers are pipelined.
pub(super) struct Lane {
    pub(super) connection: Object<ConnectionSource>,
    pub(super) load: usize,
    /// Whether the lane takes no more statements, because a waiter wants a connection alone.
    is_draining: bool,
}

/// A request that waits for a connection.
pub(super) struct Waiter {
    pub(super) want: Want,
    pub(super) answer: oneshot::Sender<Result<ConnectionLease, Error>>,
}

/// The loans and waiters of a pool.
#[derive(Default)]
pub(super) struct Borrowers {
    pub(super) lanes: Vec<Lane>,
    /// The connections that are lent alone.
    pub(super) alone: Vec<Arc<Connection>>,
    pub(super) waiters: VecDeque<Waiter>,
    /// Connections that tasks are fetching from deadpool; most of them have to be opened.
    pub(super) growing: usize,
    pub(super) is_closed: bool,
    /// Whether a task runs that closes idle connections.
    pub(super) has_upkeep: bool,
    /// Whether a task runs that tries to connect to a lost database.
    pub(super) is_probed: bool,
}

impl Lane {
    fn may_share(&self) -> bool {
        !self.is_draining
            && self.load < MAX_SHARED
            && self.connection.is_usable()
            && self.connection.busy_for() < SLOW
    }
}

impl Borrowers {
    /// The connections that are lent alone, and those of lanes.
    pub(super) fn links(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.lanes.iter().map(|lane| &*lane.connection).chain(&self.alone)
    }

    /// The number of connections with statements or borrowers.
    pub(super) fn used(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.load > 0).count() + self.alone.len()
    }

    /// The number of statements on the connection of a lease.
    pub(super) fn load_of(&self, lease: &ConnectionLease) -> usize {
        self.lanes.iter().find(|lane| lane.connection.id == lease.link.id).map_or(1, |lane| lane.load)
    }

    /// Marks one lane as draining, for the first waiter that wants a connection alone.
    pub(super) fn drain_one(&mut self, max_connections: usize) {
        let wanted = self.waiters.iter().filter(|waiter| waiter.want == Want::Alone).count();
        let draining = self.lanes.iter().filter(|lane| lane.is_draining).count();
        let room = max_connections.saturating_sub(self.lanes.len() + self.alone.len());
        if wanted > draining + room {
            let lightest = self.lanes.iter_mut().filter(|lane| !lane.is_draining);
            if let Some(lane) = lightest.min_by_key(|lane| lane.load) {
                lane.is_draining = true;
            }
        }
    }
}

/// Closes a connection and removes it from deadpool.
pub(super) fn discard(connection: Object<ConnectionSource>) {
    drop(Object::take(connection));
}

impl Pool {
    /// The number of connections that can still be borrowed from deadpool without waiting.
    pub(super) fn room(&self, state: &Borrowers) -> usize {
        let borrowed = state.lanes.len() + state.alone.len() + state.growing;
        self.limits.max_connections.saturating_sub(borrowed)
    }

    /// Lends a connection for `want`; `None` where the caller has to wait.
    pub(super) fn take(&self, state: &mut Borrowers, want: Want) -> Option<ConnectionLease> {
        match want {
            Want::Alone => {
                let connection = self.at_hand(state).or_else(|| {
                    let at = idle_lane(state)?;
                    Some(state.lanes.swap_remove(at).connection)
                })?;
                let link = Arc::clone(&connection);
                state.alone.push(Arc::clone(&link));
                Some(ConnectionLease::new(&link, Loan::Alone(connection), &self.this))
            }
            Want::Shared => {
                let at = idle_lane(state)
                    .or_else(|| self.at_hand(state).map(|connection| state.add_lane(connection)))
                    .or_else(|| lightest_lane(state))?;
                let lane = &mut state.lanes[at];
                lane.load += 1;
                Some(ConnectionLease::new(&lane.connection, Loan::Lane, &self.this))
            }
        }
    }

    /// Borrows an unused connection from deadpool; opens none and does not wait.
    fn at_hand(&self, state: &Borrowers) -> Option<Object<ConnectionSource>> {
        const NOW: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        if self.room(state) == 0 || !self.has_resting(state) {
            return None;
        }
        self.connections.timeout_get(&NOW).now_or_never()?.ok()
    }

    /// Whether deadpool has unused connections.
    pub(super) fn has_resting(&self, state: &Borrowers) -> bool {
        self.connections.status().size > state.lanes.len() + state.alone.len()
    }

    /// Spawns tasks that fetch connections for the waiters, and `ahead` more for statements that had to join a busy lane.
    ///
    /// Each connection is opened in a task of its own, which completes also where all waiters have given up.
    pub(super) fn grow(&self, state: &mut Borrowers, ahead: usize) {
        let wanted = state.waiters.len().max(ahead);
        while state.growing < wanted && self.room(state) > 0 && !state.is_closed {
            let Some(pool) = self.this.upgrade() else { return };
            state.growing += 1;
            self.runtime.spawn(async move {
                let fetched = pool.fetch().await;
                pool.grown(fetched);
            });
        }
    }

    /// Fetches a connection from deadpool. A panic while it is opened is an `internal` error, and frees its place.
    pub(super) async fn fetch(&self) -> Result<Object<ConnectionSource>, Error> {
        match contained(self.connections.get()).await {
            Ok(fetched) => fetched.map_err(|error| error_of(error, || self.too_late())),
            Err(panic) => {
                Err(Error::new(ErrorKind::Internal, format!("opening a connection has panicked: {panic}")))
            }
        }
    }

    fn grown(&self, fetched: Result<Object<ConnectionSource>, Error>) {
        let mut state = lock(&self.state);
        state.growing -= 1;
        match fetched {
            Ok(connection) => self.admit(&mut state, connection),
            Err(error) => {
                // One failure is given to one waiter: a connection is being opened for each.
                while let Some(waiter) = state.waiters.pop_front() {
                    if waiter.answer.send(Err(error.clone())).is_ok() {
                        break;
                    }
                }
                self.probe(&mut state);
            }
        }
        self.serve_and_grow(&mut state);
    }

    /// Adds a fetched connection as a lane, or closes it where the pool is closed.
    pub(super) fn admit(&self, state: &mut Borrowers, connection: Object<ConnectionSource>) {
        if state.is_closed {
            return discard(connection);
        }
        state.add_lane(connection);
        self.serve(state);
        self.start_upkeep(state);
    }

    /// Takes the loan of a dropped lease back.
    pub(super) fn give_back(&self, link: &Arc<Connection>, loan: Loan) {
        if link.is_usable() {
            self.opener.reach.reached();
        }
        let mut state = lock(&self.state);
        state.take_back(link, loan);
        self.serve_and_grow(&mut state);
    }

    /// Serves the waiters, and fetches connections for those who still wait.
    pub(super) fn serve_and_grow(&self, state: &mut Borrowers) {
        if !state.waiters.is_empty() {
            self.serve(state);
            self.grow(state, 0);
        }
    }

    /// Lends connections to the waiters, in order.
    fn serve(&self, state: &mut Borrowers) {
        while let Some(waiter) = state.waiters.pop_front() {
            if waiter.answer.is_closed() {
                continue;
            }
            let Some(lease) = self.take(state, waiter.want) else {
                state.waiters.push_front(waiter);
                return;
            };
            if let Err(Ok(unclaimed)) = waiter.answer.send(Ok(lease)) {
                // The pool's lock is held here, and the lease's drop would take it again.
                if let (link, Some(loan)) = unclaimed.into_loan() {
                    state.take_back(&link, loan);
                }
            }
        }
    }
}

impl Borrowers {
    fn add_lane(&mut self, connection: Object<ConnectionSource>) -> usize {
        self.lanes.push(Lane { connection, load: 0, is_draining: false });
        self.lanes.len() - 1
    }

    /// Removes a loan from the books.
    fn take_back(&mut self, link: &Arc<Connection>, loan: Loan) {
        match loan {
            Loan::Alone(connection) => {
                self.alone.retain(|lent| lent.id != link.id);
                connection.rest();
                // Dropping the object returns the connection to deadpool; one that can no longer be lent is discarded.
                if self.is_closed || !connection.is_usable() {
                    discard(connection);
                }
            }
            Loan::Lane => {
                let Some(at) = self.lanes.iter().position(|lane| lane.connection.id == link.id) else {
                    return;
                };
                let lane = &mut self.lanes[at];
                lane.load -= 1;
                if lane.load > 0 {
                    return;
                }
                lane.is_draining = false;
                link.rest();
                if self.is_closed || !link.is_usable() {
                    discard(self.lanes.swap_remove(at).connection);
                }
            }
        }
    }
}

/// Finds an unused lane; discards lanes whose connection has ended.
fn idle_lane(state: &mut Borrowers) -> Option<usize> {
    loop {
        let at = state.lanes.iter().rposition(|lane| lane.load == 0)?;
        if state.lanes[at].connection.is_usable() {
            return Some(at);
        }
        discard(state.lanes.swap_remove(at).connection);
    }
}

fn lightest_lane(state: &Borrowers) -> Option<usize> {
    let shareable = state.lanes.iter().enumerate().filter(|(_, lane)| lane.may_share());
    shareable.min_by_key(|(_, lane)| lane.load).map(|(at, _)| at)
}
