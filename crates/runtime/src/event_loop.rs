//! The event loop of one isolate, as the runtime sees it from outside: how long it lets the runtime wait, how much it takes at
//! once, and what blocks it.
//!
//! ```text
//!              ring                    drain          the time between is the loop's delay
//! ──────────────┼───────────────────────┼─────▶
//!   last drain  │  the sweeper's ticks  │          each tick asks what the isolate does, and its name is a suspect
//! ```
//!
//! A drain that comes late ends a stall, and is logged with the suspects that were found meanwhile. An isolate that has jobs and is not
//! woken by anything is asked for a sign of life at half the limit, so that a handler that blocks while nothing else
//! waits is found too.

mod metrics;
mod stall;
mod suspects;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use twinloop_mailbox::{Drained, Observer};

use crate::core::Core;
use crate::event_loop::metrics::LoopMetrics;
use crate::event_loop::stall::Stalls;
use crate::isolate::Isolate;
use crate::telemetry::{Histogram, NEVER, telemetry};

/// Watches the event loop of one isolate.
pub struct EventLoop {
    core: &'static Core,
    isolate: u32,
    /// What `last_drain` counts from.
    origin: Instant,
    /// Nanoseconds from `origin` to the last drain.
    last_drain: AtomicU64,
    delay: Arc<Histogram>,
    batch_size: Arc<Histogram>,
    stalls: Stalls,
}

impl EventLoop {
    /// Watches `isolate` from now on. Who attaches an isolate that runs JavaScript has it watched, once.
    pub fn watch(core: &'static Core, isolate: &Isolate) {
        let metrics = LoopMetrics::of(core);
        let (delay, batch_size) = metrics.histograms(isolate.id);
        isolate.port.observe(Box::new(Self {
            core,
            isolate: isolate.id,
            origin: Instant::now(),
            last_drain: AtomicU64::new(0),
            delay,
            batch_size,
            stalls: Stalls::default(),
        }));
    }

    /// Drops the series of an isolate that has ended.
    pub fn forget(isolate: u32) {
        LoopMetrics::forget(isolate);
    }

    /// Whether the isolate was given a job yet. Before, it loads modules and starts the app, which takes its time.
    fn serves(&self) -> bool {
        self.core.isolates().get(self.isolate).is_some_and(|isolate| isolate.port.has_served())
    }

    fn last_drain(&self) -> Instant {
        self.origin + Duration::from_nanos(self.last_drain.load(Ordering::Relaxed))
    }
}

/// The duration from which on a stall is logged; `None` while none is.
fn limit() -> Option<Duration> {
    Some(telemetry().settings.stall()).filter(|&limit| limit != NEVER)
}

impl Observer for EventLoop {
    fn measures(&self) -> bool {
        telemetry().settings.reads_metrics() || limit().is_some()
    }

    #[allow(clippy::cast_precision_loss, reason = "a batch has few items")]
    fn drained(&self, drained: Drained) {
        if let Some(rung) = drained.rung {
            self.delay.record_duration(drained.at.saturating_duration_since(rung));
        }
        if drained.items > 0 {
            self.batch_size.record(drained.items as f64);
        }
        if let Some(limit) = limit()
            && let Some(stall) = self.stalls.ended(drained, limit)
            && self.serves()
        {
            stall.log_end(self.core, self.isolate);
        }
        let since = drained.at.saturating_duration_since(self.origin).as_nanos();
        self.last_drain.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn probe_interval(&self) -> Option<Duration> {
        limit().map(|limit| limit / 2)
    }

    fn waiting(&self, rung: Instant, now: Instant) {
        let Some(limit) = limit() else { return };
        if now.saturating_duration_since(rung) < limit / 4 {
            return;
        }
        let Some(isolate) = self.core.isolates().get(self.isolate) else { return };
        let found = suspects::of(self.core, &isolate, self.last_drain(), rung);
        if let Some(stall) = self.stalls.seen(rung, now, found, limit) {
            stall.log_long(self.core, self.isolate, limit);
        }
    }
}
