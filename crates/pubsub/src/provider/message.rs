//! Messages as they are published, delivered and buried.

use std::time::SystemTime;

use bytes::Bytes;

/// A message to be published to a topic.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The message's id: a UUID of version 7 (RFC 9562), the same on every redelivery and for every subscription.
    pub id: String,
    /// The topic's name.
    pub topic: String,
    /// JSON that fits the topic's type.
    pub body: Bytes,
    /// The value of the topic's ordering attribute; messages of one key are delivered in order.
    pub key: Option<String>,
    /// The time of publication.
    pub published_at: SystemTime,
    /// The time before which the message is not delivered; `None` means at once.
    pub deliver_at: Option<SystemTime>,
    /// The priority, from 0 to [`MAX_PRIORITY`](crate::MAX_PRIORITY): of the ready messages the greater one is delivered first.
    pub priority: u8,
    /// The dedupe key: a second message of this topic and key is not stored while the key's window is open.
    pub dedupe: Option<Dedupe>,
    /// The unique key: a second message of this topic and key is not stored while this one waits or runs in any subscription.
    /// Never together with a dedupe key.
    pub unique: Option<String>,
    /// The publisher's `traceparent`, followed by a space and its `tracestate` if it has one (W3C Trace Context).
    pub trace: Option<String>,
    /// The subscriptions of the topic whose filters refuse the message, by their names: they get no copy. A provider that cannot leave
    /// copies out ignores it, since the engine asks the filter again at each delivery.
    pub unwanted_by: Vec<String>,
}

/// A dedupe key with the end of its window.
#[derive(Clone, Debug)]
pub struct Dedupe {
    /// The key, as the publisher gives it.
    pub key: String,
    /// The time from which the key may be used again.
    pub until: SystemTime,
}

/// The outcome of publishing one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// The message is stored for each subscription, and survives a crash if the provider is durable.
    Stored,
    /// The dedupe key or unique key is taken by the message with this id; nothing was stored.
    Duplicate(String),
}

/// A message on its way to a handler. The receiver must acknowledge, retry, bury or release it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The message's id.
    pub id: String,
    /// The attempt: 1 for the first delivery to a handler, counted by Twinloop and not by the broker.
    pub attempt: u32,
    /// The body as it was published.
    pub body: Bytes,
    /// The message's ordering key.
    pub key: Option<String>,
    /// The time of publication.
    pub published_at: SystemTime,
    /// The time at which the message was copied from its topic's history, from which its retention counts; `None` for any other.
    pub replayed_at: Option<SystemTime>,
    /// The publisher's `traceparent`, followed by a space and its `tracestate` if it has one (W3C Trace Context).
    pub trace: Option<String>,
    /// The provider's name for this delivery.
    pub lease: Lease,
}

/// The name of one delivery, given by its provider. A late settlement of an earlier delivery of the same message finds
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease(pub u64);

/// The reason for which a message was buried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadReason {
    /// The handler has failed `1 + maxRetries` times.
    RetriesExhausted,
    /// The handler threw `Unrecoverable`.
    Unrecoverable,
    /// The message does not fit the type of its topic.
    Misfit,
    /// The message is older than the subscription's `messageRetention`.
    Expired,
}

impl DeadReason {
    /// Returns the name under which the reason is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::RetriesExhausted => "retries_exhausted",
            Self::Unrecoverable => "unrecoverable",
            Self::Misfit => "misfit",
            Self::Expired => "expired",
        }
    }

    /// Returns the reason with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::RetriesExhausted, Self::Unrecoverable, Self::Misfit, Self::Expired]
            .into_iter()
            .find(|reason| reason.name() == name)
    }
}

/// The failure that ends the attempts of a message.
#[derive(Clone, Debug)]
pub struct Burial {
    /// The reason for the burial.
    pub reason: DeadReason,
    /// The last error's code and message, for people.
    pub error: String,
    /// The last error's stack, if it has one.
    pub stack: Option<String>,
}

/// A message that is not tried any more.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The message's id.
    pub id: String,
    /// The body as it was published.
    pub body: Bytes,
    /// The message's ordering key.
    pub key: Option<String>,
    /// Deliveries to a handler.
    pub attempts: u32,
    /// The time of publication.
    pub published_at: SystemTime,
    /// The time of the burial.
    pub buried_at: SystemTime,
    /// The reason and the last error.
    pub burial: Burial,
}

/// The messages of a subscription, counted by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that could be delivered now, or wait behind another one of their key.
    pub ready: u64,
    /// Messages that wait until they are due: published with a delay, or to be retried.
    pub delayed: u64,
    /// Messages with handlers of any process.
    pub in_flight: u64,
    /// Dead letters.
    pub dead: u64,
    /// Age of the oldest ready message, in milliseconds.
    pub oldest_ms: u64,
}
