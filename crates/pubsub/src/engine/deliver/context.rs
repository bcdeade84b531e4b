//! The context of a delivery: values that stay in Rust until the handler asks for them.

use std::any::Any;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::json;
use twinloop_mailbox::Context;
use twinloop_runtime::telemetry::{SpanId, TraceContext, telemetry};

use crate::engine::deliver::handler_trace::HandlerTrace;
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
    /// The publisher's `traceparent` and `tracestate`.
    published_in: Option<String>,
    trace: HandlerTrace,
}

impl DeliveryContext {
    /// The context of a delivery, whose trace begins now if somebody collects.
    pub(crate) fn of(subscriber: &Arc<Subscriber>, delivery: &Delivery) -> Self {
        let mut context = Self {
            subscriber: Arc::clone(subscriber),
            id: delivery.id.clone(),
            attempt: delivery.attempt,
            key: delivery.key.clone(),
            published_at: delivery.published_at,
            published_in: delivery.trace.clone(),
            trace: HandlerTrace::default(),
        };
        let origin = || {
            let (parent, state) = context.carried();
            (parent.map(|parent| parent.span), state.map(Arc::from))
        };
        context.trace = HandlerTrace::begin(|| context.own_place(), origin);
        context
    }

    /// The place of the delivery's span.
    pub(crate) fn place(&self) -> TraceContext {
        self.trace.place(|| self.own_place())
    }

    /// A place below the publisher's span, or in a trace that is made of the message's id.
    fn own_place(&self) -> TraceContext {
        let (parent, _) = self.carried();
        let own = || TraceContext { trace: trace::id_of_message(&self.id), span: SpanId::random(), flags: 0 };
        let place = parent.map_or_else(own, TraceContext::child);
        place.sampled(telemetry().samples(place.trace, parent))
    }

    /// The trace of the delivery.
    pub(crate) fn trace(&self) -> &HandlerTrace {
        &self.trace
    }

    /// The message's id.
    pub(crate) fn message_id(&self) -> &str {
        &self.id
    }

    fn carried(&self) -> (Option<TraceContext>, Option<&str>) {
        self.published_in.as_deref().map_or((None, None), trace::split_context)
    }
}

impl Context for DeliveryContext {
    /// Returns `message-id`, `attempt`, `published-at` (milliseconds since 1970), `key`, `request-id` (the trace's id), `span-id`,
    /// `handler-span-id` where spans are collected, `sampled` (`1` or `0`), `traceparent` (the publisher's) or `tracestate`.
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "message-id" => Some(self.id.clone()),
            "attempt" => Some(self.attempt.to_string()),
            "published-at" => Some(milliseconds(self.published_at).to_string()),
            "key" => self.key.clone(),
            "traceparent" => self.published_in.as_deref().map(|trace| trace::split(trace).0.to_owned()),
            "tracestate" => {
                self.published_in.as_deref().and_then(|trace| trace::split(trace).1).map(str::to_owned)
            }
            _ => self.trace.get(name, || self.own_place()),
        }
    }

    /// The subscription, as `topic/subscription`.
    fn label(&self) -> Option<String> {
        Some(self.subscriber.name())
    }

    fn taken(&self) {
        self.trace.take();
    }

    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.trace.carried()
    }

    fn all(&self) -> String {
        json!({
            "message-id": self.id,
            "attempt": self.attempt,
            "published-at": milliseconds(self.published_at),
            "key": self.key,
            "request-id": self.place().trace.to_string(),
        })
        .to_string()
    }
}

/// Returns a time in milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
