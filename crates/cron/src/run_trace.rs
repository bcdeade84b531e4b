//! A run as its trace sees it: one span for the run, and one below it for each attempt.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use twinloop_mailbox::Context;
use twinloop_runtime::telemetry::{
    CallOrigin, OperationKind, OperationTrace, Span, SpanKind, SpanStatus, TraceContext, telemetry,
};

use crate::attempt_outcome::Failed;
use crate::job::CronJob;
use crate::ledger::RunId;

/// What a run's span says of it.
pub(crate) struct RunReport {
    /// The run's number in the ledger.
    pub(crate) run: RunId,
    /// The scheduled instant, or the time of the trigger.
    pub(crate) at: crate::clock::Instant,
    /// How many attempts a handler has begun.
    pub(crate) attempts: u32,
    /// How the run ended.
    pub(crate) outcome: &'static str,
    /// Why it has not succeeded: the error's code and its text.
    pub(crate) error: Option<(String, String)>,
}

/// The trace of a run, shared by all of its attempts. What it says stays in Rust until a handler asks for it.
pub(crate) struct RunTrace {
    job: Arc<CronJob>,
    place: TraceContext,
    /// The place of who triggered the run.
    parent: Option<TraceContext>,
    state: Option<Arc<str>>,
    /// When the run began here.
    pub(crate) began: Instant,
    /// How late it began; `None` for a run that was triggered.
    lateness: Option<Duration>,
    /// The spans of the run, where they are collected.
    operation: Option<Arc<OperationTrace>>,
}

impl RunTrace {
    /// Begins the trace of a run: one of its own, or a part of the trace whose operation triggered the run and awaits it.
    pub(crate) fn begin(job: &Arc<CronJob>, caller: &CallOrigin, lateness: Option<Duration>) -> Arc<Self> {
        let parent = caller.context();
        let place = parent.map_or_else(new_trace, TraceContext::child);
        let state = caller.operation().and_then(|operation| operation.state()).cloned();
        let above = parent.map(|parent| parent.span);
        let operation = OperationTrace::begin(OperationKind::Cron, place, above, state.clone());
        let job = Arc::clone(job);
        Arc::new(Self { job, place, parent, state, began: Instant::now(), lateness, operation })
    }

    /// The place of the run's span.
    pub(crate) fn place(&self) -> TraceContext {
        self.place
    }

    /// The place of the run's span where that is exported.
    pub(crate) fn exemplar(&self) -> Option<TraceContext> {
        self.operation.as_ref().map(|_| self.place).filter(|place| place.is_sampled())
    }

    /// Notes that an attempt begins: what its handler calls is below it.
    pub(crate) fn begin_attempt(&self, number: u32) {
        if let Some(operation) = &self.operation {
            operation.runs(number.into());
        }
    }

    /// Adds the span of an attempt that has ended.
    pub(crate) fn attempt(&self, number: u32, began: Instant, failed: Option<&Failed>) {
        let Some(operation) = &self.operation else { return };
        let (start_ns, context) = (operation.at(began), operation.part(number.into()));
        let root = operation.root("attempt", SpanKind::Internal);
        let mut span = Span { context, parent: Some(self.place.span), start_ns, ..root };
        span.set("twinloop.attempt", number);
        if let Some(failed) = failed {
            span.set("error.type", failed.code.clone());
            span.status = SpanStatus::Error(failed.message.clone().into());
        }
        operation.add(span);
    }

    /// Ends the trace with the run.
    pub(crate) fn end(&self, report: RunReport) {
        let Some(operation) = &self.operation else { return };
        let mut span = operation.root(format!("run {}", self.job.id()), SpanKind::Internal);
        span.set("twinloop.cron.job", self.job.id().to_owned());
        span.set("twinloop.cron.run_id", report.run);
        span.set("twinloop.cron.scheduled_at", report.at.to_rfc3339());
        span.set("twinloop.cron.manual", self.lateness.is_none());
        if let Some(lateness) = self.lateness {
            span.set("twinloop.cron.lateness_ms", i64::try_from(lateness.as_millis()).unwrap_or(i64::MAX));
        }
        span.set("twinloop.attempt", report.attempts);
        span.set("twinloop.outcome", report.outcome);
        if let Some((code, text)) = report.error {
            span.set("error.type", code);
            span.status = SpanStatus::Error(text.into());
        }
        operation.end(span);
    }
}

fn new_trace() -> TraceContext {
    let place = TraceContext::root(false);
    place.sampled(telemetry().samples(place.trace, None))
}

impl Context for RunTrace {
    /// Returns `request-id` (the trace's id), `span-id`, `handler-span-id` (the attempt's, where spans are collected), `sampled`
    /// (`1` or `0`), and `traceparent` and `tracestate` of the operation that triggered the run.
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "request-id" => Some(self.place.trace.to_string()),
            "span-id" => Some(self.place.span.to_string()),
            "handler-span-id" => self.operation.as_ref().map(|operation| operation.code().span.to_string()),
            "sampled" => Some(u8::from(self.place.is_sampled()).to_string()),
            "traceparent" => self.parent.map(|parent| parent.to_string()),
            "tracestate" => self.state.as_ref().map(ToString::to_string),
            _ => None,
        }
    }

    /// The job's id.
    fn label(&self) -> Option<String> {
        Some(self.job.id().to_owned())
    }

    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let operation = Arc::clone(self.operation.as_ref()?);
        Some(operation)
    }

    fn all(&self) -> String {
        json!({ "request-id": self.place.trace.to_string() }).to_string()
    }
}
