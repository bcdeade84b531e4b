//! The spans of a request: its own, and those of what happened to it in Rust.
//!
//! Source: OpenTelemetry semantic conventions, "HTTP server span".

use std::time::Duration;

use twinloop_runtime::telemetry::{Span, SpanKind, SpanStatus, Value};

use crate::telemetry::ended::{EndedExchange, address, user_agent, version};
use crate::telemetry::meters::ErrorType;
use crate::telemetry::method::MethodLabel;
use crate::telemetry::trace::{HANDLER, Mark, TracedRequest};

/// The least duration of a step in Rust that gets a span. Shorter ones cannot be told from nothing beside a request, and would cost
/// more than they took.
const LEAST_STEP: Duration = Duration::from_micros(50);

/// Makes the request's own span, then those of its steps.
pub(crate) fn make(ended: &EndedExchange<'_>, traced: &TracedRequest, spans: &mut Vec<Span>) {
    spans.push(of_request(ended, traced));
    add_steps(ended.took, traced, spans);
}

fn of_request(ended: &EndedExchange<'_>, traced: &TracedRequest) -> Span {
    let context = ended.context;
    let place = context.record.place();
    let method = MethodLabel::of(&context.head.method);
    let mut span = traced.operation.root_of(place.span_name(method), SpanKind::Server, ended.took);
    span.attributes.reserve(14);
    span.set("http.request.method", method.as_str());
    if method == MethodLabel::Other {
        span.set("http.request.method_original", context.head.method.as_str().to_owned());
    }
    let path = context.head.uri.path();
    match place.route() {
        Some(route) if route == path => span.set("url.path", route),
        _ => span.set("url.path", path.to_owned()),
    }
    span.set("url.scheme", context.peer.protocol.as_str());
    if let Some(route) = place.route() {
        span.set("http.route", route);
    }
    span.set("http.response.status_code", ended.status);
    span.set("network.protocol.version", version(context.head.version));
    if !context.peer.address.is_unix {
        span.set("client.address", address(context.peer.address.ip));
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

/// Notes what went wrong. An error of the client's is none of the server's span.
fn fail(span: &mut Span, ended: &EndedExchange<'_>) {
    if let Some(error) = ended.error {
        span.set("error.type", Value::Text(error.to_text()));
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

/// Adds the spans of the steps that are worth one. A step that has not ended ends with its request.
fn add_steps(end: Duration, traced: &TracedRequest, spans: &mut Vec<Span>) {
    let operation = &traced.operation;
    let mut add = |name, from, to| {
        let interval = (operation.after(from), operation.after(to));
        spans.push(operation.step(name, SpanKind::Internal, interval));
    };
    for (name, begins, ends) in [
        ("auth", Mark::AuthBegins, Mark::AuthEnds),
        ("validate", Mark::ValidationBegins, Mark::ValidationEnds),
    ] {
        if let Some(from) = traced.since_begin(begins) {
            let to = traced.since_begin(ends).unwrap_or(end);
            if to.saturating_sub(from) >= LEAST_STEP {
                add(name, from, to);
            }
        }
    }
    let taken = traced.since_begin(Mark::Taken);
    let answered = traced.since_begin(Mark::Answered);
    if let Some(queued) = traced.since_begin(Mark::Queued) {
        add("queue", queued, taken.or(answered).unwrap_or(end));
    }
    if let Some(taken) = taken {
        let interval = (operation.after(taken), operation.after(answered.unwrap_or(end)));
        spans.push(operation.step_of(HANDLER, "handler", SpanKind::Internal, interval));
    }
}
