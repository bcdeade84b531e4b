//! A span that has ended.

use std::borrow::Cow;

use crate::telemetry::attribute::{Attribute, Value};
use crate::telemetry::identity::SpanId;
use crate::telemetry::trace_context::TraceContext;

/// The side of a span in an exchange, as OpenTelemetry numbers them in OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Work within the process.
    Internal = 1,
    /// A request that is answered.
    Server = 2,
    /// A request that is made.
    Client = 3,
    /// A message that is sent.
    Producer = 4,
    /// A message that is handled.
    Consumer = 5,
}

/// How a span's work went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nobody said; taken as success.
    #[default]
    Unset,
    /// The app said that it went well.
    Ok,
    /// The work failed, with what is known of why.
    Error(Cow<'static, str>),
}

/// Something that happened at one instant of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEvent {
    /// The event's name.
    pub name: Cow<'static, str>,
    /// Nanoseconds since 1970.
    pub time_ns: u64,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
}

/// A further span that caused a span, beside its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanLink {
    /// The span.
    pub context: TraceContext,
    /// What is known of the link.
    pub attributes: Vec<Attribute>,
}

/// A span that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The span's place.
    pub context: TraceContext,
    /// The span that it is part of; `None` for the first of a trace.
    pub parent: Option<SpanId>,
    /// The span's name, of few values.
    pub name: Cow<'static, str>,
    /// The side.
    pub kind: SpanKind,
    /// Nanoseconds since 1970.
    pub start_ns: u64,
    /// Nanoseconds since 1970.
    pub end_ns: u64,
    /// How it went.
    pub status: SpanStatus,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
    /// What happened in it.
    pub events: Vec<SpanEvent>,
    /// What caused it beside its parent.
    pub links: Vec<SpanLink>,
}

impl Span {
    /// Adds an attribute.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.attributes.push((name.into(), value.into()));
    }

    /// The first attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(each, _)| each == name).map(|(_, value)| value)
    }

    /// Whether the work failed.
    pub fn is_error(&self) -> bool {
        matches!(self.status, SpanStatus::Error(_))
    }

    /// About the number of bytes that the span holds, for bounds of memory.
    pub fn size(&self) -> usize {
        let of = |attributes: &[Attribute]| -> usize {
            attributes.iter().map(|(name, value)| size_of::<Attribute>() + name.len() + value.size()).sum()
        };
        let events: usize = self
            .events
            .iter()
            .map(|event| size_of::<SpanEvent>() + event.name.len() + of(&event.attributes))
            .sum();
        let links: usize = self.links.iter().map(|link| size_of::<SpanLink>() + of(&link.attributes)).sum();
        size_of::<Self>() + self.name.len() + of(&self.attributes) + events + links
    }
}
