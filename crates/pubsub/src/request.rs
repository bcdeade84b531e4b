//! The arguments of pubsub's operations, as an isolate sends them.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::engine::filter::Filter;
use crate::provider::history::{History, ReplayFrom};
use crate::provider::limits::{Limits, Rate};
use crate::provider::subscription::MessageState;

/// The arguments of `open`: where the messages are, and the topics and subscriptions that the app declares.
#[derive(Clone, PartialEq, Deserialize)]
pub(crate) struct OpenBroker {
    pub(crate) url: String,
    /// The app's folder, to which relative paths refer.
    pub(crate) root: String,
    /// The name of this process, `host/pid`, which operators see as the holder of a message.
    #[serde(default)]
    pub(crate) process: String,
    /// Milliseconds that replace each subscription's own expiry, where the app's environment or start sets one; a negative
    /// number means never.
    #[serde(default, rename = "subscriptionExpiryMs")]
    pub(crate) subscription_expiry_ms: Option<i64>,
    /// The types of the manifest.
    pub(crate) types: serde_json::Value,
    /// The topics; the place in the list is a topic's number.
    pub(crate) topics: Vec<DeclaredTopic>,
    #[serde(default)]
    pub(crate) databases: Vec<DeclaredDatabase>,
    /// False for an operator's tool, which must not change what the broker has.
    #[serde(default = "declares")]
    pub(crate) declare: bool,
}

fn declares() -> bool {
    true
}

/// A topic as the app declares it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredTopic {
    pub(crate) name: String,
    /// The number of the message type; `None` accepts any JSON.
    #[serde(rename = "type")]
    pub(crate) message: Option<u32>,
    /// Whether messages of one key are delivered one after another.
    pub(crate) ordered: bool,
    /// The attribute with the ordering key.
    pub(crate) ordering_attribute: Option<String>,
    /// Whether publishers may give messages a priority.
    #[serde(default)]
    pub(crate) priorities: bool,
    /// How much of its messages the topic keeps for replays; `None` keeps nothing.
    #[serde(default)]
    pub(crate) history: Option<DeclaredHistory>,
    /// The most bytes of a message as JSON.
    pub(crate) max_message_bytes: usize,
    /// The topic's subscriptions, in the order of their declaration.
    pub(crate) subscriptions: Vec<DeclaredSubscription>,
}

/// A subscription as the app declares it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredSubscription {
    pub(crate) name: String,
    /// The most messages that handlers of one process work on at once.
    pub(crate) max_concurrency: usize,
    /// The most messages that handlers of all processes work on at once.
    #[serde(default)]
    pub(crate) max_in_flight: Option<u32>,
    /// The most deliveries that begin within a time, over all processes.
    #[serde(default)]
    pub(crate) rate: Option<DeclaredRate>,
    /// The length of a delivery's lease.
    pub(crate) ack_deadline_ms: u64,
    /// The age at which a message becomes a dead letter.
    pub(crate) retention_ms: u64,
    /// The time after which an attempt has failed.
    pub(crate) timeout_ms: u64,
    /// The longest pause before the second attempt.
    pub(crate) min_backoff_ms: u64,
    /// The longest pause between two attempts.
    pub(crate) max_backoff_ms: u64,
    /// Retries after the first attempt; a negative number means without limit.
    pub(crate) max_retries: i64,
    /// Milliseconds without a serving process after which copies end; `None` means never.
    #[serde(default)]
    pub(crate) expiry_ms: Option<u64>,
    /// Milliseconds for which dead letters are kept; `None` means for ever.
    #[serde(default)]
    pub(crate) dead_retention_ms: Option<u64>,
    /// The place in the topic's history from which a new subscription gets messages.
    #[serde(default)]
    pub(crate) from: Option<ReplayFrom>,
    #[serde(default)]
    pub(crate) renamed_from: Vec<String>,
    /// The size of batches; `None` for a handler of single messages.
    #[serde(default)]
    pub(crate) batch: Option<DeclaredBatch>,
    /// Milliseconds for which outcomes are kept; `None` keeps none.
    #[serde(default)]
    pub(crate) keep_results_ms: Option<u64>,
    /// Which messages the subscription wants; `None` for all.
    #[serde(default)]
    pub(crate) filter: Option<Filter>,
}

