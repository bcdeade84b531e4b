//! All topics of one broker, behind one lock.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use super::clock::Clock;
use super::dedupe::Windows;
use super::queue::Queue;
use crate::broker::Topic;
use crate::error::Error;
use crate::message::{NewMessage, Published};

/// Published messages that are kept per topic, to be looked at.
const MAX_PUBLISHED: usize = 10_000;

/// The number of a queue; it never moves.
pub(super) type QueueNumber = usize;

#[derive(Default)]
struct State {
    topics: HashMap<String, Vec<(String, QueueNumber)>>,
    queues: Vec<Queue>,
    windows: Windows,
    published: HashMap<String, VecDeque<NewMessage>>,
}

pub(super) struct Store {
    pub(super) clock: Arc<Clock>,
    max_messages: usize,
    state: Mutex<State>,
    changed: Notify,
}

impl Store {
    pub(super) fn new(max_messages: usize, clock: Arc<Clock>) -> Self {
        Self { clock, max_messages, state: Mutex::default(), changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever waits for a message looks again.
    pub(super) fn changed(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves at the next change, at `next`, or when time was moved on. Made before the state is looked at.
    pub(super) fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    pub(super) fn declare(&self, topics: &[Topic]) {
        let mut state = self.lock();
        let State { topics: known, queues, .. } = &mut *state;
        for topic in topics {
            let subscriptions = known.entry(topic.name.clone()).or_default();
            for subscription in &topic.subscriptions {
                if subscriptions.iter().all(|(name, _)| *name != subscription.name) {
                    subscriptions.push((subscription.name.clone(), queues.len()));
                    queues.push(Queue::new(subscription.ordered));
                }
            }
        }
    }

    pub(super) fn publish(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Error> {
        let now = self.clock.now();
        let mut state = self.lock();
        let held: usize = state.queues.iter().map(Queue::len).sum();
        let mut wanted = 0;
        for message in &messages {
            let subscriptions = state.topics.get(&message.topic);
            let subscriptions =
                subscriptions.ok_or_else(|| Error::precondition(undeclared(&message.topic)))?;
            wanted += subscriptions.len();
        }
        if held + wanted > self.max_messages {
            return Err(Error::exhausted(format!(
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

    pub(super) fn queue(&self, topic: &str, subscription: &str) -> Result<QueueNumber, Error> {
        self.lock().number(topic, subscription)
    }

    /// Does something with one subscription's queue.
    pub(super) fn with<T>(
        &self,
        topic: &str,
        subscription: &str,
        work: impl FnOnce(&mut Queue, SystemTime) -> T,
    ) -> Result<T, Error> {
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
    fn number(&self, topic: &str, subscription: &str) -> Result<QueueNumber, Error> {
        let subscriptions = self.topics.get(topic).ok_or_else(|| Error::precondition(undeclared(topic)))?;
        let found = subscriptions.iter().find(|(name, _)| name == subscription);
        found.map(|(_, number)| *number).ok_or_else(|| {
            Error::precondition(format!("topic {topic} has no subscription {subscription}: declare it first"))
        })
    }

    fn store(&mut self, message: NewMessage, now: SystemTime) -> Published {
        if let Some(id) = self.windows.take(&message, now) {
            return Published::Duplicate(id);
        }
        let kept = self.published.entry(message.topic.clone()).or_default();
        if kept.len() == MAX_PUBLISHED {
            kept.pop_front();
        }
        kept.push_back(message.clone());
        let message = Arc::new(message);
        for (_, number) in self.topics.get(&message.topic).into_iter().flatten() {
            self.queues[*number].push(Arc::clone(&message), now);
        }
        Published::Stored
    }
}

fn undeclared(topic: &str) -> String {
    format!("topic {topic} is not declared: declare it before it is used")
}
