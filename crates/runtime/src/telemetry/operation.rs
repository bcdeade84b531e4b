//! The trace of one operation: its spans, collected until the operation has ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::lock::lock;
use crate::telemetry::identity::SpanId;
use crate::telemetry::span::{Span, SpanKind};
use crate::telemetry::telemetry;
use crate::telemetry::trace_context::TraceContext;

/// Most spans of one operation; further ones are counted.
pub const MAX_SPANS: usize = 1000;

/// What kind of operation a trace is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// An HTTP request.
    Request,
    /// The delivery of a message.
    Message,
    /// A run of a cron job.
    Cron,
    /// A call into Rust outside of any operation, such as a script's query.
    Call,
    /// A span of user code outside of any operation.
    Other,
}

/// The spans of an operation, or spans that came after its end.
#[derive(Debug)]
pub struct FinishedOperation {
    /// The kind of operation; `None` for spans that came after their operation had ended.
    pub kind: Option<OperationKind>,
    /// The spans; those of an operation begin with its root, the others follow in the order of their ends.
    pub spans: Vec<Span>,
    /// The number of spans that were not kept, because there were more than [`MAX_SPANS`].
    pub dropped: u32,
    /// Whether the operation is exported: the head sampler chose it, or it failed or was slow.
    pub is_exported: bool,
    /// The `tracestate` of the trace.
    pub state: Option<Arc<str>>,
}

#[derive(Default)]
struct Collected {
    spans: Vec<Span>,
    dropped: u32,
    has_error: bool,
    /// Whether the operation is exported; `None` until it has ended.
    decided: Option<bool>,
}

/// The trace of one operation of this process: a request, a delivery, a run.
pub struct OperationTrace {
    kind: OperationKind,
    context: TraceContext,
    parent: Option<SpanId>,
    state: Option<Arc<str>>,
    began: Instant,
    began_ns: u64,
    /// The number of the part that runs the app's code, plus one; 0 before any does.
    part: AtomicU64,
    collected: Mutex<Collected>,
}

