//! The provider's operations for operators and for the fleet: which process serves which subscription, which are paused, and
//! which no process needs any more.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::Subscription;

/// The time after which a subscription that no process serves gets no more copies of published messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// The maker of the subscription recorded no expiry.
    #[default]
    Unknown,
    /// The subscription gets copies for ever.
    Never,
    /// Copies end after this time without a serving process.
    After(Duration),
}

impl Expiry {
    /// Returns the expiry that a catalogue records as so many milliseconds; a negative number means never.
    pub(crate) fn of_ms(ms: i64) -> Self {
        u64::try_from(ms).map_or(Self::Never, |ms| Self::After(Duration::from_millis(ms)))
    }

    /// Returns what a catalogue records for a subscription's expiry: milliseconds, -1 for never.
    pub(crate) fn ms(expiry: Option<Duration>) -> i64 {
        expiry.map_or(-1, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A process that has not recorded for this long that it serves a subscription counts as gone.
pub(crate) const SERVED_WITHIN: Duration = Duration::from_secs(120);

/// A subscription that the broker has, whichever app declared it.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The subscription's topic.
    pub topic: String,
    /// The subscription's name.
    pub name: String,
    /// Former names: an app that still declares one of them means this subscription.
    pub former: Vec<String>,
    /// Whether messages of one key are delivered in order.
    pub ordered: bool,
    /// The time since a process last recorded that it serves the subscription.
    pub served_ago: Duration,
    /// Whether a process serves the subscription now, as far as the broker knows.
    pub is_served: bool,
    /// The time after which copies end.
    pub expiry: Expiry,
    /// Whether an operator has paused the subscription in all processes.
    pub is_paused: bool,
    /// Whether the subscription gets no more copies of published messages.
    pub is_expired: bool,
}

impl Known {
    /// Returns whether `name` is the present or a former name of this subscription.
    pub fn is_called(&self, topic: &str, name: &str) -> bool {
        self.topic == topic && (self.name == name || self.former.iter().any(|former| former == name))
    }
}

/// A subscription that was taken over from a former name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The subscription's topic.
    pub topic: String,
    /// The former name.
    pub from: String,
    /// The present name.
    pub to: String,
    /// Messages that were taken over, dead letters included.
    pub messages: u64,
}

/// The state of a message that is not handled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// The message could be delivered now, or waits behind another one of its key.
    Ready,
    /// The message waits until it is due.
    Delayed,
    /// A handler has the message.
    InFlight,
}

impl Stand {
    /// Returns the name under which the state is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Delayed => "delayed",
            Self::InFlight => "in_flight",
        }
    }
}

/// A message that is not handled yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The message's id.
    pub id: String,
    /// The body as it was published.
    pub body: Bytes,
    /// The message's ordering key.
    pub key: Option<String>,
    /// The message's priority; 0 where its provider has none.
    pub priority: u8,
    /// The message's unique key.
    pub unique: Option<String>,
    /// The time of publication.
    pub published_at: SystemTime,
    /// Deliveries to a handler so far, including the one in flight.
    pub attempts: u32,
    /// The message's state.
    pub stand: Stand,
    /// The time at which a delayed message is due.
    pub due_at: Option<SystemTime>,
    /// The process that has the message, where the broker knows it.
    pub holder: Option<String>,
    /// The time since which that process has the message.
    pub held_since: Option<SystemTime>,
}

/// The outcome of an operation on messages that were given by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many messages were found and changed.
    pub count: u64,
    /// Ids of which no message was found.
    pub missing: Vec<String>,
}

impl Done {
    /// Returns the outcome for `ids`, of which `found` were found.
    pub fn of(ids: &[String], found: &[String]) -> Self {
        let is_missing = |id: &&String| !found.contains(id);
        Self { count: found.len() as u64, missing: ids.iter().filter(is_missing).cloned().collect() }
    }
}

/// The operator's side of a provider. A subscription is given by its topic and name; `not_found` is the error for one that
/// the broker does not have.
pub trait Operate: Send + Sync {
    /// Lists all subscriptions, sorted by topic and name.
    fn known(&self) -> BrokerFuture<'_, Vec<Known>>;

    /// Returns whether the broker has the subscription, even if `known` does not list it.
    fn has<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, bool> {
        Box::pin(async move { Ok(self.known().await?.iter().any(|each| each.is_called(topic, name))) })
    }

    /// Records that this process serves the subscriptions now. An expired one gets copies again.
    fn serve<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()>;

    /// Records that this process serves the subscriptions no longer.
    fn leave<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()>;

    /// Records whether processes are to pull messages of the subscription.
    fn pause<'a>(&'a self, topic: &'a str, name: &'a str, is_paused: bool) -> BrokerFuture<'a, ()>;

    /// Ends the copies to a subscription that was not served for `unserved`. Returns true to the one caller that ended them.
    fn expire<'a>(&'a self, topic: &'a str, name: &'a str, unserved: Duration) -> BrokerFuture<'a, bool>;

    /// Lists at most `limit` messages that are not handled yet, in the order of their arrival.
    fn peek<'a>(&'a self, topic: &'a str, name: &'a str, limit: usize) -> BrokerFuture<'a, Vec<Waiting>>;

    /// Deletes waiting messages and dead letters; messages in flight stay.
    fn delete<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done>;

    /// Makes delayed messages due now.
    fn promote<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done>;

    /// Moves all waiting messages and the dead letters to another subscription of the topic, with ids and attempts. Messages
    /// in flight stay. An interrupted move has moved some messages and lost none. Returns how many were moved.
    fn move_all<'a>(&'a self, topic: &'a str, from: &'a str, to: &'a str) -> BrokerFuture<'a, u64>;

    /// Deletes a subscription with all its messages. Returns how many those were.
    fn remove<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, u64>;

    /// Deletes dead letters that were buried before a time. Returns how many; 0 with a broker that expires them by itself.
    fn forget_dead<'a>(&'a self, topic: &'a str, name: &'a str, before: SystemTime) -> BrokerFuture<'a, u64>;
}