/// How much of its messages a topic keeps.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredHistory {
    max_age_ms: u64,
    max_bytes: Option<u64>,
}

impl DeclaredHistory {
    pub(crate) fn history(self) -> History {
        History { max_age: Duration::from_millis(self.max_age_ms), max_bytes: self.max_bytes }
    }
}

/// When a batch of a subscription is whole.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredBatch {
    /// The most messages.
    pub(crate) max_size: usize,
    /// How long the first message waits for further ones.
    pub(crate) max_wait_ms: u64,
}

/// A rate as the app declares it: so many messages within a time.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredRate {
    messages: u32,
    per_ms: u64,
}

impl DeclaredSubscription {
    pub(crate) fn limits(&self) -> Limits {
        let rate = |rate: DeclaredRate| Rate {
            messages: rate.messages.max(1),
            per: Duration::from_millis(rate.per_ms.max(1)),
        };
        Limits { max_in_flight: self.max_in_flight.map(|most| most.max(1)), rate: self.rate.map(rate) }
    }
}

/// A database of the app whose transactions publishes may join.
#[derive(Clone, PartialEq, Deserialize)]
pub(crate) struct DeclaredDatabase {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// The arguments of `publish`, with the topic by its number: `[broker, topic, options|trace|0, body]`.
#[derive(Deserialize)]
pub(crate) struct Publish<'a> {
    pub(crate) broker: u32,
    pub(crate) topic: usize,
    pub(crate) options: PublishOptions,
    #[serde(borrow)]
    pub(crate) body: &'a RawValue,
}

/// The arguments of `publishBatch`: `[broker, topic, options|trace|0, [body, …]]`.
#[derive(Deserialize)]
pub(crate) struct PublishBatch<'a> {
    pub(crate) broker: u32,
    pub(crate) topic: usize,
    pub(crate) options: PublishOptions,
    #[serde(borrow)]
    pub(crate) bodies: Vec<&'a RawValue>,
}

/// The options of a publish: none, a trace alone, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum PublishOptions {
    None(#[allow(dead_code, reason = "it is 0")] u8),
    /// The publisher's trace and no other option.
    Trace(String),
    Given(Box<GivenOptions>),
}

/// When a message is due; neither means that nobody says so.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewTime {
    /// How long delivery waits.
    delay_ms: Option<f64>,
    /// When delivery is due, in milliseconds since 1970.
    run_at_ms: Option<f64>,
}

impl NewTime {
    /// Returns the time; `None` where none is given.
    pub(crate) fn at(self, now: SystemTime) -> Option<SystemTime> {
        let run_at = self.run_at_ms.map(|at| SystemTime::UNIX_EPOCH + milliseconds(at));
        run_at.or_else(|| self.delay_ms.map(|delay| now + milliseconds(delay)))
    }
}

/// The options of a publish, as the isolate sends them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GivenOptions {
    /// How long delivery waits.
    delay_ms: Option<f64>,
    /// When delivery is due, in milliseconds since 1970.
    run_at_ms: Option<f64>,
    /// The message's priority, checked by the isolate.
    #[serde(default)]
    pub(crate) priority: u8,
    /// The key under which a second publish is the same message.
    pub(crate) dedupe_key: Option<String>,
    /// The key under which there is one message at a time.
    pub(crate) unique_key: Option<String>,
    /// For how long the key is known.
    dedupe_window_ms: Option<f64>,
    /// The transaction that the publish is part of.
    pub(crate) tx: Option<TransactionTurn>,
    /// The publisher's `traceparent`, followed by a space and its `tracestate` if it has one (W3C Trace Context).
    pub(crate) trace: Option<String>,
}

/// Milliseconds for which a dedupe key is taken, unless the publisher sets another window.
const DEDUPE_WINDOW_MS: f64 = 300_000.0;
/// Greatest delay or window, in milliseconds: a hundred years. Longer ones are reduced to it.
const LONGEST_MS: f64 = 3_155_760_000_000.0;

impl PublishOptions {
    pub(crate) fn given(self) -> Option<Box<GivenOptions>> {
        match self {
            Self::None(_) => None,
            Self::Trace(trace) => {
                Some(Box::new(GivenOptions { trace: Some(trace), ..GivenOptions::default() }))
            }
            Self::Given(given) => Some(given),
        }
    }
}

