//! The place of a request in its trace: read from its head, and kept for whoever asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use twinloop_runtime::telemetry::{OperationKind, OperationTrace, SpanId, TraceContext, TraceId, telemetry};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The flags that a version is known to have: sampled, and random. Others are not passed on.
///
/// Source: W3C Trace Context Level 2, section 3.2.2.5.
const KNOWN_FLAGS: u8 = 0b11;

/// The most bytes and members of a `tracestate` that are passed on; a longer one is left out as a whole.
///
/// Source: W3C Trace Context, sections 3.3.1.1 and 3.3.1.5.
const MAX_STATE_BYTES: usize = 512;
const MAX_STATE_MEMBERS: usize = 32;

/// An instant of a request that is traced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// Credentials begin to be looked at, and have been.
    AuthBegins,
    AuthEnds,
    /// The input begins to be read and checked, and has been.
    ValidationBegins,
    ValidationEnds,
    /// The job has been put into an isolate's queue.
    Queued,
    /// The isolate has taken the job.
    Taken,
    /// The answer, or its head, has come.
    Answered,
}

/// The number of the handler among the parts of a request's span.
pub(crate) const HANDLER: u64 = 0;

const MARKS: usize = Mark::Answered as usize + 1;

/// A request whose spans are collected.
pub(crate) struct TracedRequest {
    pub(crate) operation: Arc<OperationTrace>,
    /// Nanoseconds from the operation's begin, plus one; 0 for what has not happened.
    marks: [AtomicU64; MARKS],
}

/// The place of a request in its trace.
#[derive(Clone)]
pub(crate) struct RequestTrace {
    /// The request's own span. The flags are decided where the request is traced, and otherwise those of the caller.
    context: TraceContext,
    /// The span that caused the request.
    parent: Option<SpanId>,
    /// What is collected; shared by the copies of a head.
    pub(crate) traced: Option<Arc<TracedRequest>>,
}

/// Reads the caller's place in its trace from the one `traceparent` of a head.
pub(crate) fn caller(headers: &HeaderMap) -> Option<TraceContext> {
    let given = headers.get(TRACEPARENT)?;
    let is_only = headers.get_all(TRACEPARENT).iter().nth(1).is_none();
    let read = TraceContext::read(given.to_str().ok().filter(|_| is_only)?)?;
    Some(TraceContext { flags: read.flags & KNOWN_FLAGS, ..read })
}

/// Reads the `tracestate` of a head, as it is passed on.
fn state(headers: &HeaderMap) -> Option<Arc<str>> {
    let mut values = headers.get_all(TRACESTATE).iter();
    let first = values.next()?.to_str().ok()?;
    let mut joined = first.to_owned();
    for value in values {
        joined.push(',');
        joined.push_str(value.to_str().ok()?);
        if joined.len() > MAX_STATE_BYTES {
            return None;
        }
    }
    let members = || joined.split(',').map(str::trim).filter(|member| !member.is_empty());
    let is_sound = joined.len() <= MAX_STATE_BYTES
        && joined.bytes().all(|byte| matches!(byte, 0x20..0x7f))
        && (1..=MAX_STATE_MEMBERS).contains(&members().count())
        && members().all(is_member);
    is_sound.then(|| joined.into())
}

/// Whether a text is a member of `tracestate`: a key of few characters, and a value without `=`.
fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else { return false };
    let is_key_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let is_key = (1..=256).contains(&key.len()) && key.bytes().all(is_key_byte);
    is_key && (1..=256).contains(&value.len()) && !value.contains('=')
}

impl RequestTrace {
    /// Begins the trace of a request: below its caller, where it has one, otherwise with a trace of its own.
    pub(crate) fn begin(caller: Option<TraceContext>, trace: TraceId, headers: &HeaderMap) -> Self {
        let context =
            TraceContext { trace, span: SpanId::random(), flags: caller.map_or(0, |from| from.flags) };
        let parent = caller.map(|caller| caller.span);
        if !telemetry().settings.collects_traces() {
            return Self { context, parent, traced: None };
        }
        let context = context.sampled(telemetry().samples(trace, caller));
        let state = caller.and_then(|_| state(headers));
        let operation = OperationTrace::begin(OperationKind::Request, context, parent, state);
        let traced = operation.map(|operation| {
            Arc::new(TracedRequest { operation, marks: [const { AtomicU64::new(0) }; MARKS] })
        });
        Self { context, parent, traced }
    }

    /// The id of the trace.
    pub(crate) fn id(&self) -> TraceId {
        self.context.trace
    }

    /// The place of the request's own span. The flags of a request that nobody traces are the caller's, or what the head sampler
    /// would say.
    pub(crate) fn context(&self) -> TraceContext {
        match (&self.traced, self.parent) {
            (None, None) => self.context.sampled(telemetry().samples(self.context.trace, None)),
            _ => self.context,
        }
    }

    /// Notes that something of a traced request happens now.
    pub(crate) fn mark(&self, mark: Mark) {
        if let Some(traced) = &self.traced {
            traced.mark(mark);
        }
    }
}

impl TracedRequest {
    /// Notes that an isolate runs the request's handler, or before it the app's auth handler. A function that shapes errors comes after
    /// the answer, and belongs to the handler that has failed, where there was one.
    pub(crate) fn taken(&self) {
        self.operation.runs(HANDLER);
        if self.since_begin(Mark::Answered).is_none() {
            self.mark(Mark::Taken);
        }
    }

    fn mark(&self, mark: Mark) {
        let since = self.operation.began().elapsed().as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX - 1) + 1;
        self.marks[mark as usize].store(since, Ordering::Relaxed);
    }

    /// How long after the operation's begin something happened; `None` where it has not.
    pub(crate) fn since_begin(&self, mark: Mark) -> Option<Duration> {
        let since = self.marks[mark as usize].load(Ordering::Relaxed).checked_sub(1)?;
        Some(Duration::from_nanos(since))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_one_caller_is_read_with_the_flags_that_are_known() {
        let read = caller(&headers("traceparent", &[PARENT])).unwrap();
        assert_eq!(read.to_string(), PARENT);
        let flagged = PARENT.replace("-01", "-ff");
        assert_eq!(caller(&headers("traceparent", &[&flagged])).unwrap().flags, 0b11);
        for bad in [&[][..], &[PARENT, PARENT], &["00-1-2-3"], &[""]] {
            assert_eq!(caller(&headers("traceparent", bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn a_request_is_below_its_caller() {
        let from = TraceContext::read(PARENT).unwrap();
        let begun = RequestTrace::begin(Some(from), from.trace, &HeaderMap::new());
        let context = begun.context();
        assert!(context.trace == from.trace && context.span != from.span && context.is_sampled());
        assert_eq!(begun.clone().context(), context);
    }

    #[test]
    fn a_state_is_passed_on_as_a_whole_or_not_at_all() {
        let of = |values: &[&str]| state(&headers("tracestate", values)).as_deref().map(str::to_owned);
        assert_eq!(of(&["a=1, b@c=x/y"]).as_deref(), Some("a=1, b@c=x/y"));
        assert_eq!(of(&["a=1", "b=2"]).as_deref(), Some("a=1,b=2"));
        let many: Vec<String> = (0..33).map(|number| format!("k{number}=v")).collect();
        let long = format!("a={}", "x".repeat(600));
        for bad in
            [&[][..], &[""], &["a"], &["a=b=c"], &["A=1"], &["a=1\t"], &["é=1"], &[&many.join(",")], &[&long]]
        {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }
}
