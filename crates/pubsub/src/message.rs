//! What is published and what is delivered.

use std::time::SystemTime;

use bytes::Bytes;

/// A message on its way into a topic.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id: a UUID of version 7, the same on every redelivery and for every subscription.
    pub id: String,
    /// The topic's name.
    pub topic: String,
    /// JSON that fits the topic's type.
    pub body: Bytes,
    /// The value of the topic's ordering attribute; messages of one key are delivered in order.
    pub key: Option<String>,
    /// When it was published.
    pub published_at: SystemTime,
    /// Not delivered before; `None` is at once.
    pub deliver_at: Option<SystemTime>,
    /// A second message of this topic and key is not published while the first one's window is open.
    pub dedupe: Option<Dedupe>,
    /// W3C `traceparent` of whoever published it.
    pub trace: Option<String>,
}

/// What makes two messages the same.
#[derive(Clone, Debug)]
pub struct Dedupe {
    /// Given by the publisher.
    pub key: String,
    /// When the key may be used again.
    pub until: SystemTime,
}

/// What became of one published message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is stored for each subscription, and survives a crash where the provider is durable.
    Stored,
    /// Its dedupe key is taken by the message with this id.
    Duplicate(String),
}

/// A message on its way to a handler. Whoever has it must acknowledge, retry, bury or release it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The message's id.
    pub id: String,
    /// 1 for the first delivery to a handler, counted by us and not by the broker.
    pub attempt: u32,
    /// As it was published.
    pub body: Bytes,
    /// Its ordering key.
    pub key: Option<String>,
    /// When it was published.
    pub published_at: SystemTime,
    /// W3C `traceparent` of its publisher.
    pub trace: Option<String>,
    /// The provider's own name for this delivery.
    pub lease: Lease,
}

/// Names one delivery to the provider that made it: a late answer to an earlier delivery of the same message finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease(pub u64);

/// Why a message is among the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadReason {
    /// The handler has failed `1 + maxRetries` times.
    RetriesExhausted,
    /// The handler threw `Unrecoverable`.
    Unrecoverable,
    /// It does not fit the type of its topic.
    Misfit,
    /// It is older than the subscription's `messageRetention`.
    Expired,
}

impl DeadReason {
    /// The name under which it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::RetriesExhausted => "retries_exhausted",
            Self::Unrecoverable => "unrecoverable",
            Self::Misfit => "misfit",
            Self::Expired => "expired",
        }
    }

    /// The reason by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::RetriesExhausted, Self::Unrecoverable, Self::Misfit, Self::Expired]
            .into_iter()
            .find(|reason| reason.name() == name)
    }
}

/// How a handler, or the check before it, has failed.
#[derive(Clone, Debug)]
pub struct Burial {
    /// Why it is given up.
    pub reason: DeadReason,
    /// The last error's code and message, for people.
    pub error: String,
    /// Its stack, where there was one.
    pub stack: Option<String>,
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The message's id.
    pub id: String,
    /// As it was published.
    pub body: Bytes,
    /// Its ordering key.
    pub key: Option<String>,
    /// Deliveries to a handler.
    pub attempts: u32,
    /// When it was published.
    pub published_at: SystemTime,
    /// When it was given up.
    pub buried_at: SystemTime,
    /// Why.
    pub burial: Burial,
}

/// What waits in a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Could be delivered now, or waits behind another of its key.
    pub ready: u64,
    /// Waits for its time: published with a delay, or to be retried.
    pub delayed: u64,
    /// With handlers of any process.
    pub in_flight: u64,
    /// Given up.
    pub dead: u64,
    /// Age of the oldest that is ready, in milliseconds.
    pub oldest_ms: u64,
}
