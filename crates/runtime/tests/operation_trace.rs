//! The traces of operations: what is collected, kept and handed over. One test, because telemetry is the process's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::{
    AccessEntry, CallOrigin, FinishedOperation, MAX_SPANS, OperationKind, OperationTrace, SpanKind,
    SpanStatus, TelemetryReader, TraceContext, telemetry,
};

#[derive(Default)]
struct Kept(Mutex<Vec<FinishedOperation>>);

impl Kept {
    fn take(&self) -> Vec<FinishedOperation> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl TelemetryReader for Kept {
    fn wants_traces(&self) -> bool {
        true
    }

    fn finished(&self, operation: FinishedOperation) {
        lock(&self.0).push(operation);
    }

    fn access(&self, _: &AccessEntry<'_>) {}
}

fn request(is_sampled: bool) -> Arc<OperationTrace> {
    let begun = OperationTrace::begin(OperationKind::Request, TraceContext::root(is_sampled), None, None);
    begun.unwrap_or_else(|| panic!("nobody collects"))
}

#[test]
#[allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines, reason = "a test")]
fn operations_are_kept_as_the_samplers_say() {
    let kept = Arc::new(Kept::default());
    assert!(OperationTrace::begin(OperationKind::Request, TraceContext::root(true), None, None).is_none());
    assert!(!CallOrigin::default().open("select links", SpanKind::Client).is_recorded());
    telemetry().read_by(Some(Arc::<Kept>::clone(&kept)));
    telemetry().settings.collect(true, false);

    // A sampled one, with a span below its own, and one below that.
    let operation = request(true);
    let caller = CallOrigin::new(Some(Arc::clone(&operation)), None);
    let mut query = caller.open("select links", SpanKind::Client);
    query.set("db.namespace", "links");
    let inner = query.open("acquire", SpanKind::Internal);
    let (outer_place, inner_place) = (query.context().unwrap(), inner.context().unwrap());
    inner.end();
    query.end();
    operation.end(operation.root("GET /links", SpanKind::Server));
    operation.end(operation.root("again", SpanKind::Server));
    let all = kept.take();
    assert_eq!(all.len(), 1, "only the first end counts");
    let spans = &all[0].spans;
    assert_eq!(
        spans.iter().map(|span| &*span.name).collect::<Vec<_>>(),
        ["GET /links", "acquire", "select links"]
    );
    assert_eq!((spans[1].context, spans[1].parent), (inner_place, Some(outer_place.span)));
    assert_eq!((spans[2].context, spans[2].parent), (outer_place, Some(operation.context().span)));
    assert!(all[0].is_exported && spans.iter().all(|span| span.start_ns <= span.end_ns));

    // What the app's code calls is below the part that runs it, whose place follows from the operation's.
    let operation = request(true);
    operation.open("before", SpanKind::Client).end();
    operation.runs(0);
    operation.open("select links", SpanKind::Client).end();
    operation.add(operation.step_of(0, "handler", SpanKind::Internal, (1, 2)));
    operation.end(operation.root("GET /links", SpanKind::Server));
    let all = kept.take();
    let [root, before, query, handler] = all[0].spans.as_slice() else { panic!("{:?}", all[0].spans) };
    assert_eq!((before.parent, handler.parent), (Some(root.context.span), Some(root.context.span)));
    assert_eq!((query.parent, operation.code()), (Some(handler.context.span), handler.context));
    assert_eq!(handler.context.span, root.context.span.part(0));
    assert_ne!(root.context.span.part(0), root.context.span.part(1));

    // One that nobody chose is dropped, with what comes late.
    let operation = request(false);
    operation.end(operation.root("GET /", SpanKind::Server));
    operation.open("late", SpanKind::Client).end();
    assert!(kept.take().is_empty());

    // An error anywhere in it keeps it, and what comes late goes the same way.
    let operation = request(false);
    let mut failed = operation.open("insert", SpanKind::Client);
    failed.fail("23505", "a row has the key already");
    failed.end();
    operation.end(operation.root("POST /", SpanKind::Server));
    operation.open("late", SpanKind::Client).end();
    let all = kept.take();
    assert_eq!(all.len(), 2);
    assert!(matches!(&all[0].spans[1].status, SpanStatus::Error(why) if why == "a row has the key already"));
    assert_eq!((all[1].kind, all[1].is_exported), (None, true));

    // So does a long time.
    telemetry().settings.set_trace_slow(Duration::ZERO);
    let operation = request(false);
    operation.end(operation.root("GET /slow", SpanKind::Server));
    assert_eq!(kept.take().len(), 1);
    telemetry().settings.set_trace_slow(Duration::from_secs(60));

    // All are kept where the reader wants all, and exported only where chosen.
    telemetry().settings.collect(true, true);
    let operation = request(false);
    operation.end(operation.root("GET /", SpanKind::Server));
    assert!(!kept.take()[0].is_exported);

    // Spans are bounded, and what is beyond is counted.
    let operation = request(true);
    for _ in 0..MAX_SPANS + 10 {
        operation.open("query", SpanKind::Client).end();
    }
    operation.end(operation.root("GET /many", SpanKind::Server));
    let all = kept.take();
    assert_eq!((all[0].spans.len(), all[0].dropped), (MAX_SPANS, 11));

    // A call outside of any operation is one of its own, below the span that is named, if one is.
    let parent = TraceContext::root(true);
    CallOrigin::new(None, Some(parent)).open("select 1", SpanKind::Client).end();
    CallOrigin::default().open("select 2", SpanKind::Client).end();
    let all = kept.take();
    assert_eq!((all[0].spans[0].context.trace, all[0].spans[0].parent), (parent.trace, Some(parent.span)));
    assert_eq!((all[1].kind, all[1].spans[0].parent), (Some(OperationKind::Call), None));
}
