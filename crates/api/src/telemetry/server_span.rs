//! The spans of a request: its own, and those of what happened to it in Rust.
//!
//! Source: OpenTelemetry semantic conventions, "HTTP server span".

use std::borrow::Cow;
use std::time::{Duration, Instant};

use twinloop_runtime::telemetry::{OperationTrace, Span, SpanKind, SpanStatus};

use crate::telemetry::ending::{EndedExchange, user_agent, version};
use crate::telemetry::meters::ErrorType;
use crate::telemetry::method::MethodLabel;
use crate::telemetry::trace::{Mark, TracedRequest};

/// The least duration of a step in Rust that gets a span. Shorter ones cannot be told from nothing beside a request, and would cost
/// more than they took.
const LEAST_STEP: Duration = Duration::from_micros(50);

/// Makes the request's own span, and adds those of its steps to the operation.
pub(crate) fn make(ended: &EndedExchange<'_>, traced: &TracedRequest) -> Span {
    add_steps(traced);
    let context = ended.context;
    let place = context.record.place();
    let method = MethodLabel::of(&context.head.method);
    let mut span = traced.operation.root(name(method, place.route()), SpanKind::Server);
    span.attributes.reserve(14);
    span.set("http.request.method", method.as_str());
    if method == MethodLabel::Other {
        span.set("http.request.method_original", context.head.method.as_str().to_owned());
    }
    span.set("url.path", context.head.uri.path().to_owned());
    span.set("url.scheme", context.peer.protocol.as_str());
    if let Some(route) = place.route() {
        span.set("http.route", route);
    }
    span.set("http.response.status_code", ended.status);
    span.set("network.protocol.version", version(context.head.version));
    if !context.peer.address.is_unix {
        span.set("client.address", context.peer.address.ip.to_string());
    }
    if let Some(user_agent) = user_agent(&context.head.headers) {
        span.set("user_agent.original", user_agent.into_owned());
    }
    if ended.bytes_in > 0 {
        span.set("http.request.body.size", ended.bytes_in);
    }
    span.set("http.response.body.size", ended.bytes_out);
    if let (Some(service), Some(endpoint)) = (place.service(), place.endpoint()) {
        span.set("twinloop.service", service);
        span.set("twinloop.endpoint", endpoint);
    }
    if let Some(reason) = context.record.refusal() {
        span.set("twinloop.refusal", reason.as_str());
    }
    fail(&mut span, ended);
    span
}

fn name(method: MethodLabel, route: Option<&str>) -> Cow<'static, str> {
    let method = if method == MethodLabel::Other { "HTTP" } else { method.as_str() };
    match route {
        Some(route) => format!("{method} {route}").into(),
        None => method.into(),
    }
}

/// Notes what went wrong. An error of the client's is none of the server's span.
fn fail(span: &mut Span, ended: &EndedExchange<'_>) {
    if let Some(error) = ended.error {
        span.set("error.type", error.to_text().into_owned());
    }
    if ended.is_cut {
        span.set("twinloop.cut", true);
    }
    if ended.status >= 500 {
        let message = match ended.error {
            Some(ErrorType::Refused(reason)) => reason.as_str().into(),
            _ => String::new().into(),
        };
        span.status = SpanStatus::Error(message);
    }
}

/// Adds the spans of the steps that are worth one. A step that has not ended ends now, with its request.
fn add_steps(traced: &TracedRequest) {
    let now = Instant::now();
    let operation = &traced.operation;
    for (name, begins, ends) in [
        ("auth", Mark::AuthBegins, Mark::AuthEnds),
        ("validate", Mark::ValidationBegins, Mark::ValidationEnds),
    ] {
        if let Some(from) = traced.at(begins) {
            let to = traced.at(ends).unwrap_or(now);
            if to.saturating_duration_since(from) >= LEAST_STEP {
                add(operation, name, from, to);
            }
        }
    }
    let Some(queued) = traced.at(Mark::Queued) else { return };
    let taken = traced.at(Mark::Taken);
    let answered = traced.at(Mark::Answered);
    add(operation, "queue", queued, taken.or(answered).unwrap_or(now));
    if let Some(taken) = taken {
        add(operation, "handler", taken, answered.unwrap_or(now));
    }
}

fn add(operation: &OperationTrace, name: &'static str, from: Instant, to: Instant) {
    operation.add_interval(name, SpanKind::Internal, from, to);
}
