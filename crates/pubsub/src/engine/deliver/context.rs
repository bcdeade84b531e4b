//! The context of a delivery: values that stay in Rust until the handler asks for them.

use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use serde_json::json;
use twinloop_mailbox::Context;
use twinloop_runtime::telemetry::{OperationKind, OperationTrace, SpanId, TraceContext, telemetry};

use crate::engine::deliver::subscriber::Subscriber;
use crate::engine::publish::trace;
use crate::provider::message::Delivery;

/// The number of the handler among the parts of a delivery's span.
pub(crate) const HANDLER: u64 = 0;

/// The context of one delivery.
pub(crate) struct DeliveryContext {
    subscriber: Arc<Subscriber>,
    id: String,
    attempt: u32,
    key: Option<String>,
    published_at: SystemTime,
    trace: Option<String>,
    /// The delivery's place in its trace. Where nothing is recorded it is made when it is first asked for.
    place: OnceLock<TraceContext>,
    /// The spans of the delivery, where they are collected.
    operation: Option<Arc<OperationTrace>>,
    /// When the isolate took the delivery, where spans are collected.
    taken: OnceLock<Instant>,
}

impl DeliveryContext {
    /// The context of a delivery, whose trace begins now if somebody collects.
    pub(crate) fn of(subscriber: &Arc<Subscriber>, delivery: &Delivery) -> Self {
        let context = Self {
            subscriber: Arc::clone(subscriber),
            id: delivery.id.clone(),
            attempt: delivery.attempt,
            key: delivery.key.clone(),
            published_at: delivery.published_at,
            trace: delivery.trace.clone(),
            place: OnceLock::new(),
            operation: None,
            taken: OnceLock::new(),
        };
        if !telemetry().settings.collects_traces() {
            return context;
        }
        let (parent, state) = context.carried();
        let (parent, state) = (parent.map(|parent| parent.span), state.map(Arc::from));
        let operation = OperationTrace::begin(OperationKind::Message, context.place(), parent, state);
        Self { operation, ..context }
    }

    /// The place of the delivery's span: below the publisher's span, or in a trace that is made of the message's id.
    pub(crate) fn place(&self) -> TraceContext {
        *self.place.get_or_init(|| {
            let (parent, _) = self.carried();
            let own =
                || TraceContext { trace: trace::id_of_message(&self.id), span: SpanId::random(), flags: 0 };
            let place = parent.map_or_else(own, TraceContext::child);
            place.sampled(telemetry().samples(place.trace, parent))
        })
    }

    /// When the isolate took the delivery; `None` where it has not, or where nobody collects spans.
    pub(crate) fn taken_at(&self) -> Option<Instant> {
        self.taken.get().copied()
    }

    /// The spans of the delivery, where they are collected.
    pub(crate) fn spans(&self) -> Option<&Arc<OperationTrace>> {
        self.operation.as_ref()
    }

    /// The message's id.
    pub(crate) fn message_id(&self) -> &str {
        &self.id
    }

    fn carried(&self) -> (Option<TraceContext>, Option<&str>) {
        self.trace.as_deref().map_or((None, None), trace::split_context)
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
            "request-id" => Some(self.place().trace.to_string()),
            "span-id" => Some(self.place().span.to_string()),
            "handler-span-id" => self.operation.as_ref().map(|operation| operation.code().span.to_string()),
            "sampled" => Some(u8::from(self.place().is_sampled()).to_string()),
            "traceparent" => self.trace.as_deref().map(|trace| trace::split(trace).0.to_owned()),
            "tracestate" => self.trace.as_deref().and_then(|trace| trace::split(trace).1).map(str::to_owned),
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
