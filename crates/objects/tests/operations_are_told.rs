//! What telemetry tells of objects. One test, because telemetry is the process's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use twinloop_objects::component;
use twinloop_runtime::mailbox::Limits;
use twinloop_runtime::telemetry::{
    AccessEntry, CallOrigin, FinishedOperation, Measured, OperationKind, OperationTrace, Span, SpanKind,
    TelemetryReader, TraceContext, Value, telemetry,
};
use twinloop_runtime::{Core, Failure, Invocation, Isolate, lock};

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

/// An isolate within an operation.
struct Work {
    core: &'static Core,
    isolate: Arc<Isolate>,
    component: Box<dyn twinloop_runtime::Component>,
    operation: Arc<OperationTrace>,
    kept: Arc<Kept>,
}

impl Work {
    async fn call(&self, operation: u16, argument: Json) -> Result<Json, Failure> {
        let invocation = Invocation {
            core: self.core,
            isolate: Arc::clone(&self.isolate),
            caller: CallOrigin::new(Some(Arc::clone(&self.operation)), None),
            operation,
            payload: argument.to_string().into(),
        };
        let answer = self.component.call(invocation).await?;
        Ok(serde_json::from_slice(&answer.bytes).unwrap_or_default())
    }

    /// Ends the operation, and gives the spans below it.
    fn spans(&self) -> Vec<Span> {
        self.operation.end(self.operation.root("POST /avatars", SpanKind::Server));
        std::mem::take(&mut *lock(&self.kept.0)).into_iter().flat_map(|one| one.spans).skip(1).collect()
    }
}

fn metric(name: &str) -> Vec<(String, u64)> {
    let all = telemetry().metrics.collect().into_iter().filter(|one| one.spec.name == name);
    let told = all.flat_map(|one| one.points).map(|point| match point.measured {
        Measured::Histogram { count, .. } => (point.labels.join(" "), count),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
        Measured::Number(number) => (point.labels.join(" "), number as u64),
    });
    told.collect()
}

/// Has all that is told kept from now on.
fn collect() -> Arc<Kept> {
    let kept = Arc::new(Kept::default());
    telemetry().read_by(Some(Arc::<Kept>::clone(&kept)));
    telemetry().settings.collect(true, false);
    telemetry().settings.set_reads_metrics(true);
    kept
}

#[tokio::test]
async fn each_operation_is_a_span_below_its_caller_with_its_bytes() {
    let kept = collect();
    let core = Core::get_or_build(Vec::new).unwrap();
    let isolate = core.attach(Limits::default(), || {});
    let operation =
        OperationTrace::begin(OperationKind::Request, TraceContext::root(true), None, None).unwrap();
    let work = Work { core, isolate, component: component(0), operation, kept };
    let memory =
        json!({ "url": "memory://", "root": "", "environment": {}, "versioned": [], "publicUrl": null });
    let store = work.call(1, memory).await.unwrap()["number"].clone();
    let blob = |bytes: &'static [u8]| work.isolate.blobs.put(bytes.into());

    let put = json!([store, "avatars", "ada.png", blob(b"12345"), {}]);
    work.call(6, put).await.unwrap();
    let of = |key: &str| json!([store, "avatars", key]);
    assert_eq!(work.call(4, of("none.png")).await.unwrap(), false);
    work.call(3, of("none.png")).await.unwrap_err();
    let upload = work.call(7, json!([store, "avatars", "eve.png", {}])).await.unwrap();
    for piece in [b"123".as_slice(), b"4567"] {
        work.call(8, json!([upload, blob(piece)])).await.unwrap();
    }
    work.call(9, json!([upload])).await.unwrap();
    let download = work.call(11, of("eve.png")).await.unwrap()["number"].clone();
    while !work.call(12, json!([download])).await.unwrap().is_null() {}
    let listing = work.call(14, json!([store, "avatars", ""])).await.unwrap();
    assert_eq!(work.call(15, json!([listing, 10])).await.unwrap().as_array().unwrap().len(), 2);
    work.call(16, json!([listing])).await.unwrap();
    let given_up = work.call(7, json!([store, "avatars", "bob.png", {}])).await.unwrap();
    work.call(10, json!([given_up])).await.unwrap();
    work.call(5, of("ada.png")).await.unwrap();

    let spans = work.spans();
    let told: Vec<(&str, Option<&Value>, Option<&Value>)> = spans
        .iter()
        .map(|span| (&*span.name, span.attribute("twinloop.object.bytes"), span.attribute("error.type")))
        .collect();
    let bytes = [Value::Int(5), Value::Int(7)];
    let (not_found, canceled) = (Value::from("not_found"), Value::from("canceled"));
    assert_eq!(
        told,
        [
            ("upload avatars", Some(&bytes[0]), None),
            ("exists avatars", None, None),
            ("attributes avatars", None, Some(&not_found)),
            ("upload avatars", Some(&bytes[1]), None),
            ("download avatars", Some(&bytes[1]), None),
            ("list avatars", None, None),
            ("upload avatars", None, Some(&canceled)),
            ("remove avatars", None, None),
        ]
    );
    let root = Some(work.operation.context().span);
    assert!(spans.iter().all(|span| span.kind == SpanKind::Client && span.parent == root));
    assert_eq!(spans[0].attribute("twinloop.object.key"), Some(&Value::from("ada.png".to_owned())));
    assert_eq!(
        metric("twinloop.objects.operation.duration"),
        [
            ("attributes avatars not_found".to_owned(), 1),
            ("download avatars ".to_owned(), 1),
            ("exists avatars ".to_owned(), 1),
            ("list avatars ".to_owned(), 1),
            ("remove avatars ".to_owned(), 1),
            ("upload avatars ".to_owned(), 2),
            ("upload avatars canceled".to_owned(), 1),
        ]
    );
    assert_eq!(metric("twinloop.objects.io"), [("avatars in".to_owned(), 7), ("avatars out".to_owned(), 12)]);

    // While nobody looks nothing is told.
    telemetry().settings.collect(false, false);
    telemetry().settings.set_reads_metrics(false);
    work.call(5, of("ada.png")).await.unwrap();
    assert_eq!(metric("twinloop.objects.operation.duration")[4].1, 1);
}
