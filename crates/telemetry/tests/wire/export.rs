//! Export to collectors, good and bad.

use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use serde_json::{Value as Json, json};
use twinloop_runtime::telemetry::{Caller, OperationKind, OperationTrace, SpanKind, TraceContext};

use crate::collector::{Collector, Manner};
use crate::process::{Process, RECORD_METRICS, RECORD_SPAN, dropped, record_operation, settings};

const GRACE: Duration = Duration::from_secs(60);

/// Settings of an app without a store that exports to `collector`.
fn exporting(collector: &Collector, further: &[(&str, &str)]) -> Json {
    let mut settings = settings();
    settings["store"] = false.into();
    settings["otel"] =
        json!({ "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_METRICS_EXPORTER": "none" });
    for (name, value) in further {
        settings["otel"][*name] = (*value).into();
    }
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn every_span_arrives_once() {
    let count: usize = std::env::var("TWINLOOP_SPANS").ok().map_or(100_000, |count| count.parse().unwrap());
    let collector = Collector::start(&[Manner::Take]).await;
    let process = Process::configure(&exporting(&collector, &[("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")]))
        .await
        .unwrap();
    let before = dropped("spans");
    for number in 0..count / 10 {
        record_operation(10);
        // As fast as the collector takes them: what is beyond 16 MiB would be dropped, as it must.
        if number % 500 == 499 {
            collector.until(|got| got.spans + 20_000 > number * 10).await;
        }
    }
    process.stop(GRACE).await;
    let got = collector.got.lock().unwrap();
    assert_eq!((got.spans, got.span_ids.len()), (count, count));
    assert_eq!(dropped("spans") - before, 0);
    println!("{count} spans arrived in {} requests", got.attempts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_has_all_that_was_recorded() {
    let collector = Collector::start(&[Manner::Take]).await;
    let settings = exporting(
        &collector,
        &[
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=a%20key"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team=core%2C1"),
            ("OTEL_SERVICE_NAME", "store"),
        ],
    );
    let process = Process::configure(&settings).await.unwrap();
    assert_eq!(process.answer["collectsSpans"], true);
    assert_eq!(process.answer["collectsLines"], false);
    let context = TraceContext::root(true);
    let operation =
        OperationTrace::begin(OperationKind::Request, context, None, Some("vendor=1".into())).unwrap();
    let mut query = operation.open("select links", SpanKind::Client);
    query.set("db.response.returned_rows", 3);
    query.set("ok", true);
    query.set("share", 0.5);
    query.event("retry");
    query.fail("23505", "duplicate key");
    query.end();
    let user = json!({
        "traceId": context.trace.to_string(), "spanId": "00f067aa0ba902b7", "parentSpanId": context.span.to_string(),
        "name": "charge", "kind": "internal", "startMs": 1_700_000_000_000.5, "endMs": 1_700_000_000_001.0, "status": "ok",
        "attributes": { "tags": ["a", "b"] }, "links": [{ "traceId": context.trace.to_string(), "spanId": context.span.to_string() }],
    });
    let caller = Caller::new(Some(std::sync::Arc::clone(&operation)), None);
    process.call_of(caller, RECORD_SPAN, user.to_string()).await.unwrap();
    operation.end(operation.root("GET /links", SpanKind::Server));
    process.stop(GRACE).await;
    let got = collector.got.lock().unwrap();
    assert_eq!(got.headers[0]["x-api-key"], "a key");
    let resource = got.traces[0].resource_spans[0].resource.as_ref().unwrap();
    let attribute = |name: &str| {
        let found = resource.attributes.iter().find(|each| each.key == name).unwrap();
        match found.value.as_ref().unwrap().value.as_ref().unwrap() {
            Value::StringValue(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((attribute("service.name"), attribute("team")), ("store".to_owned(), "core,1".to_owned()));
    let spans = &got.traces[0].resource_spans[0].scope_spans[0].spans;
    assert_eq!(spans.len(), 3);
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (root, query, user) = (find("GET /links"), find("select links"), find("charge"));
    assert_eq!((root.kind, root.trace_id.as_slice(), root.flags), (2, context.trace.0.as_slice(), 1));
    assert!(root.parent_span_id.is_empty() && root.trace_state == "vendor=1");
    assert_eq!(query.parent_span_id, root.span_id);
    let status = query.status.as_ref().unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, "duplicate key"));
    assert_eq!(query.events[0].name, "retry");
    let values: Vec<_> =
        query.attributes.iter().map(|each| each.value.clone().unwrap().value.unwrap()).collect();
    assert!(values.contains(&Value::IntValue(3)) && values.contains(&Value::BoolValue(true)));
    assert!(values.contains(&Value::DoubleValue(0.5)));
    assert_eq!((user.start_time_unix_nano, user.links.len()), (1_700_000_000_000_500_000, 1));
    assert_eq!(user.status.as_ref().unwrap().code, 1);
    let Some(Value::ArrayValue(tags)) = user.attributes[0].value.clone().unwrap().value else {
        panic!("no array")
    };
    assert_eq!(tags.values.len(), 2);
}

/// The lines about collectors until one that has `last` in it.
async fn until_logged(process: &Process, last: &str) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let logged = async {
        while !told.iter().any(|line| line.contains(last)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            told.extend(process.logged().into_iter().filter(|line| line.contains("OTLP collector")));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), logged).await.unwrap();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_busy_collector_refuses_for_now_is_sent_again() {
    let manners =
        [Manner::Busy(429), Manner::Busy(503), Manner::Refuse(502), Manner::Refuse(504), Manner::Take];
    let collector = Collector::start(&manners).await;
    let process =
        Process::configure(&exporting(&collector, &[("OTEL_BSP_SCHEDULE_DELAY", "10")])).await.unwrap();
    let before = dropped("spans");
    record_operation(5);
    collector.until(|got| got.spans == 5).await;
    assert_eq!(collector.got.lock().unwrap().attempts, 5);
    let told = until_logged(&process, "reached").await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("lost OTLP collector") && told[0].contains("it answered 429"), "{told:?}");
    process.stop(GRACE).await;
    assert_eq!(dropped("spans") - before, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_collector_refuses_for_good_is_counted() {
    let collector = Collector::start(&[Manner::Refuse(401), Manner::Part(2), Manner::Garbage]).await;
    let process =
        Process::configure(&exporting(&collector, &[("OTEL_BSP_SCHEDULE_DELAY", "10")])).await.unwrap();
    let before = dropped("spans");
    record_operation(5);
    collector.until(|got| got.attempts == 1).await;
    record_operation(3);
    collector.until(|got| got.spans == 3).await;
    record_operation(4);
    collector.until(|got| got.spans == 7).await;
    let told = until_logged(&process, "refused telemetry").await;
    assert!(told.len() == 1 && told[0].contains("it answered 401: no thanks"), "{told:?}");
    process.stop(GRACE).await;
    assert_eq!(dropped("spans") - before, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_comes_back_gets_what_waited() {
    let collector = Collector::start(&[Manner::Hang]).await;
    let further = [("OTEL_BSP_SCHEDULE_DELAY", "10"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "50")];
    let process = Process::configure(&exporting(&collector, &further)).await.unwrap();
    record_operation(10);
    collector.until(|got| got.attempts >= 2).await;
    record_operation(10);
    collector.behave(Manner::Take);
    collector.until(|got| got.spans == 20).await;
    process.stop(GRACE).await;
    assert_eq!(collector.got.lock().unwrap().span_ids.len(), 20);
}

/// Bytes of physical memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_costs_bounded_memory_and_no_request() {
    let collector = Collector::start(&[Manner::Hang]).await;
    let process = Process::configure(&exporting(&collector, &[])).await.unwrap();
    record_operation(10);
    let (before, memory) = (dropped("spans"), resident());
    for _ in 0..40_000 {
        record_operation(10);
    }
    let grown = resident().saturating_sub(memory);
    assert!(grown < 40 << 20, "{grown} bytes");
    process.stop(Duration::from_millis(100)).await;
    assert_eq!(dropped("spans") - before, 400_010);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_sent_at_the_interval_and_at_the_end() {
    let collector = Collector::start(&[Manner::Take]).await;
    let mut settings = exporting(&collector, &[("OTEL_METRIC_EXPORT_INTERVAL", "50")]);
    settings["otel"]["OTEL_METRICS_EXPORTER"] = "otlp".into();
    let process = Process::configure(&settings).await.unwrap();
    let told = json!({ "metrics": [
        { "name": "wire.orders", "kind": "counter", "unit": "{order}", "help": "Orders.", "labels": ["kind"],
          "points": [{ "labels": ["gift"], "add": 2 }] },
        { "name": "wire.sizes", "kind": "histogram", "unit": "By", "bounds": [1, 10], "points": [{ "counts": [1, 0, 2], "sum": 50 }] },
    ] });
    process.call(RECORD_METRICS, told.to_string()).await.unwrap();
    collector.until(|got| !got.metrics.is_empty()).await;
    process.call(RECORD_METRICS, told.to_string()).await.unwrap();
    process.stop(GRACE).await;
    let got = collector.got.lock().unwrap();
    let last = got.metrics.last().unwrap();
    let metrics = &last.resource_metrics[0].scope_metrics[0].metrics;
    let find = |name: &str| metrics.iter().find(|metric| metric.name == name).unwrap().data.clone().unwrap();
    let Data::Sum(orders) = find("wire.orders") else { panic!("no sum") };
    assert!(orders.is_monotonic && orders.aggregation_temporality == 2);
    let point = &orders.data_points[0];
    assert!(point.start_time_unix_nano > 0 && point.time_unix_nano > point.start_time_unix_nano);
    assert_eq!(format!("{:?}", point.value.unwrap()), "AsDouble(4.0)");
    assert_eq!(point.attributes[0].key, "kind");
    let Data::Histogram(sizes) = find("wire.sizes") else { panic!("no histogram") };
    let sizes = &sizes.data_points[0];
    assert_eq!((sizes.count, sizes.sum), (6, Some(100.0)));
    assert_eq!(
        (sizes.bucket_counts.as_slice(), sizes.explicit_bounds.as_slice()),
        ([2, 0, 4].as_slice(), [1.0, 10.0].as_slice())
    );
    assert!(matches!(find("process.uptime"), Data::Gauge(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_obeyed_keeps_the_app_from_starting() {
    let mut settings = settings();
    settings["otel"] = json!({ "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc" });
    let Err(refused) = Process::configure(&settings).await else { panic!("grpc is not there") };
    assert!(refused.message.contains("OTEL_EXPORTER_OTLP_PROTOCOL"), "{refused}");
    settings["otel"] = json!({});
    let process = Process::configure(&settings).await.unwrap();
    let again = process.call(1, settings.to_string()).await.unwrap_err();
    assert_eq!(again.code, twinloop_runtime::Code::FailedPrecondition);
    process.stop(GRACE).await;
}
