//! One trace with its spans.

use serde_json::{Value as Json, json};
use twinloop_runtime::telemetry::{FinishedOperation, Span, SpanEvent, SpanKind, SpanStatus};

use crate::store::attributes;
use crate::store::summary::milliseconds;

/// A trace as `TraceAnswer` of the dashboard's contract: its spans by their start.
pub(crate) fn answer(id: &str, operations: &[FinishedOperation], dropped: u32) -> Json {
    let mut spans: Vec<&Span> = operations.iter().flat_map(|operation| &operation.spans).collect();
    spans.sort_by_key(|span| span.start_ns);
    json!({ "traceId": id, "spans": spans.into_iter().map(span_answer).collect::<Vec<_>>(), "dropped": dropped })
}

fn span_answer(span: &Span) -> Json {
    let (status, message) = match &span.status {
        SpanStatus::Unset => ("unset", None),
        SpanStatus::Ok => ("ok", None),
        SpanStatus::Error(message) => ("error", Some(message.as_ref())),
    };
    let links: Vec<Json> = span
        .links
        .iter()
        .map(|link| json!({ "traceId": link.context.trace.to_string(), "spanId": link.context.span.to_string() }))
        .collect();
    json!({
        "spanId": span.context.span.to_string(),
        "parentSpanId": span.parent.map(|parent| parent.to_string()),
        "name": span.name,
        "kind": kind_name(span.kind),
        "startMs": milliseconds(span.start_ns),
        "durationMs": milliseconds(span.end_ns.saturating_sub(span.start_ns)),
        "status": status,
        "message": message,
        "attributes": attributes::json(&span.attributes),
        "events": span.events.iter().map(event_answer).collect::<Vec<_>>(),
        "links": links,
    })
}

fn event_answer(event: &SpanEvent) -> Json {
    json!({
        "name": event.name,
        "timeMs": milliseconds(event.time_ns),
        "attributes": attributes::json(&event.attributes),
    })
}

fn kind_name(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}
