//! A subscription in this process: its rules, and what is out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use super::counters::Counters;
use super::lock;
use crate::broker::Subscription;
use crate::message::Lease;

/// The rules by which a message is tried.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) timeout: Duration,
    pub(super) retention: Duration,
    pub(super) min_backoff: Duration,
    pub(super) max_backoff: Duration,
    /// `None`: no end.
    pub(super) max_retries: Option<u32>,
}

/// Why an attempt is ended before its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The app stops: the message is given back.
    GiveBack,
    /// The lease is another's: nothing is to be said about the message any more.
    Lost,
}

/// One delivery that is out.
#[derive(Default)]
struct Out {
    isolate: Option<u32>,
    stop: Option<oneshot::Sender<Stop>>,
}

pub(crate) struct Subscriber {
    pub(super) number: u16,
    /// The number of its topic.
    pub(super) topic: usize,
    pub(crate) declared: Subscription,
    pub(super) policy: Policy,
    pub(super) counters: Counters,
    paused: AtomicBool,
    out: Mutex<HashMap<Lease, Out>>,
    changed: Notify,
    ended: Notify,
}

impl Subscriber {
    pub(super) fn new(number: u16, topic: usize, declared: Subscription, policy: Policy) -> Self {
        Self {
            number,
            topic,
            declared,
            policy,
            counters: Counters::default(),
            paused: AtomicBool::new(false),
            out: Mutex::default(),
            changed: Notify::new(),
            ended: Notify::new(),
        }
    }

    /// `topic/subscription`, for logs and tables.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.declared.topic, self.declared.name)
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
        self.wake();
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Its pump looks again at what it may do.
    pub(super) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves at the next `wake` from now on.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(crate) fn stats(&self) -> serde_json::Value {
        self.counters.report(lock(&self.out).len(), self.is_paused())
    }

    /// A delivery is out until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>, lease: Lease) -> OutGuard {
        lock(&self.out).insert(lease, Out::default());
        OutGuard { subscriber: Arc::clone(self), lease }
    }

    /// An isolate has it; what is returned resolves when it is to be taken back.
    pub(super) fn with_isolate(&self, lease: Lease, isolate: u32) -> oneshot::Receiver<Stop> {
        let (stop, stopped) = oneshot::channel();
        lock(&self.out).insert(lease, Out { isolate: Some(isolate), stop: Some(stop) });
        stopped
    }

    pub(super) fn leases(&self) -> Vec<Lease> {
        lock(&self.out).keys().copied().collect()
    }

    /// These are another's: whoever works on them here is told to stop.
    pub(super) fn lost(&self, leases: &[Lease]) {
        let mut out = lock(&self.out);
        for lease in leases {
            stop(out.get_mut(lease), Stop::Lost);
        }
    }

    /// Takes back what an isolate has. Returns how many.
    pub(super) fn give_back(&self, isolate: u32) -> usize {
        let mut out = lock(&self.out);
        let its = out.values_mut().filter(|out| out.isolate == Some(isolate));
        its.map(|out| stop(Some(out), Stop::GiveBack)).count()
    }

    pub(super) fn give_back_all(&self) {
        lock(&self.out).values_mut().for_each(|out| stop(Some(out), Stop::GiveBack));
    }

    /// Waits until the isolate has nothing more.
    pub(super) async fn done_with(&self, isolate: u32) {
        loop {
            let ended = self.ended.notified();
            if lock(&self.out).values().all(|out| out.isolate != Some(isolate)) {
                return;
            }
            ended.await;
        }
    }
}

fn stop(out: Option<&mut Out>, why: Stop) {
    if let Some(stop) = out.and_then(|out| out.stop.take()) {
        let _ = stop.send(why);
    }
}

pub(super) struct OutGuard {
    subscriber: Arc<Subscriber>,
    lease: Lease,
}

impl Drop for OutGuard {
    fn drop(&mut self) {
        lock(&self.subscriber.out).remove(&self.lease);
        self.subscriber.ended.notify_waiters();
    }
}
