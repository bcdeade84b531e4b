//! An attempt as its trace and its metrics see it: a consumer span below the publisher's, with the wait for the isolate, the
//! handler and the settlement below it.

use std::sync::Arc;
use std::time::Instant;

use twinloop_runtime::telemetry::{OperationTrace, Span, SpanKind, SpanStatus, TraceContext};

use crate::engine::deliver::context::DeliveryContext;
use crate::engine::deliver::disposition::Disposition;
use crate::engine::deliver::subscriber::Subscriber;
use crate::provider::message::{Burial, DeadReason, Delivery};
use crate::telemetry::metrics::DeliveryOutcome;

/// An attempt whose message waits for a handler or is with one.
pub(crate) struct Processing {
    subscriber: Arc<Subscriber>,
    context: Arc<DeliveryContext>,
    attempt: u32,
    body_bytes: usize,
    began: Instant,
}

/// An attempt whose outcome is known, and which the provider has yet to store.
pub(crate) struct Handled {
    of: Processing,
    at: Instant,
}

impl Processing {
    /// Begins an attempt and counts the message as received.
    pub(crate) fn begin(subscriber: &Arc<Subscriber>, delivery: &Delivery) -> Self {
        subscriber.metrics.received();
        Self {
            subscriber: Arc::clone(subscriber),
            context: Arc::new(DeliveryContext::of(subscriber, delivery)),
            attempt: delivery.attempt,
            body_bytes: delivery.body.len(),
            began: Instant::now(),
        }
    }

    /// What stays in Rust for the handler.
    pub(crate) fn context(&self) -> Arc<DeliveryContext> {
        Arc::clone(&self.context)
    }

    /// Measures the attempt.
    pub(crate) fn handled(self, disposition: &Disposition) -> Handled {
        let at = Instant::now();
        let exemplar = self.context.trace().exemplar();
        let took = at.duration_since(self.began);
        self.subscriber.metrics.processed(outcome_of(disposition), self.attempt, took, exemplar);
        Handled { of: self, at }
    }
}

impl Handled {
    /// The place of the attempt in its trace.
    pub(crate) fn place(&self) -> TraceContext {
        self.of.context.place()
    }

    /// Ends the trace of the attempt, whose outcome the provider has stored.
    pub(crate) fn end(self, disposition: &Disposition) {
        let trace = self.of.context.trace();
        let Some(operation) = trace.spans() else { return };
        trace.add_steps(self.of.began, self.at);
        if !matches!(disposition, Disposition::Nothing) {
            operation.add_interval("settle", SpanKind::Client, self.at, Instant::now());
        }
        let Processing { subscriber, context, attempt, body_bytes, .. } = &self.of;
        let mut span = process_span(operation, subscriber);
        span.set("messaging.message.id", context.message_id().to_owned());
        span.set("messaging.message.body.size", *body_bytes);
        span.set("twinloop.attempt", *attempt);
        span.set("twinloop.outcome", outcome_of(disposition).name());
        note_failure(&mut span, disposition);
        operation.end(span);
    }
}

/// The span of a delivery or a batch of a subscription.
pub(crate) fn process_span(operation: &OperationTrace, subscriber: &Subscriber) -> Span {
    let mut span = operation.root(format!("process {}", subscriber.name()), SpanKind::Consumer);
    span.set("messaging.system", subscriber.metrics.system());
    span.set("messaging.operation.name", "process");
    span.set("messaging.operation.type", "process");
    span.set("messaging.destination.name", subscriber.declared.topic.clone());
    span.set("messaging.destination.subscription.name", subscriber.declared.name.clone());
    span
}

fn note_failure(span: &mut Span, disposition: &Disposition) {
    let Some((kind, error)) = failure_of(disposition) else { return };
    span.set("error.type", kind);
    span.status = SpanStatus::Error(error.to_owned().into());
}

/// The kind and the text of the failure that a disposition comes from; `None` for one that is no failure.
pub(crate) fn failure_of(disposition: &Disposition) -> Option<(String, &str)> {
    Some(match disposition {
        Disposition::Acknowledge | Disposition::Release => return None,
        Disposition::Nothing => ("aborted".to_owned(), "the lease is with another process"),
        Disposition::Retry { error, .. } => (code_in(error), error.as_str()),
        Disposition::Bury(burial) => (code_in(&burial.error), burial.error.as_str()),
        Disposition::Refuse(burial) => (burial.reason.name().to_owned(), burial.error.as_str()),
    })
}

/// The code that an error's text begins with; `unknown` for an error without one.
fn code_in(error: &str) -> String {
    let is_code =
        |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = error.split_once(": ").map(|(code, _)| code).filter(is_code);
    code.unwrap_or("unknown").to_owned()
}

pub(crate) fn outcome_of(disposition: &Disposition) -> DeliveryOutcome {
    match disposition {
        Disposition::Acknowledge => DeliveryOutcome::Done,
        Disposition::Retry { .. } => DeliveryOutcome::Retried,
        Disposition::Refuse(Burial { reason: DeadReason::Misfit, .. }) => DeliveryOutcome::Misfit,
        Disposition::Refuse(Burial { reason: DeadReason::Expired, .. }) => DeliveryOutcome::Expired,
        Disposition::Bury(_) | Disposition::Refuse(_) => DeliveryOutcome::Dead,
        Disposition::Release => DeliveryOutcome::Released,
        Disposition::Nothing => DeliveryOutcome::Lost,
    }
}
