//! What this process has done with a subscription's messages.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Counters {
    pub(super) delivered: AtomicU64,
    pub(super) acknowledged: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) buried: AtomicU64,
}

impl Counters {
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// With what changes from moment to moment.
    pub(super) fn report(&self, in_flight: usize, paused: bool) -> Value {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        json!({
            "delivered": read(&self.delivered),
            "acknowledged": read(&self.acknowledged),
            "retried": read(&self.retried),
            "buried": read(&self.buried),
            "inFlight": in_flight,
            "paused": paused,
        })
    }
}
