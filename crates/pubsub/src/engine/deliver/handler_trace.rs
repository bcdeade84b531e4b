//! The trace of what a handler has in its hands: a delivery, or a batch of them.

use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use twinloop_runtime::telemetry::{OperationKind, OperationTrace, SpanId, SpanKind, TraceContext, telemetry};

/// The number of the handler among the parts of a delivery's or a batch's span.
const HANDLER: u64 = 0;

/// The place of an operation in its trace, and its spans where somebody collects them.
#[derive(Default)]
pub(crate) struct HandlerTrace {
    /// The place of the operation's span. Where nothing is recorded it is made when it is first asked for.
    place: OnceLock<TraceContext>,
    /// The spans of the operation, where they are collected.
    operation: Option<Arc<OperationTrace>>,
    /// When the isolate took the operation, where spans are collected.
    taken: OnceLock<Instant>,
}

impl HandlerTrace {
    /// The trace of an operation at the place that `place` makes, below the span and with the `tracestate` of `origin`. It begins now
    /// if somebody collects; otherwise neither is asked.
    pub(crate) fn begin(
        place: impl FnOnce() -> TraceContext,
        origin: impl FnOnce() -> (Option<SpanId>, Option<Arc<str>>),
    ) -> Self {
        let mut trace = Self::default();
        if telemetry().settings.collects_traces() {
            let (parent, state) = origin();
            trace.operation =
                OperationTrace::begin(OperationKind::Message, trace.place(place), parent, state);
        }
        trace
    }

    /// The place of the operation's span, made by `place` where nobody has asked for it yet.
    pub(crate) fn place(&self, place: impl FnOnce() -> TraceContext) -> TraceContext {
        *self.place.get_or_init(place)
    }

    /// The spans of the operation, where they are collected.
    pub(crate) fn spans(&self) -> Option<&Arc<OperationTrace>> {
        self.operation.as_ref()
    }

    /// The place of the operation where its spans are collected and sampled: a measurement of it may be an exemplar.
    pub(crate) fn exemplar(&self) -> Option<TraceContext> {
        self.operation.as_ref().map(|operation| operation.context()).filter(|place| place.is_sampled())
    }

    /// Adds the steps of an operation that began and was answered at these times: its wait for the isolate, and its handler.
    pub(crate) fn add_steps(&self, began: Instant, answered: Instant) {
        let Some((operation, taken)) = self.operation.as_ref().zip(self.taken.get()) else { return };
        operation.add_interval("queue", SpanKind::Internal, began, *taken);
        let interval = (operation.at(*taken), operation.at(answered));
        operation.add(operation.step_of(HANDLER, "handler", SpanKind::Internal, interval));
    }

    /// Notes that the isolate has taken the operation: what it calls from now on is below its handler.
    pub(crate) fn take(&self) {
        if let Some(operation) = &self.operation {
            operation.runs(HANDLER);
            let _ = self.taken.set(Instant::now());
        }
    }

    /// The spans as the mailbox carries them.
    pub(crate) fn carried(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let operation = Arc::clone(self.operation.as_ref()?);
        Some(operation)
    }

    /// Returns `request-id` (the trace's id), `span-id`, `handler-span-id` where spans are collected, or `sampled` (`1` or `0`), of
    /// an operation at `place`.
    pub(crate) fn get(&self, name: &str, place: impl FnOnce() -> TraceContext) -> Option<String> {
        match name {
            "request-id" => Some(self.place(place).trace.to_string()),
            "span-id" => Some(self.place(place).span.to_string()),
            "handler-span-id" => self.operation.as_ref().map(|operation| operation.code().span.to_string()),
            "sampled" => Some(u8::from(self.place(place).is_sampled()).to_string()),
            _ => None,
        }
    }
}
