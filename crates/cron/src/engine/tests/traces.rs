//! What runs tell of themselves: spans and metrics.

use std::sync::{Mutex, OnceLock};

use twinloop_runtime::telemetry::{
    AccessEntry, FinishedOperation, Measured, OperationKind, OperationTrace, Span, SpanKind, SpanStatus,
    TelemetryReader, TraceContext, Value, telemetry,
};

use super::*;

/// All operations that have ended in this test program.
#[derive(Default)]
struct Kept(Mutex<Vec<FinishedOperation>>);

impl TelemetryReader for Kept {
    fn wants_traces(&self) -> bool {
        true
    }

    fn finished(&self, operation: FinishedOperation) {
        lock(&self.0).push(operation);
    }

    fn access(&self, _: &AccessEntry<'_>) {}
}

fn kept() -> Arc<Kept> {
    static KEPT: OnceLock<Arc<Kept>> = OnceLock::new();
    let kept = KEPT.get_or_init(|| {
        let kept = Arc::<Kept>::default();
        telemetry().read_by(Some(Arc::<Kept>::clone(&kept)));
        telemetry().settings.collect(true, true);
        kept
    });
    Arc::clone(kept)
}

impl Kept {
    /// The spans of the run of a job; the first is the run's own.
    async fn run_of(&self, job: &str) -> Vec<Span> {
        let found = async {
            loop {
                let name = format!("run {job}");
                let is_it = |one: &&FinishedOperation| {
                    one.kind == Some(OperationKind::Cron) && one.spans[0].name == name.as_str()
                };
                if let Some(found) = lock(&self.0).iter().find(is_it) {
                    return found.spans.clone();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap()
    }
}

fn measured(metric: &str, labels: &[&str]) -> Option<f64> {
    let all = telemetry().metrics.collect();
    let points = all.into_iter().find(|one| one.spec.name == metric)?.points;
    points.into_iter().find(|point| point.labels == labels).map(|point| match point.measured {
        Measured::Number(number) => number,
        Measured::Histogram { sum, .. } => sum,
    })
}

#[tokio::test]
async fn a_run_is_one_trace_with_a_span_for_each_attempt() {
    let kept = kept();
    let job = "traced";
    let scene = scene("2026-06-01T00:00:00Z", json!({ "id": job, "maxRetries": 1 }), 0).await;
    scene.clock.set("2026-06-01T00:30:07Z");
    let mut places = Vec::new();
    for attempt in 1..=2 {
        let tick = scene.hand.next(Kind::Job).await;
        let context = scene.hand.isolate.port.context(u32::from_ne_bytes(tick.id.to_ne_bytes())).unwrap();
        places.push(["request-id", "span-id", "sampled"].map(|name| context.get(name).unwrap()));
        assert_eq!(context.get("traceparent"), None);
        let operation = context.operation().unwrap().downcast::<OperationTrace>().unwrap();
        CallOrigin::new(Some(operation), None).open("select links", SpanKind::Client).end();
        if attempt == 1 { scene.hand.fail(tick.id) } else { scene.hand.reply(tick.id) }
    }
    let spans = kept.run_of(job).await;
    let root = &spans[0];
    let place = [root.context.trace.to_string(), root.context.span.to_string(), "1".to_owned()];
    assert_eq!(places, [place.clone(), place]);
    assert_eq!((root.kind, root.parent), (SpanKind::Internal, None));
    let text = |text: &'static str| Some(Value::from(text));
    assert_eq!(root.attribute("twinloop.outcome").cloned(), text("succeeded"));
    assert_eq!(root.attribute("twinloop.cron.scheduled_at").cloned(), text("2026-06-01T00:30:00+00:00"));
    assert_eq!(root.attribute("twinloop.cron.lateness_ms"), Some(&Value::Int(7_000)));
    assert_eq!(root.attribute("twinloop.attempt"), Some(&Value::Int(2)));
    let names: Vec<&str> = spans[1..].iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["select links", "attempt", "select links", "attempt"]);
    for (select, attempt) in [(&spans[1], &spans[2]), (&spans[3], &spans[4])] {
        assert_eq!(select.parent, Some(attempt.context.span));
        assert_eq!(attempt.parent, Some(root.context.span));
    }
    assert_ne!(spans[2].context.span, spans[4].context.span);
    assert!(matches!(&spans[2].status, SpanStatus::Error(why) if why == "it broke"));
    assert!(!root.is_error() && !spans[4].is_error());

    assert_eq!(measured("twinloop.cron.runs", &[job, "succeeded"]), Some(1.0));
    assert_eq!(measured("twinloop.cron.lateness", &[job]), Some(7.0));
    assert!(measured("twinloop.cron.duration", &[job, "succeeded"]).is_some());
    assert_eq!(measured("twinloop.cron.failures_in_a_row", &[job]), Some(0.0));
    let next: Instant = "2026-06-02T00:30:00Z".parse().unwrap();
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let next = next.timestamp() as f64;
    assert_eq!(measured("twinloop.cron.next_run", &[job]), Some(next));
    scene.engine.close().await.unwrap();
    assert_eq!(measured("twinloop.cron.next_run", &[job]), None);
}

#[tokio::test]
async fn a_triggered_run_belongs_to_the_trace_of_its_caller() {
    let kept = kept();
    let job = "triggered";
    let scene = scene("2026-06-01T00:00:00Z", json!({ "id": job }), 0).await;
    let place = TraceContext::root(true);
    let caller = OperationTrace::begin(OperationKind::Request, place, None, Some("vendor=1".into()));
    let caller = CallOrigin::new(caller, None);
    let (triggered, context) = tokio::join!(scene.engine.trigger(0, &scene.hand.isolate, caller), async {
        let tick = scene.hand.next(Kind::Job).await;
        let context = scene.hand.isolate.port.context(u32::from_ne_bytes(tick.id.to_ne_bytes())).unwrap();
        scene.hand.fail(tick.id);
        context
    });
    assert!(triggered.is_err());
    assert_eq!(context.get("traceparent"), Some(place.to_string()));
    assert_eq!(context.get("tracestate").as_deref(), Some("vendor=1"));
    let spans = kept.run_of(job).await;
    assert_eq!((spans[0].context.trace, spans[0].parent), (place.trace, Some(place.span)));
    assert!(spans[0].is_error());
    assert_eq!(spans[0].attribute("twinloop.cron.lateness_ms"), None);
    assert_eq!(measured("twinloop.cron.runs", &[job, "failed"]), Some(1.0));
    assert_eq!(measured("twinloop.cron.failures_in_a_row", &[job]), Some(1.0));
}
