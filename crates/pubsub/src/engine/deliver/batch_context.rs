//! The context of a batch: values that stay in Rust until the handler asks for them.

use std::any::Any;
use std::sync::Arc;

use serde_json::{Value, json};
use twinloop_mailbox::Context;
use twinloop_runtime::telemetry::{SpanId, TraceContext, TraceId, telemetry};

use crate::engine::deliver::context::milliseconds;
use crate::engine::deliver::handler_trace::HandlerTrace;
use crate::engine::deliver::subscriber::Subscriber;
use crate::provider::message::Delivery;

/// What a handler may know of one message of its batch.
struct Entry {
    id: String,
    attempt: u32,
    key: Option<String>,
    published_at_ms: u64,
}

/// The context of one batch.
pub(crate) struct BatchContext {
    subscriber: Arc<Subscriber>,
    entries: Vec<Entry>,
    trace: HandlerTrace,
}

impl BatchContext {
    /// The context of these deliveries, in their order; the trace begins now if somebody collects.
    pub(crate) fn of(subscriber: &Arc<Subscriber>, deliveries: &[Delivery]) -> Self {
        let entry = |delivery: &Delivery| Entry {
            id: delivery.id.clone(),
            attempt: delivery.attempt,
            key: delivery.key.clone(),
            published_at_ms: milliseconds(delivery.published_at),
        };
        Self {
            subscriber: Arc::clone(subscriber),
            entries: deliveries.iter().map(entry).collect(),
            trace: HandlerTrace::begin(own_place, || (None, None)),
        }
    }

    /// The place of the batch's span.
    pub(crate) fn place(&self) -> TraceContext {
        self.trace.place(own_place)
    }

    /// The trace of the batch.
    pub(crate) fn trace(&self) -> &HandlerTrace {
        &self.trace
    }

    fn messages(&self) -> Value {
        let entry = |entry: &Entry| json!([entry.id, entry.attempt, entry.published_at_ms, entry.key]);
        self.entries.iter().map(entry).collect()
    }
}

impl Context for BatchContext {
    /// Returns `messages` (JSON: a list of `[id, attempt, publishedAtMs, key|null]`), `request-id` (the trace's id), `span-id`,
    /// `handler-span-id` where spans are collected, or `sampled` (`1` or `0`).
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "messages" => Some(self.messages().to_string()),
            _ => self.trace.get(name, own_place),
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
        json!({ "messages": self.messages(), "request-id": self.place().trace.to_string() }).to_string()
    }
}

/// A place in a trace of its own: messages of many traces have none that all of them belong to.
fn own_place() -> TraceContext {
    let place = TraceContext { trace: TraceId::random(), span: SpanId::random(), flags: 0 };
    place.sampled(telemetry().samples(place.trace, None))
}
