//! All topics of one broker, behind one lock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Notify;
use twinloop_runtime::{Failure, lock};

use crate::provider::memory::clock::OffsetClock;
use crate::provider::memory::dedupe::Windows;
use crate::provider::memory::queue::Queue;
use crate::provider::memory::unique::UniqueKeys;
use crate::provider::message::{NewMessage, Published};
use crate::provider::operate::{Adopted, Expiry};
use crate::provider::subscription::Topic;

/// Greatest number of published messages that are recorded for each topic.
const MAX_PUBLISHED: usize = 10_000;

/// The number of a queue, which never changes.
pub(super) type QueueNumber = usize;

/// A subscription as the broker records it, beside its messages.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) former: Vec<String>,
    pub(super) number: QueueNumber,
    pub(super) ordered: bool,
    pub(super) made_at: SystemTime,
    pub(super) served_at: SystemTime,
    pub(super) has_left: bool,
    pub(super) expiry: Expiry,
    pub(super) is_paused: bool,
    pub(super) is_expired: bool,
}

/// The topics, subscriptions and queues of a broker.
#[derive(Default)]
pub(super) struct State {
    pub(super) topics: BTreeMap<String, Vec<Entry>>,
    pub(super) queues: Vec<Queue>,
    windows: Windows,
    unique: UniqueKeys,
    published: HashMap<String, VecDeque<NewMessage>>,
}

/// The state of a broker behind its lock, with its clock.
pub(super) struct Store {
    pub(super) clock: Arc<OffsetClock>,
    max_messages: usize,
    state: Mutex<State>,
    changed: Notify,
}

impl Store {
    pub(super) fn new(max_messages: usize, clock: Arc<OffsetClock>) -> Self {
        Self { clock, max_messages, state: Mutex::default(), changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Wakes the tasks that wait for a message.
    pub(super) fn changed(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves at the next change, or when the clock is advanced. Must be created before the state is read, so that no
    /// change is missed.
    pub(super) fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    pub(super) fn declare(&self, topics: &[Topic]) -> Vec<Adopted> {
        let now = self.clock.now();
        let mut state = self.lock();
        let mut adopted = Vec::new();
        for topic in topics {
            state.topics.entry(topic.name.clone()).or_default();
            for subscription in &topic.subscriptions {
                adopted.extend(state.declare(topic, subscription, now));
            }
        }
        drop(state);
        self.changed();
        adopted
    }

    /// Runs a closure on the whole state.
    pub(super) fn with_state<T>(&self, work: impl FnOnce(&mut State, SystemTime) -> T) -> T {
        let now = self.clock.now();
        let done = work(&mut self.lock(), now);
        self.changed();
        done
    }

    pub(super) fn publish(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Failure> {
        let now = self.clock.now();
        let mut state = self.lock();
        let held: usize = state.queues.iter().map(Queue::len).sum();
        let mut wanted = 0;
        for message in &messages {
            let subscriptions = state.topics.get(&message.topic);
            let subscriptions =
                subscriptions.ok_or_else(|| Failure::failed_precondition(undeclared(&message.topic)))?;
            wanted += subscriptions.iter().filter(|entry| !entry.is_expired).count();
        }
        if held + wanted > self.max_messages {
            return Err(Failure::resource_exhausted(format!(
                "the memory broker holds {held} of at most {} messages: subscriptions do not keep up, or nobody purges \
                 their dead letters",
                self.max_messages
            )));
        }
        let published = messages.into_iter().map(|message| state.store(message, now)).collect();
        drop(state);
        self.changed();
        Ok(published)
    }

    pub(super) fn queue(&self, topic: &str, subscription: &str) -> Result<QueueNumber, Failure> {
        self.lock().number(topic, subscription)
    }

    /// Runs a closure on one subscription's queue.
    pub(super) fn with<T>(
        &self,
        topic: &str,
        subscription: &str,
        work: impl FnOnce(&mut Queue, SystemTime) -> T,
    ) -> Result<T, Failure> {
        let number = self.queue(topic, subscription)?;
        Ok(self.with_queue(number, work))
    }

    pub(super) fn with_queue<T>(
        &self,
        number: QueueNumber,
        work: impl FnOnce(&mut Queue, SystemTime) -> T,
    ) -> T {
        let now = self.clock.now();
        let mut state = self.lock();
        let queue = &mut state.queues[number];
        queue.tick(now);
        work(queue, now)
    }

    pub(super) fn renew_leases(&self, by: Duration) {
        for queue in &mut self.lock().queues {
            queue.renew_leases(by);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.look().0
    }

    pub(super) async fn idle(&self) {
        loop {
            let changed = self.notified();
            let (idle, next) = self.look();
            if idle {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = self.clock.until(next) => {}
            }
        }
    }

    fn look(&self) -> (bool, Option<SystemTime>) {
        let now = self.clock.now();
        let mut state = self.lock();
        let next = state.queues.iter_mut().filter_map(|queue| queue.tick(now)).min();
        (state.queues.iter().all(Queue::is_idle), next)
    }

    pub(super) fn published(&self, topic: &str) -> Vec<NewMessage> {
        self.lock().published.get(topic).map(|kept| kept.iter().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn clear(&self) {
        let mut state = self.lock();
        state.queues.iter_mut().for_each(Queue::clear);
        state.published.clear();
        state.windows = Windows::default();
        drop(state);
        self.changed();
    }
}

impl State {
    pub(super) fn number(&self, topic: &str, subscription: &str) -> Result<QueueNumber, Failure> {
        let subscriptions =
            self.topics.get(topic).ok_or_else(|| Failure::failed_precondition(undeclared(topic)))?;
        let found = subscriptions.iter().find(|entry| entry.is_called(subscription));
        found.map(|entry| entry.number).ok_or_else(|| crate::error::no_subscription(topic, subscription))
    }

    fn store(&mut self, message: NewMessage, now: SystemTime) -> Published {
        if let Some(id) = self.windows.take(&message, now) {
            return Published::Duplicate(id);
        }
        if let Some(id) = self.unique.owner(&message) {
            return Published::Duplicate(id);
        }
        let kept = self.published.entry(message.topic.clone()).or_default();
        if kept.len() == MAX_PUBLISHED {
            kept.pop_front();
        }
        // A body may be part of a larger text, the calls of one turn, of which it must not keep the rest.
        let message = NewMessage { body: Bytes::copy_from_slice(&message.body), ..message };
        kept.push_back(message.clone());
        let message = Arc::new(message);
        self.unique.take(&message);
        let State { topics, queues, .. } = self;
        for entry in topics.get(&message.topic).into_iter().flatten().filter(|entry| !entry.is_expired) {
            if message.unwanted_by.contains(&entry.name) {
                continue;
            }
            queues[entry.number].push(Arc::clone(&message), now);
        }
        Published::Stored
    }
}

fn undeclared(topic: &str) -> String {
    format!("topic {topic} is not declared: declare it before it is used")
}
