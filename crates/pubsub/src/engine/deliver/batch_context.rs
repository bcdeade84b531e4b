//! The context of a batch: values that stay in Rust until the handler asks for them.

use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde_json::{Value, json};
use twinloop_mailbox::Context;
use twinloop_runtime::telemetry::{OperationKind, OperationTrace, SpanId, TraceContext, TraceId, telemetry};

use crate::engine::deliver::context::{HANDLER, milliseconds};
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
    /// The batch's place in a trace of its own. Where nothing is recorded it is made when it is first asked for.
    place: OnceLock<TraceContext>,
    /// The spans of the batch, where they are collected.
    operation: Option<Arc<OperationTrace>>,
    /// When the isolate took the batch, where spans are collected.
    taken: OnceLock<Instant>,
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
        let context = Self {
            subscriber: Arc::clone(subscriber),
            entries: deliveries.iter().map(entry).collect(),
            place: OnceLock::new(),
            operation: None,
            taken: OnceLock::new(),
        };
        if !telemetry().settings.collects_traces() {
            return context;
        }
        let operation = OperationTrace::begin(OperationKind::Message, context.place(), None, None);
        Self { operation, ..context }
    }

    /// The place of the batch's span: messages of many traces have none that all of them belong to.
    pub(crate) fn place(&self) -> TraceContext {
        *self.place.get_or_init(|| {
            let place = TraceContext { trace: TraceId::random(), span: SpanId::random(), flags: 0 };
            place.sampled(telemetry().samples(place.trace, None))
        })
    }

    /// When the isolate took the batch; `None` where it has not, or where nobody collects spans.
    pub(crate) fn taken_at(&self) -> Option<Instant> {
        self.taken.get().copied()
    }

    /// The spans of the batch, where they are collected.
    pub(crate) fn spans(&self) -> Option<&Arc<OperationTrace>> {
        self.operation.as_ref()
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
            "request-id" => Some(self.place().trace.to_string()),
            "span-id" => Some(self.place().span.to_string()),
            "handler-span-id" => self.operation.as_ref().map(|operation| operation.code().span.to_string()),
            "sampled" => Some(u8::from(self.place().is_sampled()).to_string()),
            _ => None,
        }
    }

    /// The subscription, as `topic/subscription`.
    fn label(&self) -> Option<String> {
        Some(self.subscriber.name())
    }

    fn taken(&self) {
        if let Some(operation) = &self.operation {
            operation.runs(HANDLER);
            let _ = self.taken.set(Instant::now());
        }
    }

    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let operation = Arc::clone(self.operation.as_ref()?);
        Some(operation)
    }

    fn all(&self) -> String {
        json!({ "messages": self.messages(), "request-id": self.place().trace.to_string() }).to_string()
    }
}