/// Nanoseconds since 1970.
fn wall_clock_ns() -> u64 {
    nanoseconds(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl OperationTrace {
    /// Begins the trace of an operation whose span has this place and this parent; `None` while nobody collects.
    pub fn begin(
        kind: OperationKind,
        context: TraceContext,
        parent: Option<SpanId>,
        state: Option<Arc<str>>,
    ) -> Option<Arc<Self>> {
        telemetry().settings.collects_traces().then(|| Self::new(kind, context, parent, state))
    }

    pub(crate) fn new(
        kind: OperationKind,
        context: TraceContext,
        parent: Option<SpanId>,
        state: Option<Arc<str>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            kind,
            context,
            parent,
            state,
            began: Instant::now(),
            began_ns: wall_clock_ns(),
            part: AtomicU64::new(0),
            collected: Mutex::default(),
        })
    }

    /// The place of the operation's own span.
    pub fn context(&self) -> TraceContext {
        self.context
    }

    /// The place of the part of this number: of a span below the operation's own whose id follows from the operation's, such as that of
    /// its handler.
    pub fn part(&self, number: u64) -> TraceContext {
        TraceContext { span: self.context.span.part(number), ..self.context }
    }

    /// Notes that the app's code runs in the part of this number from now on. What the code calls is below that part, so that whoever
    /// notes this has to add the part's span.
    pub fn runs(&self, number: u64) {
        self.part.store(number + 1, Ordering::Relaxed);
    }

    /// The place of the app's code: the part that runs it, or the operation's own span before any does.
    pub fn code(&self) -> TraceContext {
        self.part.load(Ordering::Relaxed).checked_sub(1).map_or(self.context, |number| self.part(number))
    }

    /// The `tracestate` of the trace.
    pub fn state(&self) -> Option<&Arc<str>> {
        self.state.as_ref()
    }

    /// When the operation began, by the monotonic clock.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// An instant as nanoseconds since 1970, by the wall clock at the operation's begin.
    pub fn at(&self, instant: Instant) -> u64 {
        match instant.checked_duration_since(self.began) {
            Some(after) => self.began_ns.saturating_add(nanoseconds(after)),
            None => self.began_ns.saturating_sub(nanoseconds(self.began.duration_since(instant))),
        }
    }

    /// A span of the operation's own place that ends now, to be filled and given to [`end`](Self::end).
    pub fn root(&self, name: impl Into<std::borrow::Cow<'static, str>>, kind: SpanKind) -> Span {
        let place = (self.context, self.parent);
        Self::interval(name, kind, place, (self.began_ns, self.at(Instant::now())))
    }

    /// A span like [`root`](Self::root) of an operation that has taken this time.
    pub fn root_of(
        &self,
        name: impl Into<std::borrow::Cow<'static, str>>,
        kind: SpanKind,
        took: Duration,
    ) -> Span {
        Self::interval(name, kind, (self.context, self.parent), (self.began_ns, self.after(took)))
    }

    /// Nanoseconds since 1970, so long after the operation's begin.
    pub fn after(&self, since_begin: Duration) -> u64 {
        self.began_ns.saturating_add(nanoseconds(since_begin))
    }

    /// A span of which place, begin and end are known.
    fn interval(
        name: impl Into<std::borrow::Cow<'static, str>>,
        kind: SpanKind,
        (context, parent): (TraceContext, Option<SpanId>),
        (start_ns, end_ns): (u64, u64),
    ) -> Span {
        Span {
            context,
            parent,
            name: name.into(),
            kind,
            start_ns,
            end_ns,
            status: crate::telemetry::SpanStatus::Unset,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Adds a span below the operation's own of which begin and end are known, such as the wait for an isolate.
    pub fn add_interval(&self, name: &'static str, kind: SpanKind, from: Instant, to: Instant) {
        self.add(self.step(name, kind, (self.at(from), self.at(to))));
    }

    /// A span below the operation's own of which begin and end are known, in nanoseconds since 1970.
    pub fn step(&self, name: &'static str, kind: SpanKind, interval: (u64, u64)) -> Span {
        Self::interval(name, kind, (self.context.child(), Some(self.context.span)), interval)
    }

    /// A span like [`step`](Self::step) at the place of the part of this number.
    pub fn step_of(&self, number: u64, name: &'static str, kind: SpanKind, interval: (u64, u64)) -> Span {
        Self::interval(name, kind, (self.part(number), Some(self.context.span)), interval)
    }

    /// Adds a span that has ended. One that comes after the operation's end goes the operation's way.
    pub fn add(&self, span: Span) {
        let mut collected = lock(&self.collected);
        let Some(is_exported) = collected.decided else {
            if collected.spans.len() >= MAX_SPANS - 1 {
                collected.dropped += 1;
                return;
            }
            collected.has_error |= span.is_error();
            return collected.spans.push(span);
        };
        drop(collected);
        if is_exported || telemetry().settings.keeps_all() {
            let state = self.state.clone();
            let late = FinishedOperation { kind: None, spans: vec![span], dropped: 0, is_exported, state };
            telemetry().tell(|reader| reader.finished(late));
        }
    }

    /// Ends the operation by its own span, and hands its spans to the reader if they are kept. Only the first end counts.
    pub fn end(&self, root: Span) {
        let took = Duration::from_nanos(root.end_ns.saturating_sub(root.start_ns));
        self.end_by(took, root.is_error(), |spans| spans.push(root));
    }

    /// Ends the operation like [`end`](Self::end) after this time, with an error or without, and has its last spans made where they are
    /// kept: `make` adds the operation's own first, then others that are below it.
    pub fn end_by(&self, took: Duration, is_error: bool, make: impl FnOnce(&mut Vec<Span>)) {
        let settings = &telemetry().settings;
        let mut collected = lock(&self.collected);
        if collected.decided.is_some() {
            return;
        }
        let is_exported =
            self.context.is_sampled() || collected.has_error || is_error || took >= settings.trace_slow();
        collected.decided = Some(is_exported);
        let (children, dropped) = (std::mem::take(&mut collected.spans), collected.dropped);
        drop(collected);
        if !is_exported && !settings.keeps_all() {
            return;
        }
        let mut spans = Vec::with_capacity(children.len() + 5);
        make(&mut spans);
        spans.extend(children);
        let (kind, state) = (Some(self.kind), self.state.clone());
        telemetry()
            .tell(|reader| reader.finished(FinishedOperation { kind, spans, dropped, is_exported, state }));
    }
}
