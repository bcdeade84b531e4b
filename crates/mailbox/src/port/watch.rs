//! Who watches how an isolate drains, and asks it for signs of life.

use std::sync::Arc as StdArc;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::port::Port;
use crate::sync::lock;

/// One drain, as an [`Observer`] learns of it.
#[derive(Clone, Copy, Debug)]
pub struct Drained {
    /// When the isolate came.
    pub at: Instant,
    /// When it was first woken; `None` where it came unasked.
    pub rung: Option<Instant>,
    /// The number of items that it took.
    pub items: usize,
}

/// Watches the drains of one port. The methods must not block; none is called under a lock of the port.
pub trait Observer: Send + Sync {
    /// Whether drains are to be measured. Asked at each drain, so that it may cost a load and no more.
    fn measures(&self) -> bool;

    /// Takes one drain, on the isolate's thread.
    fn drained(&self, drained: Drained);

    /// How often an isolate that has jobs is asked for a sign of life; `None` while nobody wants to know.
    fn probe_interval(&self) -> Option<Duration>;

    /// Learns at `now` that the isolate has not drained since it was first woken at `rung`. Called at each tick of the sweeper
    /// until it drains.
    fn waiting(&self, rung: Instant, now: Instant);
}

/// Shortest pause between two ticks of the sweeper.
const MIN_TICK: Duration = Duration::from_millis(5);

impl Port {
    /// Sets who watches the drains. Only the first call counts.
    pub fn observe(&self, observer: Box<dyn Observer>) {
        let _ = self.observer.set(observer);
    }

    /// The pause before the sweeper's next tick, at most `usual`.
    pub(crate) fn tick(&self, usual: Duration) -> Duration {
        self.probe_interval().map_or(usual, |interval| interval.clamp(MIN_TICK, usual))
    }

    /// How often the isolate is asked for a sign of life while it has jobs.
    pub(super) fn probe_interval(&self) -> Option<Duration> {
        self.observer.get()?.probe_interval()
    }

    /// Tells the observer of an isolate that does not drain, or asks an idle one for a sign of life if the last time was long ago.
    pub(crate) fn probe(&self, now: Instant, asked: &mut Option<Instant>) {
        let Some((observer, interval)) = self.observer.get().zip(self.probe_interval()) else { return };
        let rung = lock(&self.state).rung;
        match rung {
            Some(rung) => observer.waiting(rung, now),
            None if asked.is_none_or(|asked| now.saturating_duration_since(asked) >= interval) => {
                *asked = Some(now);
                self.unanswered(now);
            }
            None => {}
        }
    }

    /// The contexts of at most `limit` jobs that the isolate has seen and not begun to answer.
    pub fn contexts(&self, limit: usize) -> Vec<StdArc<dyn Context>> {
        lock(&self.state).table.contexts(limit)
    }

    /// Whether the isolate was ever given a job.
    pub fn has_served(&self) -> bool {
        !lock(&self.state).table.is_unused()
    }

    /// The number of jobs with the isolate, and of those held for it.
    pub fn occupancy(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.table.len(), state.held.len())
    }
}
