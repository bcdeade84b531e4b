//! The traits of a provider: it stores messages and hands them out. Everything else is the same over all providers.
//!
//! **The provider's promises.** A publish that resolved is stored for each declared subscription of its topic. A delivery is
//! leased: unless it is acknowledged, retried, buried or released in time, it is delivered again, here or in another
//! process, with its attempt counted. An ordered subscription has at most one delivery of a key in flight, delivers the
//! messages of a key in the order of their publishing, and keeps a retried message in front of its key; other keys go on. A
//! delayed message takes its place in its key when it is due.
//!
//! **The engine's part**, which no provider does: the check against the topic's type, ids, the bound on deliveries in
//! flight, time limits, backoff, the decision between retry and burial, retention, pause and drain.
//!
//! **A provider of one's own** is a type that implements [`Broker`], its supertrait [`Operate`] and [`Consumer`], in a folder beside the
//! others, and a scheme of `PUBSUB_URL` in `provider/choose.rs`, which is the only place that knows all providers. What the store cannot do
//! is said by the methods that have a default: [`offer`](Broker::offer), [`keeps_dedupe_keys`](Broker::keeps_dedupe_keys),
//! [`shares_database`](Broker::shares_database) and [`results`](Broker::results). The suite in `tests/provider` holds every promise
//! above: a test program of ten lines runs
//! it over a new provider (`tests/provider_memory.rs`), with a `Harness` that opens the provider anew, as after a crash. Nothing else is
//! needed: checks, traces, metrics, the outbox and the operators' tool work over the trait.
//!
//! **Rules for an implementation.** Errors are `unavailable` where a later try may succeed, `resource_exhausted` where nothing was stored
//! for lack of room, `failed_precondition` where somebody has to change something; they name the place without its password and the next
//! step. A provider reconnects by itself. The bodies that `publish` takes are parts of a larger text: what keeps one in memory copies it.

use std::sync::Arc;
use std::time::Duration;

use twinloop_runtime::{Failure, SqlStatements};

use crate::provider::history::ReplayRange;
use crate::provider::message::{Burial, DeadLetter, Delivery, Depth, Lease, NewMessage, Published};
use crate::provider::offer::Offer;
use crate::provider::operate::{Adopted, Done, Operate};
use crate::provider::pending::BrokerFuture;
use crate::provider::recall::{Recall, Recalled};
use crate::provider::results::Results;
use crate::provider::subscription::{MessageState, Subscription, Topic};

/// A provider: stores messages for subscriptions and hands them out.
pub trait Broker: Operate {
    /// Returns `memory`, `embedded`, `postgres`, `rabbitmq` or `nats`, as logs and the table of dependencies show it.
    fn name(&self) -> &'static str;

    /// Returns the provider's address without user and password.
    fn place(&self) -> String;

    /// Creates topics and subscriptions, connecting if need be. Idempotent; topics of other apps stay. A subscription takes
    /// over what the broker has under a former name, once: processes that still declare the former name go on and share it.
    /// Returns the subscriptions that were taken over.
    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>>;

    /// Stores messages in their order and resolves when they are safe, with one answer for each. After an error some of them
    /// may not be stored. Calls of one turn arrive together, so that a provider can gather them into one write.
    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>>;

    /// Returns what the provider offers beyond what every provider does; nothing unless it says so.
    fn offer(&self) -> Offer {
        Offer::default()
    }

    /// Returns whether the provider keeps dedupe keys; a database of the app keeps them otherwise.
    fn keeps_dedupe_keys(&self) -> bool {
        true
    }

    /// Returns whether a row in the database at `url` is a message of this provider, so that `publish_in` can be used there.
    fn shares_database(&self, _url: &str) -> bool {
        false
    }

    /// Stores messages in an open transaction of a database for which `shares_database` is true.
    fn publish_in<'a>(
        &'a self,
        _transaction: &'a dyn SqlStatements,
        _messages: Vec<NewMessage>,
    ) -> BrokerFuture<'a, Vec<Published>> {
        Box::pin(async { Err(Failure::internal("this provider keeps no messages in PostgreSQL")) })
    }

    /// Returns the part of the provider that keeps results of handled messages; `None` where it keeps none.
    fn results(&self) -> Option<&dyn Results> {
        None
    }

    /// Starts to receive messages. Dropping the consumer releases its deliveries, as far as that is possible without
    /// waiting.
    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>>;

    /// Counts the messages of a subscription by their state.
    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth>;

    /// Lists at most `limit` dead letters, the oldest first, after the id `after`.
    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>>;

    /// Puts dead letters back into their subscription with no attempts: the ones with these ids, or all.
    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, Done>;

    /// Deletes messages of a subscription. Returns how many.
    fn purge<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        part: MessageState,
    ) -> BrokerFuture<'a, u64>;

    /// Cancels or reschedules the message of this id in all subscriptions of the topic where no handler has it. Returns where it
    /// was, one answer for each subscription. `not_found` is the error for a topic that the broker does not have.
    fn recall<'a>(&'a self, _topic: &'a str, _id: &'a str, _what: Recall) -> BrokerFuture<'a, Vec<Recalled>> {
        Box::pin(async {
            Err(Failure::failed_precondition(format!(
                "{} cannot find a message by its id: set PUBSUB_URL to postgres: or another database, or keep what may be \
                 cancelled in a table and publish it by a cron job when it is due",
                self.name()
            )))
        })
    }

    /// Copies messages of the topic's history into a subscription, behind what waits there, and resolves with how many those were.
    /// What is published meanwhile is not among them.
    fn replay<'a>(&'a self, _topic: &'a str, _name: &'a str, _range: ReplayRange) -> BrokerFuture<'a, u64> {
        Box::pin(async { Err(Failure::failed_precondition(no_history(self.name()))) })
    }

    /// Finishes the writes under way and closes the connection or file.
    fn close(&self) -> BrokerFuture<'_, ()>;
}

/// A consumer: receives and settles the deliveries of one subscription in this process.
pub trait Consumer: Send + Sync {
    /// Waits for deliveries: at least one and at most `room`. Dropping the future loses none. An error is temporary: the
    /// engine logs it once, waits and calls again; a provider reconnects by itself.
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>>;

    /// Says that a future of `next` was dropped and that no other follows for a while. A provider that goes on receiving for a dropped
    /// future releases what it has received so, or gets from then on: other processes would else wait until the leases end. One that
    /// gives everything back by itself has nothing to do.
    fn rest(&self) {}

    /// Acknowledges a delivery that was handled. Resolves when that is stored; acknowledgements of one turn arrive together.
    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()>;

    /// Delivers the message again after `delay`, as the next attempt.
    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()>;

    /// Moves the message to the dead letters, with the attempts of the delivery.
    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()>;

    /// Releases a delivery that was not begun: the message is delivered again at once, and its attempt is not counted.
    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()>;

    /// Extends leases by the subscription's deadline from now. Returns the leases that another process has taken.
    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>>;
}

/// Says that a provider keeps no history, and what to do.
pub(crate) fn no_history(provider: &str) -> String {
    format!(
        "{provider} keeps no history of a topic: set PUBSUB_URL to amqp://…, or declare the subscription before its messages are \
         published"
    )
}
