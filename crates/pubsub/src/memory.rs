//! The provider for tests: everything is in this process, bounded, and its time can be moved on by hand.
//!
//! It keeps the promises of the others but one: it survives nothing. Its clock is the real one, ahead by as much as it was
//! advanced, so that an hour's delay is tested in no time and without a timer that is faked.

mod clock;
mod consumer;
mod dedupe;
mod queue;
mod store;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::broker::{Broker, BrokerFuture, Consumer, Part, Subscription, Topic};
use crate::message::{DeadLetter, Depth, NewMessage, Published};

pub use clock::Clock;
use consumer::MemoryConsumer;
use store::Store;

/// Messages that one broker may hold, dead letters included.
pub const MAX_MESSAGES: usize = 100_000;

/// A broker in memory.
pub struct Memory {
    store: Arc<Store>,
}

impl Memory {
    /// An empty broker for at most `max_messages`, with a clock of its own.
    pub fn new(max_messages: usize) -> Self {
        Self::with_clock(max_messages, Arc::default())
    }

    /// An empty broker that lives by `clock`.
    pub fn with_clock(max_messages: usize, clock: Arc<Clock>) -> Self {
        Self { store: Arc::new(Store::new(max_messages, clock)) }
    }

    /// Its time.
    pub fn now(&self) -> SystemTime {
        self.store.clock.now()
    }

    /// Moves time on: what is due by then is delivered. Handlers that are running do not lose their leases by it.
    pub fn advance(&self, by: Duration) {
        self.store.renew_leases(by);
        self.store.clock.advance(by);
    }

    /// Waits until nothing is ready and nothing is out; what waits for its time does not count.
    pub async fn idle(&self) {
        self.store.idle().await;
    }

    /// What was published to `topic`, the oldest first; of very many, the last ones.
    pub fn published(&self, topic: &str) -> Vec<NewMessage> {
        self.store.published(topic)
    }

    /// Forgets everything that was published and delivered; topics and subscriptions stay.
    pub fn clear(&self) {
        self.store.clear();
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(MAX_MESSAGES)
    }
}

impl Broker for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn place(&self) -> String {
        "memory:".into()
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, ()> {
        self.store.declare(topics);
        Box::pin(async { Ok(()) })
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        let published = self.store.publish(messages);
        Box::pin(async { published })
    }

    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        Box::pin(async {
            let queue = self.store.queue(&subscription.topic, &subscription.name)?;
            let consumer = MemoryConsumer::new(Arc::clone(&self.store), queue, subscription.ack_deadline);
            Ok(Arc::new(consumer) as Arc<dyn Consumer>)
        })
    }

    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth> {
        Box::pin(async { self.store.with(topic, subscription, |queue, now| queue.depth(now)) })
    }

    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        Box::pin(
            async move { self.store.with(topic, subscription, |queue, _| queue.dead_letters(limit, after)) },
        )
    }

    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let redriven = self.store.with(topic, subscription, |queue, _| queue.redrive(ids));
            self.store.changed();
            redriven
        })
    }

    fn purge<'a>(&'a self, topic: &'a str, subscription: &'a str, part: Part) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let purged = self.store.with(topic, subscription, |queue, _| queue.purge(part));
            self.store.changed();
            purged
        })
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
