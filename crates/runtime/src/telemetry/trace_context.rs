//! A place in a distributed trace (W3C Trace Context).

use std::fmt;

use crate::telemetry::identity::{SpanId, TraceId};

/// The flag of a trace that was sampled.
const SAMPLED: u8 = 1;

/// A span's place in a trace, as `traceparent` carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
    /// The trace flags; bit 0 says that the trace was sampled.
    pub flags: u8,
}

impl TraceContext {
    /// A place in a trace that begins now.
    pub fn root(is_sampled: bool) -> Self {
        Self { trace: TraceId::random(), span: SpanId::random(), flags: u8::from(is_sampled) }
    }

    /// The place of a new span below this one.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: SpanId::random(), ..self }
    }

    /// Gives the place the sampling decision given.
    #[must_use]
    pub fn sampled(self, is_sampled: bool) -> Self {
        Self { flags: (self.flags & !SAMPLED) | u8::from(is_sampled), ..self }
    }

    /// Whether whoever began the trace sampled it.
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Reads a `traceparent`: `00-<trace id>-<parent id>-<flags>`, lower case, ids not zero. A later version may have more
    /// behind its flags, which are not read (section 4.3).
    ///
    /// Source: W3C Trace Context, section 3.2.
    pub fn read(traceparent: &str) -> Option<Self> {
        let bytes = traceparent.as_bytes();
        let is_shaped =
            bytes.len() >= 55 && [2, 35, 52].iter().all(|&at| bytes[at] == b'-') && bytes.is_ascii();
        if !is_shaped || traceparent.starts_with("ff") {
            return None;
        }
        let is_this_version = traceparent.starts_with("00");
        if bytes.len() > 55 && (is_this_version || bytes[55] != b'-') {
            return None;
        }
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hex(&traceparent[..2]) || !is_hex(&traceparent[53..55]) {
            return None;
        }
        Some(Self {
            trace: TraceId::read(&traceparent[3..35])?,
            span: SpanId::read(&traceparent[36..52])?,
            flags: u8::from_str_radix(&traceparent[53..55], 16).ok()?,
        })
    }
}

/// The value of a `traceparent` header.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_is_written_as_it_is_read() {
        let read = TraceContext::read(PARENT).unwrap();
        assert_eq!(read.to_string(), PARENT);
        assert!(read.is_sampled());
        assert!(!read.sampled(false).is_sampled());
        let child = read.child();
        assert!(child.trace == read.trace && child.span != read.span && child.flags == 1);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes";
        assert_eq!(TraceContext::read(later), TraceContext::read(PARENT));
    }

    #[test]
    fn what_is_no_context_is_refused() {
        for bad in [
            "",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\u{e9}",
        ] {
            assert_eq!(TraceContext::read(bad), None, "{bad}");
        }
    }
}