impl GivenOptions {
    pub(crate) fn deliver_at(&self, now: SystemTime) -> Option<SystemTime> {
        NewTime { delay_ms: self.delay_ms, run_at_ms: self.run_at_ms }.at(now)
    }

    pub(crate) fn dedupe_until(&self, now: SystemTime) -> SystemTime {
        now + milliseconds(self.dedupe_window_ms.unwrap_or(DEDUPE_WINDOW_MS))
    }
}

/// Reads milliseconds that an isolate sends; what is negative or longer than a hundred years is reduced.
pub(crate) fn milliseconds(given: f64) -> Duration {
    Duration::from_secs_f64(given.clamp(0.0, LONGEST_MS) / 1000.0)
}

/// The place of a statement in an open transaction of the isolate: `[database, session, turn]`.
#[derive(Deserialize)]
pub(crate) struct TransactionTurn {
    /// The name under which the app declares the database.
    pub(crate) database: String,
    /// The session of the transaction.
    pub(crate) session: u32,
    /// The place of the call among those of the session.
    pub(crate) turn: u32,
}

/// The arguments of an operation on a broker, by the number that `open` returned: `[broker]`.
#[derive(Deserialize)]
pub(crate) struct OneBroker {
    pub(crate) broker: u32,
}

/// The arguments of `drain`, with the time limit for running handlers: `[broker, graceMs]`.
#[derive(Deserialize)]
pub(crate) struct DrainBroker {
    pub(crate) broker: u32,
    grace_ms: u64,
}

impl DrainBroker {
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

/// The arguments of `advance`, on a memory provider: `[broker, ms]`.
#[derive(Deserialize)]
pub(crate) struct Advance {
    pub(crate) broker: u32,
    pub(crate) ms: u64,
}

/// The arguments of an operation on a subscription, by its number: `[broker, subscription]`.
#[derive(Deserialize)]
pub(crate) struct OneSubscription {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
}

/// The arguments of an operation on a topic, by its number: `[broker, topic]`.
#[derive(Deserialize)]
pub(crate) struct OneTopic {
    pub(crate) broker: u32,
    pub(crate) topic: usize,
}

/// The arguments of `deadLetters`: at most `limit` dead letters after the id `after`: `[broker, subscription, limit,
/// after|null]`.
#[derive(Deserialize)]
pub(crate) struct DeadLetters {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
    pub(crate) limit: usize,
    pub(crate) after: Option<String>,
}

/// The arguments of `redrive`: the ids of dead letters, or null for all: `[broker, subscription, ids|null]`.
#[derive(Deserialize)]
pub(crate) struct Redrive {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
    pub(crate) ids: Option<Vec<String>>,
}

/// The arguments of `purge`: `[broker, subscription, "waiting"|"dead"]`.
#[derive(Deserialize)]
pub(crate) struct Purge {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
    pub(crate) part: Purged,
}

/// The part of a subscription that a purge deletes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purged {
    Waiting,
    Dead,
}

impl From<Purged> for MessageState {
    fn from(purged: Purged) -> Self {
        match purged {
            Purged::Waiting => Self::Waiting,
            Purged::Dead => Self::Dead,
        }
    }
}

/// The arguments of `awaitResult`: what is known of a message after the version `since`, waited for at most `waitMs`: `[broker,
/// subscription, messageId, since, waitMs]`.
#[derive(Deserialize)]
pub(crate) struct AwaitResult {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
    pub(crate) message: String,
    pub(crate) since: u64,
    wait_ms: u64,
}

impl AwaitResult {
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms)
    }
}

/// The arguments of `tellProgress`, with any JSON: `[broker, subscription, messageId, value]`.
#[derive(Deserialize)]
pub(crate) struct TellProgress<'a> {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
    pub(crate) message: String,
    #[serde(borrow)]
    pub(crate) value: &'a RawValue,
}

/// The arguments of `inbox`, for a message that a transaction handles: `[broker, subscription, messageId, database, session,
/// turn]`.
#[derive(Deserialize)]
pub(crate) struct Inbox {
    pub(crate) broker: u32,
    pub(crate) subscription: usize,
    pub(crate) message: String,
    /// The name under which the app declares the database.
    pub(crate) database: String,
    pub(crate) session: u32,
    pub(crate) turn: u32,
}
