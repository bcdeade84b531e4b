//! A subscription in this process: its rules and its deliveries in flight.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use crate::engine::deliver::counters::DeliveryCounters;
use crate::engine::filter::Filter;
use crate::engine::lock;
use crate::provider::message::Lease;
use crate::provider::subscription::Subscription;
use crate::telemetry::metrics::SubscriptionMetrics;

/// The rules by which the messages of a subscription are tried.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) timeout: Duration,
    pub(crate) retention: Duration,
    pub(crate) min_backoff: Duration,
    pub(crate) max_backoff: Duration,
    /// Retries after the first attempt; `None` means without limit.
    pub(crate) max_retries: Option<u32>,
    /// When a batch is whole; `None` for a handler of single messages.
    pub(crate) batch: Option<BatchRule>,
    /// How long the outcomes of messages are kept; `None` keeps none.
    pub(crate) keep_results: Option<Duration>,
    /// Which messages the subscription wants; `None` for all.
    pub(crate) filter: Option<Filter>,
}

/// When a batch is whole: with this number of messages, or this long after its first one came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchRule {
    pub(crate) most: usize,
    pub(crate) wait: Duration,
}

/// The reason for which an attempt is ended before its handler has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptStop {
    /// The app stops: the message is released.
    GiveBack,
    /// The lease is with another process: nothing is sent to the provider about this delivery.
    Lost,
}

/// One delivery in flight.
#[derive(Default)]
struct Out {
    isolate: Option<u32>,
    stop: Option<oneshot::Sender<AttemptStop>>,
}

/// A subscription in this process, shared by its pump and the engine.
pub(crate) struct Subscriber {
    pub(crate) number: u16,
    /// The number of the subscription's topic.
    pub(crate) topic: usize,
    pub(crate) declared: Subscription,
    pub(crate) policy: Policy,
    pub(crate) counters: DeliveryCounters,
    pub(crate) metrics: SubscriptionMetrics,
    paused: AtomicBool,
    /// Whether an operator has paused the subscription in all processes.
    fleet_paused: AtomicBool,
    /// Whether the broker has said if an operator has paused the subscription.
    is_told: AtomicBool,
    out: Mutex<HashMap<Lease, Out>>,
    changed: Notify,
    ended: Notify,
}

impl Subscriber {
    pub(crate) fn new(
        number: u16,
        topic: usize,
        declared: Subscription,
        policy: Policy,
        metrics: SubscriptionMetrics,
    ) -> Self {
        Self {
            number,
            topic,
            declared,
            policy,
            counters: DeliveryCounters::default(),
            metrics,
            paused: AtomicBool::new(false),
            fleet_paused: AtomicBool::new(false),
            is_told: AtomicBool::new(false),
            out: Mutex::default(),
            changed: Notify::new(),
            ended: Notify::new(),
        }
    }

    /// Returns `topic/subscription`, as logs and tables show it.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.declared.topic, self.declared.name)
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
        self.wake();
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire) || self.fleet_paused.load(Ordering::Acquire)
    }

    /// Applies an operator's pause or resume to the subscription. Returns whether that changes its state.
    pub(crate) fn pause_fleet(&self, paused: bool) -> bool {
        let is_news = self.fleet_paused.swap(paused, Ordering::AcqRel) != paused;
        let is_first = !self.is_told.swap(true, Ordering::AcqRel);
        if is_news || is_first {
            self.wake();
        }
        is_news
    }

    /// Returns whether the subscription may pull messages. False until the broker has said that no operator has paused the
    /// subscription.
    pub(crate) fn may_pull(&self) -> bool {
        self.is_told.load(Ordering::Acquire) && !self.is_paused()
    }

    /// Wakes the pump, which then checks again whether it may pull.
    pub(crate) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves at the next call of `wake`.
    pub(crate) fn woken(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(crate) fn stats(&self) -> serde_json::Value {
        self.counters.report(lock(&self.out).len(), self.is_paused())
    }

    /// Counts a delivery as in flight until the returned guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>, lease: Lease) -> OutGuard {
        lock(&self.out).insert(lease, Out::default());
        OutGuard { subscriber: Arc::clone(self), lease }
    }

    /// Records that an isolate has the delivery. The returned receiver resolves when the attempt must stop.
    pub(crate) fn with_isolate(&self, lease: Lease, isolate: u32) -> oneshot::Receiver<AttemptStop> {
        let (stop, stopped) = oneshot::channel();
        lock(&self.out).insert(lease, Out { isolate: Some(isolate), stop: Some(stop) });
        stopped
    }

    pub(crate) fn leases(&self) -> Vec<Lease> {
        lock(&self.out).keys().copied().collect()
    }

    /// Stops the attempts whose leases another process has.
    pub(crate) fn lost(&self, leases: &[Lease]) {
        let mut out = lock(&self.out);
        for lease in leases {
            stop(out.get_mut(lease), AttemptStop::Lost);
        }
    }

    /// Releases the deliveries that an isolate has. Returns how many those are.
    pub(crate) fn give_back(&self, isolate: u32) -> usize {
        let mut out = lock(&self.out);
        let its = out.values_mut().filter(|out| out.isolate == Some(isolate));
        its.map(|out| stop(Some(out), AttemptStop::GiveBack)).count()
    }

    pub(crate) fn give_back_all(&self) {
        lock(&self.out).values_mut().for_each(|out| stop(Some(out), AttemptStop::GiveBack));
    }

    /// Waits until the isolate has no delivery any more.
    pub(crate) async fn done_with(&self, isolate: u32) {
        loop {
            let ended = self.ended.notified();
            if lock(&self.out).values().all(|out| out.isolate != Some(isolate)) {
                return;
            }
            ended.await;
        }
    }
}

fn stop(out: Option<&mut Out>, why: AttemptStop) {
    if let Some(stop) = out.and_then(|out| out.stop.take()) {
        let _ = stop.send(why);
    }
}

/// A guard that counts a delivery as in flight until it is dropped.
pub(crate) struct OutGuard {
    subscriber: Arc<Subscriber>,
    lease: Lease,
}

impl Drop for OutGuard {
    fn drop(&mut self) {
        lock(&self.subscriber.out).remove(&self.lease);
        self.subscriber.ended.notify_waiters();
    }
}
