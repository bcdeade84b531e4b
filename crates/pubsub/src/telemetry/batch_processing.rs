//! An attempt of a batch as its trace and its metrics see it: one consumer span in a trace of its own, with a link to the publisher's
//! span of each message (OpenTelemetry, semantic conventions for messaging, "Batch receiving"), and the metrics of each message.

use std::sync::Arc;
use std::time::Instant;

use twinloop_runtime::telemetry::{SpanKind, SpanLink, SpanStatus, TraceContext};

use crate::engine::deliver::batch_context::BatchContext;
use crate::engine::deliver::disposition::Disposition;
use crate::engine::deliver::subscriber::Subscriber;
use crate::engine::publish::trace;
use crate::provider::message::Delivery;
use crate::telemetry::processing::{failure_of, outcome_of, process_span};

/// A batch that waits for a handler or is with one.
pub(crate) struct BatchProcessing {
    subscriber: Arc<Subscriber>,
    context: Arc<BatchContext>,
    links: Vec<SpanLink>,
    began: Instant,
}

/// A batch whose outcome is known, and which the provider has yet to store.
pub(crate) struct BatchHandled {
    of: BatchProcessing,
    at: Instant,
}

impl BatchProcessing {
    /// Begins an attempt and counts its messages as received.
    pub(crate) fn begin(subscriber: &Arc<Subscriber>, deliveries: &[Delivery]) -> Self {
        for _ in deliveries {
            subscriber.metrics.received();
        }
        let context = Arc::new(BatchContext::of(subscriber, deliveries));
        let links = if context.trace().spans().is_some() { links_of(deliveries) } else { Vec::new() };
        Self { subscriber: Arc::clone(subscriber), context, links, began: Instant::now() }
    }

    /// What stays in Rust for the handler.
    pub(crate) fn context(&self) -> Arc<BatchContext> {
        Arc::clone(&self.context)
    }

    /// Measures the attempt of each message.
    pub(crate) fn handled(self, deliveries: &[Delivery], dispositions: &[Disposition]) -> BatchHandled {
        let at = Instant::now();
        let exemplar = self.context.trace().exemplar();
        let took = at.duration_since(self.began);
        for (delivery, disposition) in deliveries.iter().zip(dispositions) {
            let outcome = outcome_of(disposition);
            self.subscriber.metrics.processed(outcome, delivery.attempt, took, exemplar);
        }
        BatchHandled { of: self, at }
    }
}

impl BatchHandled {
    /// The place of the attempt in its trace.
    pub(crate) fn place(&self) -> TraceContext {
        self.of.context.place()
    }

    /// Ends the trace of the attempt, whose outcomes the provider has stored. The span has the outcome and the error of the first message
    /// that failed.
    pub(crate) fn end(self, dispositions: &[Disposition]) {
        let trace = self.of.context.trace();
        let Some(operation) = trace.spans() else { return };
        trace.add_steps(self.of.began, self.at);
        operation.add_interval("settle", SpanKind::Client, self.at, Instant::now());
        let BatchProcessing { subscriber, links, .. } = &self.of;
        let mut span = process_span(operation, subscriber);
        span.set("messaging.batch.message_count", dispositions.len());
        let failures: Vec<_> = dispositions.iter().filter_map(failure_of).collect();
        let first = dispositions.iter().find(|disposition| failure_of(disposition).is_some());
        if let Some(shown) = first.or(dispositions.first()) {
            span.set("twinloop.outcome", outcome_of(shown).name());
        }
        if let Some((kind, error)) = failures.first() {
            span.set("error.type", kind.clone());
            let text = format!("{} of {} messages failed: {error}", failures.len(), dispositions.len());
            span.status = SpanStatus::Error(text.into());
        }
        span.links.clone_from(links);
        operation.end(span);
    }
}

/// The links to the publishers' spans; a message without a publisher's trace has none.
fn links_of(deliveries: &[Delivery]) -> Vec<SpanLink> {
    let link = |delivery: &Delivery| {
        let (context, _) = trace::split_context(delivery.trace.as_deref()?);
        let attributes = vec![("messaging.message.id".into(), delivery.id.clone().into())];
        Some(SpanLink { context: context?, attributes })
    };
    deliveries.iter().filter_map(link).collect()
}
