//! Background work of a pool: closing old and idle connections, and reconnecting to a lost database.

use std::time::Duration;

use twinloop_runtime::{backoff, lock};

use super::Pool;
use super::lanes::{Borrowers, discard};

/// The fixed pause between attempts to reconnect; jittered backoff is added to it.
const PROBE_PAUSE: Duration = Duration::from_millis(100);
const FIRST_PROBE: Duration = Duration::from_millis(100);
const LAST_PROBE: Duration = Duration::from_secs(10);

impl Pool {
    /// Spawns the task that closes old and idle connections, unless it runs; it ends with the last connection.
    pub(super) fn start_upkeep(&self, state: &mut Borrowers) {
        if std::mem::replace(&mut state.has_upkeep, true) {
            return;
        }
        let pool = self.this.clone();
        let idle = Duration::from_millis(self.limits.idle_timeout);
        let pause = (idle / 2).clamp(Duration::from_millis(50), Duration::from_secs(10));
        self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(pool) = pool.upgrade() else { return };
                if !pool.upkeep_once(idle) {
                    return;
                }
            }
        });
    }

    /// Returns unused lanes to deadpool and closes connections that were unused for `idle`; `false` when none is left.
    fn upkeep_once(&self, idle: Duration) -> bool {
        let mut state = lock(&self.state);
        let lifetime = Duration::from_millis(self.limits.max_lifetime);
        for link in state.links().filter(|link| link.has_outlived(lifetime)) {
            link.retire();
        }
        for lane in state.lanes.extract_if(.., |lane| lane.load == 0) {
            if !lane.connection.is_usable() {
                discard(lane.connection);
            }
        }
        // deadpool's lock is held during this call: nothing in it may panic.
        let closed = self
            .connections
            .retain(|link, _| link.is_usable() && link.idle_for() < idle && !link.has_outlived(lifetime));
        state.has_upkeep = self.connections.status().size > 0 || state.growing > 0;
        let goes_on = state.has_upkeep;
        drop(state);
        drop(closed);
        goes_on
    }

    /// Closes all unused connections.
    pub(super) fn close_unused(&self, state: &mut Borrowers) {
        for lane in state.lanes.extract_if(.., |lane| lane.load == 0) {
            discard(lane.connection);
        }
        drop(self.connections.retain(|_, _| false));
    }

    /// Handles the end of a connection; `was_cut` where the server or the network ended it.
    pub(super) fn ended(&self, id: u64, was_cut: bool) {
        let mut state = lock(&self.state);
        for lane in state.lanes.extract_if(.., |lane| lane.load == 0 && lane.connection.id == id) {
            discard(lane.connection);
        }
        drop(self.connections.retain(|link, _| link.id != id));
        if was_cut {
            // One closed connection does not prove the database lost: an attempt to connect does.
            self.probe(&mut state);
        }
        self.serve_and_grow(&mut state);
    }

    /// Spawns the task that tries to connect until it succeeds, so that a recovered database is noticed without any query. The
    /// connection joins the pool.
    pub(super) fn probe(&self, state: &mut Borrowers) {
        if state.is_closed || std::mem::replace(&mut state.is_probed, true) {
            return;
        }
        let this = self.this.clone();
        self.runtime.spawn(async move {
            for attempt in 1.. {
                tokio::time::sleep(PROBE_PAUSE + backoff(FIRST_PROBE, LAST_PROBE, attempt)).await;
                let Some(pool) = this.upgrade() else { return };
                if pool.probe_once().await {
                    return;
                }
            }
        });
    }

    /// Tries to connect once; `true` where no further attempt is needed.
    async fn probe_once(&self) -> bool {
        {
            let mut state = lock(&self.state);
            let is_lost = self.opener.reach.is_lost();
            // A query has reached the database meanwhile.
            let has_any = self.has_resting(&state) || state.links().any(|link| link.is_usable());
            if state.is_closed || (has_any && !is_lost) {
                state.is_probed = false;
                return true;
            }
            if is_lost {
                // Open connections to a lost database may only look usable, so a new one is opened.
                self.close_unused(&mut state);
            }
            if self.room(&state) == 0 {
                return false;
            }
            state.growing += 1;
        }
        let fetched = self.fetch().await;
        let mut state = lock(&self.state);
        state.growing -= 1;
        let Ok(connection) = fetched else { return false };
        state.is_probed = false;
        self.admit(&mut state, connection);
        self.serve_and_grow(&mut state);
        true
    }
}
