//! Spans as OTLP's messages.
//!
//! Source: opentelemetry-proto, `trace/v1/trace.proto`, `common/v1/common.proto`; the numbers are those of its fields.

use twinloop_runtime::telemetry::{
    Attribute, FinishedOperation, Span, SpanEvent, SpanLink, SpanStatus, Value,
};

use crate::otlp::wire::{
    always_bytes, always_number, bytes, double, fixed32, fixed64, head, long_message, message, number,
    short_pair, size_of_field,
};

/// The name of the scope that all spans and metrics are of.
const SCOPE: &str = "twinloop";

/// Adds the spans of an operation, each as the field `spans` of `ScopeSpans`, and the end of each to `ends`. Such fields can be
/// joined by joining their bytes.
pub(super) fn write_spans(into: &mut Vec<u8>, ends: &mut Vec<usize>, operation: &FinishedOperation) {
    let state = operation.state.as_deref().unwrap_or_default();
    for span in &operation.spans {
        long_message(into, 2, |into| write_span(into, span, state));
        ends.push(into.len());
    }
}

/// A whole request, `ExportTraceServiceRequest`, from the fields of [`write_spans`].
pub(super) fn request(resource: &[u8], spans: &[u8]) -> Vec<u8> {
    let mut scope = Vec::new();
    write_scope(&mut scope);
    // The lengths come first, so that the spans are copied once.
    let scope_spans = scope.len() + spans.len();
    let resource_spans = resource.len() + size_of_field(scope_spans);
    let mut request = Vec::with_capacity(size_of_field(resource_spans));
    head(&mut request, 1, resource_spans);
    request.extend_from_slice(resource);
    head(&mut request, 2, scope_spans);
    request.extend_from_slice(&scope);
    request.extend_from_slice(spans);
    request
}

/// The resource as the field `resource` of `ResourceSpans` and `ResourceMetrics`.
pub(super) fn resource_field(attributes: &[(String, String)]) -> Vec<u8> {
    let mut field = Vec::new();
    message(&mut field, 1, |resource| {
        for (name, value) in attributes {
            write_text_attribute(resource, 1, name, value);
        }
    });
    field
}

/// Adds the scope as the field `scope`.
pub(super) fn write_scope(into: &mut Vec<u8>) {
    message(into, 1, |scope| {
        bytes(scope, 1, SCOPE.as_bytes());
        bytes(scope, 2, env!("CARGO_PKG_VERSION").as_bytes());
    });
}

/// Adds an attribute whose value is a text.
pub(super) fn write_text_attribute(into: &mut Vec<u8>, field: u32, name: &str, value: &str) {
    message(into, field, |attribute| {
        bytes(attribute, 1, name.as_bytes());
        message(attribute, 2, |any| always_bytes(any, 1, value.as_bytes()));
    });
}

fn write_span(into: &mut Vec<u8>, span: &Span, state: &str) {
    bytes(into, 1, &span.context.trace.0);
    bytes(into, 2, &span.context.span.0);
    bytes(into, 3, state.as_bytes());
    if let Some(parent) = span.parent {
        bytes(into, 4, &parent.0);
    }
    bytes(into, 5, span.name.as_bytes());
    number(into, 6, span.kind as u64);
    fixed64(into, 7, span.start_ns);
    fixed64(into, 8, span.end_ns);
    write_attributes(into, 9, &span.attributes);
    for event in &span.events {
        message(into, 11, |into| write_event(into, event));
    }
    for link in &span.links {
        message(into, 13, |into| write_link(into, link));
    }
    match &span.status {
        SpanStatus::Unset => {}
        SpanStatus::Ok => message(into, 15, |status| number(status, 3, 1)),
        SpanStatus::Error(reason) => message(into, 15, |status| {
            bytes(status, 2, reason.as_bytes());
            number(status, 3, 2);
        }),
    }
    fixed32(into, 16, u32::from(span.context.flags));
}

fn write_event(into: &mut Vec<u8>, event: &SpanEvent) {
    fixed64(into, 1, event.time_ns);
    bytes(into, 2, event.name.as_bytes());
    write_attributes(into, 3, &event.attributes);
}

fn write_link(into: &mut Vec<u8>, link: &SpanLink) {
    bytes(into, 1, &link.context.trace.0);
    bytes(into, 2, &link.context.span.0);
    write_attributes(into, 4, &link.attributes);
    fixed32(into, 6, u32::from(link.context.flags));
}

fn write_attributes(into: &mut Vec<u8>, field: u32, attributes: &[Attribute]) {
    for (name, value) in attributes {
        if let Value::Text(text) = value
            && let Ok(length) = u8::try_from(text.len())
            && short_pair(into, field, name.as_bytes(), [&[0x0a, length], text.as_bytes()])
        {
            continue;
        }
        message(into, field, |attribute| {
            bytes(attribute, 1, name.as_bytes());
            message(attribute, 2, |any| write_value(any, value));
        });
    }
}

fn write_value(into: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => always_bytes(into, 1, text.as_bytes()),
        Value::Bool(value) => always_number(into, 2, u64::from(*value)),
        Value::Int(value) => always_number(into, 3, value.cast_unsigned()),
        Value::Float(value) => double(into, 4, *value),
        Value::Texts(texts) => message(into, 5, |array| {
            for text in texts {
                message(array, 1, |any| always_bytes(any, 1, text.as_bytes()));
            }
        }),
    }
}
