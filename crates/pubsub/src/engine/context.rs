//! What stays in Rust with a message until its handler asks for it.

use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::json;
use twinloop_mailbox::Context;

use super::trace;
use crate::message::Delivery;

/// The head of one delivery.
pub(super) struct DeliveryContext {
    id: String,
    attempt: u32,
    key: Option<String>,
    published_at: SystemTime,
    traceparent: Option<String>,
    trace_id: OnceLock<String>,
}

impl DeliveryContext {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            attempt: delivery.attempt,
            key: delivery.key.clone(),
            published_at: delivery.published_at,
            traceparent: delivery.trace.clone(),
            trace_id: OnceLock::new(),
        }
    }

    /// The publisher's trace where there is one, otherwise one of this delivery's own.
    fn trace_id(&self) -> &str {
        let given = || self.traceparent.as_deref().and_then(trace::id_of);
        self.trace_id.get_or_init(|| given().unwrap_or_else(trace::new_id))
    }
}

impl Context for DeliveryContext {
    /// `message-id`, `attempt`, `published-at` (milliseconds), `key`, or `request-id` (the trace).
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "message-id" => Some(self.id.clone()),
            "attempt" => Some(self.attempt.to_string()),
            "published-at" => Some(milliseconds(self.published_at).to_string()),
            "key" => self.key.clone(),
            "request-id" => Some(self.trace_id().to_owned()),
            _ => None,
        }
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

/// Milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
