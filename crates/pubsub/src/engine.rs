//! What is the same over all providers: one engine per broker and process, whatever number of isolates.
//!
//! **Into a topic.** A body is checked against the topic's type, gets an id and its ordering key, and is written together with
//! all others that wait for the broker.
//!
//! **Out of a subscription.** One pump per subscription asks the provider for as many messages as may still be out. Each gets
//! one attempt: what is too old or does not fit is buried without an isolate having seen it, the rest goes to the less busy of
//! two isolates. While an attempt runs its lease is extended from here, so that a handler which blocks its loop keeps its
//! message up to its time limit. The answer decides: acknowledged, retried after a backoff, buried, or given back.

mod attempt;
mod context;
mod counters;
mod key;
mod publish;
mod publisher;
mod pump;
#[cfg(test)]
mod scripted;
mod setup;
mod subscriber;
mod topic;
mod trace;
mod trouble;
mod verdict;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use twinloop_runtime::{Core, Isolate, Serving};
use twinloop_schema::Registry;

use crate::broker::Broker;
use crate::databases::Databases;
use crate::error::Error;
use crate::memory::Memory;
pub(crate) use context::milliseconds;
use publisher::Publisher;
pub(crate) use setup::open;
use subscriber::Subscriber;
use topic::Topic;

/// How long the answers to what was given back may take after the grace is over.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// A broker with the app's topics and subscriptions.
pub(crate) struct Engine {
    pub(crate) core: &'static Core,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) memory: Option<Arc<Memory>>,
    pub(crate) databases: Databases,
    pub(crate) serving: Serving,
    registry: Registry,
    topics: Vec<Topic>,
    subscribers: Vec<Arc<Subscriber>>,
    publisher: Arc<Publisher>,
    pulling: AtomicBool,
    pumps: Mutex<Vec<JoinHandle<()>>>,
    /// Isolates that have opened it.
    users: Mutex<HashSet<u32>>,
}

impl Engine {
    /// The topic of this number.
    pub(crate) fn topic(&self, number: usize) -> Result<&Topic, Error> {
        let found = self.topics.get(number);
        found.ok_or_else(|| Error::internal(format!("no topic has the number {number}")))
    }

    /// The subscription of this number.
    pub(crate) fn subscriber(&self, number: usize) -> Result<&Arc<Subscriber>, Error> {
        let found = self.subscribers.get(number);
        found.ok_or_else(|| Error::internal(format!("no subscription has the number {number}")))
    }

    /// The provider as what only the memory provider is.
    pub(crate) fn memory(&self) -> Result<&Memory, Error> {
        self.memory.as_deref().ok_or_else(|| {
            let name = self.broker.name();
            Error::precondition(format!(
                "only the memory provider can do this, and messages are in {name}: set PUBSUB_URL=memory:"
            ))
        })
    }

    pub(crate) fn is_pulling(&self) -> bool {
        self.pulling.load(Ordering::Acquire)
    }

    pub(crate) fn join(&self, isolate: u32) {
        lock(&self.users).insert(isolate);
    }

    /// The isolate needs it no longer; true when nobody does.
    pub(crate) fn part(&self, isolate: u32) -> bool {
        self.serving.leave(isolate);
        let mut users = lock(&self.users);
        users.remove(&isolate) && users.is_empty()
    }

    pub(crate) fn is_used(&self) -> bool {
        !lock(&self.users).is_empty()
    }

    /// The isolate takes messages; the pumps start with the first one.
    pub(crate) fn serve(self: &Arc<Self>, isolate: &Arc<Isolate>) {
        self.serving.enter(isolate);
        let mut pumps = lock(&self.pumps);
        if !self.pulling.swap(true, Ordering::AcqRel) {
            for subscriber in &self.subscribers {
                let pump = pump::run(Arc::clone(self), Arc::clone(subscriber));
                pumps.push(self.core.spawn("subscription", pump));
            }
        }
        drop(pumps);
        self.wake_pumps();
    }

    fn wake_pumps(&self) {
        self.subscribers.iter().for_each(|subscriber| subscriber.wake());
    }

    /// The isolate gets nothing more; what it has is waited for, then aborted and given back. Returns how many that were.
    ///
    /// With the last isolate pulling stops.
    pub(crate) async fn drain(&self, isolate: u32, grace: Duration) -> usize {
        let deadline = Instant::now() + grace;
        self.serving.leave(isolate);
        let last = self.serving.is_empty();
        if last {
            self.pulling.store(false, Ordering::Release);
            self.wake_pumps();
        }
        let mut left = 0;
        for subscriber in &self.subscribers {
            if tokio::time::timeout_at(deadline, subscriber.done_with(isolate)).await.is_err() {
                left += subscriber.give_back(isolate);
            }
        }
        for subscriber in &self.subscribers {
            let _ = timeout(GIVE_BACK_WITHIN, subscriber.done_with(isolate)).await;
        }
        if last {
            self.end_pumps().await;
        }
        left
    }

    async fn end_pumps(&self) {
        let pumps = std::mem::take(&mut *lock(&self.pumps));
        for mut pump in pumps {
            if timeout(GIVE_BACK_WITHIN, &mut pump).await.is_err() {
                pump.abort();
            }
        }
    }

    /// Stops everything and closes the broker.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        self.pulling.store(false, Ordering::Release);
        self.wake_pumps();
        for subscriber in &self.subscribers {
            subscriber.give_back_all();
        }
        self.end_pumps().await;
        self.databases.close();
        self.broker.close().await
    }
}

/// Nothing that is done under these locks can leave them half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
