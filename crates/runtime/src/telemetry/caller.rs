//! Who made a call: the operation, and the span within it, that what the call does belongs to.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use twinloop_mailbox::Context;

use crate::telemetry::operation::{OperationKind, OperationTrace};
use crate::telemetry::span::SpanKind;
use crate::telemetry::trace_context::TraceContext;
use crate::telemetry::{OpenSpan, telemetry};

tokio::task_local! {
    /// Who the present task works for, where a component has said so.
    static CURRENT: CallOrigin;
}

/// The caller of a native operation.
#[derive(Clone, Default)]
pub struct CallOrigin {
    operation: Option<Arc<OperationTrace>>,
    span: Option<TraceContext>,
}

impl CallOrigin {
    /// A caller that is this operation, or this span of user code within it.
    pub fn new(operation: Option<Arc<OperationTrace>>, span: Option<TraceContext>) -> Self {
        Self { operation, span }
    }

    /// Runs `future` for this caller: what it asks of other components, such as statements of a database, belongs to the caller. A
    /// task that `future` spawns does not inherit that.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Who the present task works for; `None` for work that nobody has asked for, such as a component's own upkeep.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// The caller of a call that crossed: its job's context, and the `traceparent` of the span of user code that makes it.
    pub(crate) fn of(job: Option<&dyn Context>, span: Option<&[u8]>) -> Self {
        if !telemetry().settings.collects_traces() {
            return Self::default();
        }
        let operation =
            job.and_then(Context::operation).and_then(|any| any.downcast::<OperationTrace>().ok());
        let span = span.and_then(|text| TraceContext::read(std::str::from_utf8(text).ok()?));
        Self { operation, span }
    }

    /// The operation, where one is recorded.
    pub fn operation(&self) -> Option<&Arc<OperationTrace>> {
        self.operation.as_ref()
    }

    /// The place of the span that calls, where one is known.
    pub fn context(&self) -> Option<TraceContext> {
        self.span.or_else(|| self.operation.as_ref().map(|operation| operation.code()))
    }

    /// Opens a span for what the call does. Without an operation it is the root of one of its own; while nobody collects, it
    /// is none.
    pub fn open(&self, name: impl Into<Cow<'static, str>>, kind: SpanKind) -> OpenSpan {
        match (&self.operation, self.span) {
            (Some(operation), Some(span)) => OpenSpan::below(Arc::clone(operation), span, name.into(), kind),
            (Some(operation), None) => operation.open(name, kind),
            (None, parent) => open_alone(parent, name.into(), kind),
        }
    }
}

fn open_alone(parent: Option<TraceContext>, name: Cow<'static, str>, kind: SpanKind) -> OpenSpan {
    if !telemetry().settings.collects_traces() {
        return OpenSpan::none();
    }
    let context = parent.map_or_else(new_trace, TraceContext::child);
    let operation = OperationTrace::new(OperationKind::Call, context, parent.map(|parent| parent.span), None);
    OpenSpan::root_of(operation, name, kind)
}

/// A trace that begins here, sampled as the head sampler says.
fn new_trace() -> TraceContext {
    let context = TraceContext::root(false);
    context.sampled(telemetry().samples(context.trace, None))
}
