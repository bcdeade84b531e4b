//! A span that is under way.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use crate::telemetry::attribute::Value;
use crate::telemetry::operation::OperationTrace;
use crate::telemetry::span::{Span, SpanEvent, SpanKind, SpanStatus};
use crate::telemetry::trace_context::TraceContext;

/// A span that is under way, or nothing while nobody collects. It ends when it is dropped: a wait that is given up ends too.
#[must_use = "a span that is dropped at once has no duration"]
pub struct OpenSpan(Option<Box<Open>>);

struct Open {
    operation: Arc<OperationTrace>,
    /// Whether the span is the operation's own.
    is_root: bool,
    span: Span,
}

impl OpenSpan {
    /// The span that is not recorded.
    pub fn none() -> Self {
        Self(None)
    }

    /// Opens a span of an operation below `parent`.
    pub(crate) fn below(
        operation: Arc<OperationTrace>,
        parent: TraceContext,
        name: Cow<'static, str>,
        kind: SpanKind,
    ) -> Self {
        let start_ns = operation.at(Instant::now());
        let root = operation.root(name, kind);
        let span =
            Span { context: parent.child(), parent: Some(parent.span), start_ns, end_ns: start_ns, ..root };
        Self(Some(Box::new(Open { operation, is_root: false, span })))
    }

    /// Opens the span of an operation of its own.
    pub(crate) fn root_of(operation: Arc<OperationTrace>, name: Cow<'static, str>, kind: SpanKind) -> Self {
        let span = operation.root(name, kind);
        Self(Some(Box::new(Open { operation, is_root: true, span })))
    }

    /// Whether the span is recorded, so that attributes are worth their making.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// The span's place, for what is caused by it.
    pub fn context(&self) -> Option<TraceContext> {
        self.0.as_ref().map(|open| open.span.context)
    }

    /// The operation that the span is of.
    pub fn operation(&self) -> Option<&Arc<OperationTrace>> {
        self.0.as_ref().map(|open| &open.operation)
    }

    /// Opens a span below this one.
    pub fn open(&self, name: impl Into<Cow<'static, str>>, kind: SpanKind) -> Self {
        match &self.0 {
            Some(open) => Self::below(Arc::clone(&open.operation), open.span.context, name.into(), kind),
            None => Self(None),
        }
    }

    /// Names the span, where its name is known late.
    pub fn rename(&mut self, name: impl Into<Cow<'static, str>>) {
        if let Some(open) = &mut self.0 {
            open.span.name = name.into();
        }
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(open) = &mut self.0 {
            open.span.set(name, value);
        }
    }

    /// Adds an event of this instant.
    pub fn event(&mut self, name: impl Into<Cow<'static, str>>) {
        if let Some(open) = &mut self.0 {
            let time_ns = open.operation.at(Instant::now());
            open.span.events.push(SpanEvent { name: name.into(), time_ns, attributes: Vec::new() });
        }
    }

    /// Notes that the work has failed: `kind` is the error's code, of few values, and `message` says more.
    pub fn fail(&mut self, kind: impl Into<Value>, message: impl Into<Cow<'static, str>>) {
        if let Some(open) = &mut self.0 {
            open.span.set("error.type", kind);
            open.span.status = SpanStatus::Error(message.into());
        }
    }

    /// Ends the span.
    pub fn end(self) {
        drop(self);
    }
}

impl OperationTrace {
    /// Opens a span below the part that runs the app's code, or below the operation's own before any does.
    pub fn open(self: &Arc<Self>, name: impl Into<Cow<'static, str>>, kind: SpanKind) -> OpenSpan {
        OpenSpan::below(Arc::clone(self), self.code(), name.into(), kind)
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let Some(open) = self.0.take() else { return };
        let Open { operation, is_root, mut span } = *open;
        span.end_ns = operation.at(Instant::now());
        if is_root {
            operation.end(span);
        } else {
            operation.add(span);
        }
    }
}
