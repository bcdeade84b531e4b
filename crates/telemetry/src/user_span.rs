//! Spans of user code.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use twinloop_runtime::telemetry::{
    Attribute, CallOrigin, OperationKind, OperationTrace, Span, SpanEvent, SpanId, SpanKind, SpanLink,
    SpanStatus, TraceContext, TraceId, Value, telemetry,
};
use twinloop_runtime::{Failure, read_arguments};

/// A span as JavaScript tells it. Times are milliseconds since 1970, with fractions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserSpan {
    trace_id: String,
    span_id: String,
    parent_span_id: Option<String>,
    name: String,
    #[serde(default)]
    kind: UserKind,
    start_ms: f64,
    end_ms: f64,
    #[serde(default)]
    status: UserStatus,
    message: Option<String>,
    #[serde(default)]
    attributes: Map<String, Json>,
    #[serde(default)]
    events: Vec<UserEvent>,
    #[serde(default)]
    links: Vec<UserLink>,
    /// Whether the trace is sampled, where the span has no operation to ask.
    sampled: Option<bool>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UserKind {
    #[default]
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UserStatus {
    #[default]
    Unset,
    Ok,
    Error,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserEvent {
    name: String,
    time_ms: f64,
    #[serde(default)]
    attributes: Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserLink {
    trace_id: String,
    span_id: String,
    #[serde(default)]
    attributes: Map<String, Json>,
}

/// Records a span: as part of the caller's operation where that has the same trace, otherwise as an operation of its own.
///
/// Errors: `internal` for a text that is no span.
pub(crate) fn record(text: &str, caller: &CallOrigin) -> Result<(), Failure> {
    if !telemetry().settings.collects_traces() {
        return Ok(());
    }
    let told: UserSpan = read_arguments("telemetry.RecordSpan", text.as_bytes())?;
    let misfit =
        || Failure::bad_arguments(&"telemetry.RecordSpan", &"an id of the span is not hexadecimal, or zero");
    let trace = TraceId::read(&told.trace_id).ok_or_else(misfit)?;
    let operation = caller.operation().filter(|operation| operation.context().trace == trace);
    let flags = match (operation, told.sampled) {
        (Some(operation), _) => operation.context().flags,
        (None, Some(sampled)) => u8::from(sampled),
        (None, None) => u8::from(telemetry().samples(trace, None)),
    };
    let span = told.span(trace, flags).ok_or_else(misfit)?;
    match operation {
        Some(operation) => operation.add(span),
        None => record_alone(span),
    }
    Ok(())
}

fn record_alone(span: Span) {
    let begun = OperationTrace::begin(OperationKind::Other, span.context, span.parent, None);
    if let Some(operation) = begun {
        Arc::clone(&operation).end(span);
    }
}

impl UserSpan {
    /// The span; `None` where an id is none.
    fn span(self, trace: TraceId, flags: u8) -> Option<Span> {
        let parent = match &self.parent_span_id {
            Some(id) => Some(SpanId::read(id)?),
            None => None,
        };
        let start_ns = nanoseconds(self.start_ms);
        Some(Span {
            context: TraceContext { trace, span: SpanId::read(&self.span_id)?, flags },
            parent,
            name: self.name.into(),
            kind: self.kind.into(),
            start_ns,
            end_ns: nanoseconds(self.end_ms).max(start_ns),
            status: match self.status {
                UserStatus::Unset => SpanStatus::Unset,
                UserStatus::Ok => SpanStatus::Ok,
                UserStatus::Error => SpanStatus::Error(self.message.unwrap_or_default().into()),
            },
            attributes: attributes(self.attributes),
            events: self.events.into_iter().map(UserEvent::event).collect(),
            links: self.links.into_iter().filter_map(UserLink::link).collect(),
        })
    }
}

impl UserEvent {
    fn event(self) -> SpanEvent {
        SpanEvent {
            name: self.name.into(),
            time_ns: nanoseconds(self.time_ms),
            attributes: attributes(self.attributes),
        }
    }
}

impl UserLink {
    /// The link; `None` where an id is none: links come from outside, and a span is worth more than its links.
    fn link(self) -> Option<SpanLink> {
        let context = TraceContext {
            trace: TraceId::read(&self.trace_id)?,
            span: SpanId::read(&self.span_id)?,
            flags: 0,
        };
        Some(SpanLink { context, attributes: attributes(self.attributes) })
    }
}

impl From<UserKind> for SpanKind {
    fn from(kind: UserKind) -> Self {
        match kind {
            UserKind::Internal => Self::Internal,
            UserKind::Server => Self::Server,
            UserKind::Client => Self::Client,
            UserKind::Producer => Self::Producer,
            UserKind::Consumer => Self::Consumer,
        }
    }
}

/// Milliseconds with fractions as nanoseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn nanoseconds(milliseconds: f64) -> u64 {
    // Whole milliseconds are exact; only the fraction is rounded.
    let whole = milliseconds.floor();
    (whole as u64).saturating_mul(1_000_000).saturating_add(((milliseconds - whole) * 1e6) as u64)
}

fn attributes(told: Map<String, Json>) -> Vec<Attribute> {
    told.into_iter().filter_map(|(name, value)| Some((name.into(), value_of(value)?))).collect()
}

/// A value of JavaScript; arrays become texts, `null` is left out.
fn value_of(told: Json) -> Option<Value> {
    Some(match told {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::Texts(items.into_iter().map(text_of).collect()),
        Json::Object(_) => Value::from(told.to_string()),
    })
}

fn text_of(item: Json) -> String {
    match item {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_is_told() {
        let told: UserSpan = serde_json::from_str(
            r#"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","parentSpanId":null,"name":"charge",
            "kind":"client","startMs":1700000000000.5,"endMs":1700000000001.25,"status":"error","message":"declined",
            "attributes":{"n":3,"x":1.5,"ok":true,"who":"Ada","tags":["a",1],"none":null},
            "events":[{"name":"retry","timeMs":1700000000001,"attributes":{}}],
            "links":[{"traceId":"no","spanId":"no"}]}"#,
        )
        .unwrap();
        let trace = TraceId::read(&told.trace_id).unwrap();
        let span = told.span(trace, 1).unwrap();
        assert_eq!((span.start_ns, span.end_ns), (1_700_000_000_000_500_000, 1_700_000_000_001_250_000));
        assert_eq!(span.status, SpanStatus::Error("declined".into()));
        assert_eq!(span.attribute("n"), Some(&Value::Int(3)));
        assert_eq!(span.attribute("tags"), Some(&Value::Texts(vec!["a".to_owned(), "1".to_owned()])));
        assert!(span.attribute("none").is_none() && span.links.is_empty() && span.events.len() == 1);
    }

    #[test]
    fn a_clock_that_went_back_makes_no_negative_span() {
        assert_eq!(nanoseconds(-5.0), 0);
        assert_eq!(nanoseconds(f64::NAN), 0);
    }
}
