//! The memory provider, for tests: bounded, in this process, with a clock that can be advanced.
//!
//! The memory provider keeps the promises of the others except durability. The provider's clock is the system's plus the time by which
//! it was advanced, so that a delay of an hour is tested at once and without fake timers.

mod clock;
mod consumer;
mod dedupe;
mod operate;
mod queue;
mod recall;
mod results;
mod store;
mod transfer;
mod unique;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::provider::broker::{Broker, Consumer};
use crate::provider::message::{DeadLetter, Depth, NewMessage, Published};
use crate::provider::offer::Offer;
use crate::provider::operate::{Adopted, Done};
use crate::provider::pending::BrokerFuture;
use crate::provider::recall::{Recall, Recalled};
use crate::provider::results::Results;
use crate::provider::subscription::{MessageState, Subscription, Topic};

pub use clock::OffsetClock;
use consumer::MemoryConsumer;
use results::KeptResults;
use store::Store;

/// Greatest number of messages that one broker holds, dead letters included.
pub const MAX_MESSAGES: usize = 100_000;

/// A broker in the memory of this process.
///
/// ```
/// use std::time::SystemTime;
/// use twinloop_pubsub::memory::{MAX_MESSAGES, Memory};
/// use twinloop_pubsub::{Broker, NewMessage, Subscription, Topic};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), twinloop_runtime::Failure> {
/// let broker = Memory::new(MAX_MESSAGES);
/// let subscription = Subscription::new("signups", "welcome");
/// let topic = Topic { name: "signups".to_owned(), ordered: false, history: None, subscriptions: vec![subscription.clone()] };
/// broker.declare(&[topic]).await?;
/// let message = NewMessage {
///     id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
///     topic: "signups".to_owned(),
///     body: r#"{"email":"ada@example.com"}"#.into(),
///     key: None,
///     published_at: SystemTime::now(),
///     deliver_at: None,
///     priority: 0,
///     dedupe: None,
///     unique: None,
///     trace: None,
///     unwanted_by: Vec::new(),
/// };
/// broker.publish(vec![message]).await?;
/// let consumer = broker.consume(&subscription).await?;
/// let deliveries = consumer.next(10).await?;
/// assert_eq!(deliveries[0].attempt, 1);
/// consumer.acknowledge(&deliveries[0]).await?;
/// # Ok(())
/// # }
/// ```
pub struct Memory {
    store: Arc<Store>,
    results: KeptResults,
}

impl Memory {
    /// Creates an empty broker for at most `max_messages`, with a clock of its own.
    pub fn new(max_messages: usize) -> Self {
        Self::with_clock(max_messages, Arc::default())
    }

    /// Creates an empty broker for at most `max_messages` that reads `clock`.
    pub fn with_clock(max_messages: usize, clock: Arc<OffsetClock>) -> Self {
        let results = KeptResults::new(Arc::clone(&clock));
        Self { store: Arc::new(Store::new(max_messages, clock)), results }
    }

    /// Returns the broker's time.
    pub fn now(&self) -> SystemTime {
        self.store.clock.now()
    }

    /// Advances the broker's clock; messages that are then due are delivered. Leases of running handlers are not affected.
    pub fn advance(&self, by: Duration) {
        self.store.renew_leases(by);
        self.store.clock.advance(by);
    }

    /// Waits until no message is ready or in flight; delayed messages are not waited for.
    pub async fn idle(&self) {
        self.store.idle().await;
    }

    /// Returns whether no message is ready or in flight.
    pub fn is_idle(&self) -> bool {
        self.store.is_idle()
    }

    /// Returns what was published to `topic`, the oldest first, of very many messages only the last ones.
    pub fn published(&self, topic: &str) -> Vec<NewMessage> {
        self.store.published(topic)
    }

    /// Deletes all messages and the record of what was published; topics and subscriptions stay.
    pub fn clear(&self) {
        self.store.clear();
        self.results.clear();
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

    fn offer(&self) -> Offer {
        Offer::OF_ONE_PROCESS
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
        let adopted = self.store.declare(topics);
        Box::pin(async { Ok(adopted) })
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        let published = self.store.publish(messages);
        Box::pin(async { published })
    }

    fn results(&self) -> Option<&dyn Results> {
        Some(&self.results)
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
    ) -> BrokerFuture<'a, Done> {
        Box::pin(async move {
            let redriven = self.store.with(topic, subscription, |queue, _| queue.redrive(ids));
            self.store.changed();
            redriven
        })
    }

    fn purge<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        part: MessageState,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let purged = self.store.with(topic, subscription, |queue, _| queue.purge(part));
            self.store.changed();
            purged
        })
    }

    fn recall<'a>(&'a self, topic: &'a str, id: &'a str, what: Recall) -> BrokerFuture<'a, Vec<Recalled>> {
        Box::pin(async move { self.store.with_state(|state, now| state.recall(topic, id, what, now)) })
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
