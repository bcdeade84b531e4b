//! The context of a delivery: values that stay in Rust until the handler asks for them.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use serde_json::json;
use twinloop_mailbox::Context;

use crate::engine::deliver::subscriber::Subscriber;
use crate::engine::publish::trace;
use crate::provider::message::Delivery;

/// The context of one delivery.
pub(crate) struct DeliveryContext {
    subscriber: Arc<Subscriber>,
    id: String,
    attempt: u32,
    key: Option<String>,
    published_at: SystemTime,
    trace: Option<String>,
    trace_id: OnceLock<String>,
}

impl DeliveryContext {
    pub(crate) fn of(subscriber: &Arc<Subscriber>, delivery: &Delivery) -> Self {
        Self {
            subscriber: Arc::clone(subscriber),
            id: delivery.id.clone(),
            attempt: delivery.attempt,
            key: delivery.key.clone(),
            published_at: delivery.published_at,
            trace: delivery.trace.clone(),
            trace_id: OnceLock::new(),
        }
    }

    /// Returns the id of the publisher's trace, or else the one that the message's own id makes.
    fn trace_id(&self) -> &str {
        let given = || self.trace.as_deref().and_then(trace::id_of).map(str::to_owned);
        self.trace_id.get_or_init(|| given().unwrap_or_else(|| trace::id_of_message(&self.id)))
    }
}

impl Context for DeliveryContext {
    /// Returns `message-id`, `attempt`, `published-at` (milliseconds since 1970), `key`, `request-id` (the trace's id),
    /// `traceparent` or `tracestate`.
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "message-id" => Some(self.id.clone()),
            "attempt" => Some(self.attempt.to_string()),
            "published-at" => Some(milliseconds(self.published_at).to_string()),
            "key" => self.key.clone(),
            "request-id" => Some(self.trace_id().to_owned()),
            "traceparent" => self.trace.as_deref().map(|trace| trace::split(trace).0.to_owned()),
            "tracestate" => self.trace.as_deref().and_then(|trace| trace::split(trace).1).map(str::to_owned),
            _ => None,
        }
    }

    /// The subscription, as `topic/subscription`.
    fn label(&self) -> Option<String> {
        Some(self.subscriber.name())
    }

    fn all(&self) -> String {
        json!({
            "message-id": self.id,
            "attempt": self.attempt,
            "published-at": milliseconds(self.published_at),
            "key": self.key,
            "request-id": self.trace_id(),
        })
        .to_string()
    }
}

/// Returns a time in milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
