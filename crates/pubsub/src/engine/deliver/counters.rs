//! The counters of a subscription in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Counters of a subscription since the start of this process.
#[derive(Default)]
pub(crate) struct DeliveryCounters {
    pub(crate) delivered: AtomicU64,
    pub(crate) acknowledged: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) buried: AtomicU64,
}

impl DeliveryCounters {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the counters as JSON, with the number of deliveries in flight and whether the subscription is paused.
    pub(crate) fn report(&self, in_flight: usize, paused: bool) -> Value {
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
