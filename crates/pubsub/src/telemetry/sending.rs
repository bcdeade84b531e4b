//! A publish as its trace and its metrics see it.

use std::sync::Arc;
use std::time::Instant;

use twinloop_runtime::Failure;
use twinloop_runtime::telemetry::{CallOrigin, OpenSpan, SpanKind, TraceContext, telemetry};

use crate::engine::publish::topic::TopicRules;
use crate::engine::publish::trace;

/// A publish that is under way: its span, where spans are collected, and its begin.
pub(crate) struct Sending<'t> {
    topic: &'t TopicRules,
    count: usize,
    began: Instant,
    span: OpenSpan,
    /// The `tracestate` that the messages carry with the span's place.
    state: Option<String>,
}

impl<'t> Sending<'t> {
    /// Begins a publish of `count` messages by `caller`. `given` is the caller's trace as JavaScript tells it: the parent where
    /// Rust knows none.
    pub(crate) fn begin(
        topic: &'t TopicRules,
        count: usize,
        caller: &CallOrigin,
        given: Option<&str>,
    ) -> Self {
        let began = Instant::now();
        if !telemetry().settings.collects_traces() {
            return Self { topic, count, began, span: OpenSpan::none(), state: None };
        }
        let (parent, given_state) = given.map_or((None, None), trace::split_context);
        let name = format!("send {}", topic.name());
        let mut span = match caller.context() {
            Some(_) => caller.open(name, SpanKind::Producer),
            None => CallOrigin::new(None, parent).open(name, SpanKind::Producer),
        };
        span.set("messaging.system", topic.metrics.system());
        span.set("messaging.operation.name", "send");
        span.set("messaging.operation.type", "send");
        span.set("messaging.destination.name", topic.name().to_owned());
        if count > 1 {
            span.set("messaging.batch.message_count", count);
        }
        let own_state = caller.operation().and_then(|operation| operation.state()).map(ToString::to_string);
        let is_same = span.context().map(|context| context.trace) == parent.map(|parent| parent.trace);
        let state = own_state.or_else(|| given_state.filter(|_| is_same).map(str::to_owned));
        Self { topic, count, began, span, state }
    }

    /// The text that the messages carry: the span's place with the `tracestate`; `None` where no span is recorded.
    pub(crate) fn carried(&self) -> Option<String> {
        let place = self.span.context()?;
        Some(match &self.state {
            Some(state) => format!("{place} {state}"),
            None => place.to_string(),
        })
    }

    /// Stores the messages: statements of a transaction that they are stored in belong to the publish.
    pub(crate) async fn scope<F: Future>(&self, storing: F) -> F::Output {
        match self.span.operation() {
            Some(operation) => {
                CallOrigin::new(Some(Arc::clone(operation)), self.span.context()).scope(storing).await
            }
            None => storing.await,
        }
    }

    /// Ends the publish, with the ids of its messages.
    pub(crate) fn end(mut self, outcome: Result<&[String], &Failure>) {
        let place = self.span.context().filter(|place: &TraceContext| place.is_sampled());
        self.topic.metrics.sent(self.count, self.began.elapsed(), outcome.err(), place);
        if !self.span.is_recorded() {
            return;
        }
        match outcome {
            Ok([id]) => self.span.set("messaging.message.id", id.clone()),
            Ok(_) => {}
            Err(error) => self.span.fail(error.code.as_str(), error.message.clone()),
        }
    }
}
