//! The time limits of a port's jobs.

use std::task::Waker;
use std::time::{Duration, Instant};

use crate::frame::AbortReason;
use crate::job::Note;
use crate::port::{Port, Queued};
use crate::slot::{Gone, Outcome};
use crate::sync::lock;

impl Port {
    /// Ends jobs whose time limit has passed; false when no job has a limit, nobody watches the isolate, and the sweeper may sleep.
    pub fn expire(&self, now: Instant) -> bool {
        let mut wakers = Vec::new();
        // The contents of jobs are dropped outside of the lock: their destructors are foreign code.
        let mut late = Vec::new();
        let is_watched = self.probe_interval().is_some();
        let mut state = lock(&self.state);
        for id in state.table.ids(|flight| flight.deadline.is_some_and(|deadline| deadline <= now)) {
            let Some(flight) = state.table.remove(id) else { continue };
            // A job that the isolate never saw is safe to repeat.
            let gone = if flight.delivered { Gone::TimedOut } else { Gone::Overloaded };
            wakers.extend(flight.slot.complete(Outcome::Gone(gone)));
            if flight.delivered {
                state.queue.push_back(Queued::Note(Note::abort(id, AbortReason::TimedOut)));
            } else {
                state.bury();
            }
            late.push(flight);
        }
        let mut given_up = Vec::new();
        while state.held.front().is_some_and(|held| held.since + self.limits.max_hold <= now) {
            let Some(held) = state.held.pop_front() else { break };
            wakers.extend(held.slot.complete(Outcome::Gone(Gone::Overloaded)));
            given_up.push(held);
        }
        self.promote(&mut state);
        let watching =
            state.table.dated() > 0 || !state.held.is_empty() || (is_watched && state.table.len() > 0);
        state.sweeping = watching;
        self.signal(state);
        wakers.into_iter().for_each(Waker::wake);
        watching
    }

    /// Lets `by` pass at once for the time limits of all jobs, as a test of an app asks, and ends those that are over.
    pub fn advance(&self, by: Duration, now: Instant) {
        // Before the beginning of the clock: over, in any case.
        let earlier = |at: Instant| at.checked_sub(by).unwrap_or(now);
        let mut state = lock(&self.state);
        state.table.date_anew(earlier);
        state.held.iter_mut().for_each(|held| held.since = earlier(held.since));
        drop(state);
        self.expire(now);
    }

    /// The number of jobs that the isolate has seen and not answered, without those whose answer is a stream.
    pub fn delivered(&self) -> usize {
        let state = lock(&self.state);
        state.table.count(|flight| flight.delivered && flight.channel.is_none())
    }
}
