//! What a provider does: stores messages and hands them out. Everything else is the same over all of them.
//!
//! **The provider's promises.** A publish that resolved is stored for each declared subscription of its topic. A delivery is
//! leased: unless it is acknowledged, retried, buried or released in time, it is delivered again, here or in another process,
//! with its attempt counted. Of an ordered subscription no two deliveries of one key are out at once, they come in the order of
//! their publishing, and one that is retried stays in front of its key; other keys go on. A delayed message takes its place in
//! its key when its time comes.
//!
//! **The engine's part** (not the provider's): the check against the topic's type, ids, how many deliveries may be out, time
//! limits, backoff, the decision between retry and burial, retention, pause and drain.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use twinloop_runtime::SqlStatements;

use crate::error::Error;
use crate::message::{Burial, DeadLetter, Delivery, Depth, Lease, NewMessage, Published};

/// A provider's pending answer.
pub type BrokerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A topic with its subscriptions, as the app declares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Messages of one key are delivered in order.
    pub ordered: bool,
    /// Who gets each message.
    pub subscriptions: Vec<Subscription>,
}

/// A subscription, as far as the provider needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its topic.
    pub topic: String,
    /// Its name, unique within the topic.
    pub name: String,
    /// Messages of one key are delivered in order.
    pub ordered: bool,
    /// Deliveries this process may have out at once.
    pub max_concurrency: usize,
    /// After how long without a sign of life a delivery is another's.
    pub ack_deadline: Duration,
}

/// Which of a subscription's messages are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Those that wait, now or for their time; not what is out.
    Waiting,
    /// The dead letters.
    Dead,
}

/// A provider.
pub trait Broker: Send + Sync {
    /// `memory`, `embedded`, `postgres` or `rabbitmq`, for logs and the table of what runs where.
    fn name(&self) -> &'static str;

    /// Where it is, without user and password.
    fn place(&self) -> String;

    /// Makes topics and subscriptions known, connecting if need be. Idempotent; what other apps declared stays.
    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, ()>;

    /// Stores messages, in their order, and resolves when they are safe. One answer each; an error says that some of them may
    /// not be stored. Calls of one turn arrive together: a provider gathers them into one write.
    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>>;

    /// Whether it keeps dedupe keys; where it does not, a database of the app keeps them.
    fn keeps_dedupe_keys(&self) -> bool {
        true
    }

    /// Whether a row in the database at `url` is a message of this provider: then `publish_in` can be used there.
    fn shares_database(&self, _url: &str) -> bool {
        false
    }

    /// Stores messages in an open transaction of the database that `shares_database` has agreed to.
    fn publish_in<'a>(
        &'a self,
        _transaction: &'a dyn SqlStatements,
        _messages: Vec<NewMessage>,
    ) -> BrokerFuture<'a, Vec<Published>> {
        Box::pin(async { Err(Error::internal("this provider keeps no messages in PostgreSQL")) })
    }

    /// Begins to receive. Dropping the consumer gives back what it has out, as far as that can be done without waiting.
    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>>;

    /// What waits.
    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth>;

    /// At most `limit` dead letters, the oldest first, after the id `after`.
    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>>;

    /// Puts dead letters back into the subscription, with their attempts forgotten: those of `ids`, or all. Returns how many.
    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, u64>;

    /// Deletes messages of a subscription. Returns how many.
    fn purge<'a>(&'a self, topic: &'a str, subscription: &'a str, part: Part) -> BrokerFuture<'a, u64>;

    /// Finishes what is being written and closes.
    fn close(&self) -> BrokerFuture<'_, ()>;
}

/// One subscription's supply in this process.
pub trait Consumer: Send + Sync {
    /// Waits for deliveries: at least one and at most `room`. Dropping the future loses none. An error is temporary: the engine
    /// logs it once, waits and asks again; a provider re-establishes what it needs by itself.
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>>;

    /// The handler is done with it. Resolves when that is stored; acknowledgements of one turn arrive together.
    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()>;

    /// To be delivered again after `delay`, with the next attempt.
    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()>;

    /// To the dead letters.
    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()>;

    /// Was not begun: to be delivered again at once, without its attempt counted.
    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()>;

    /// Still being worked on: their leases begin anew. Returns those that were lost to another in the meantime.
    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>>;
}
