//! The identity of a request: 16 bytes, as hex.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// 32 lower-case hex digits: the trace id of the caller where it sent a valid one, otherwise our own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 32]);

static PREFIX: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
static COUNTER: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one(0) >> 16));

impl RequestId {
    /// The next id: a prefix drawn once per process, and a counter.
    pub(crate) fn next() -> Self {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut hex = [0; 32];
        write_hex(*PREFIX, &mut hex[..16]);
        write_hex(count, &mut hex[16..]);
        Self(hex)
    }

    /// The id for a request with these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        headers.get("traceparent").and_then(Self::from_traceparent).unwrap_or_else(Self::next)
    }

    /// Source: W3C Trace Context, section 3.2: `00-<32 hex>-<16 hex>-<2 hex>`, lower case, ids not all zero.
    fn from_traceparent(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let dashes = bytes.len() == 55 && [2, 35, 52].iter().all(|&at| bytes[at] == b'-');
        if !dashes || !bytes.starts_with(b"00") {
            return None;
        }
        let (trace, span, flags) = (&bytes[3..35], &bytes[36..52], &bytes[53..55]);
        let is_hex = |part: &[u8]| part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_zero = |part: &[u8]| part.iter().all(|&byte| byte == b'0');
        let valid = is_hex(trace) && is_hex(span) && is_hex(flags) && !is_zero(trace) && !is_zero(span);
        if valid { trace.try_into().ok().map(Self) } else { None }
    }

    /// As the value of `x-request-id`.
    pub(crate) fn header_value(&self) -> HeaderValue {
        HeaderValue::from_maybe_shared(Bytes::copy_from_slice(&self.0))
            .unwrap_or(HeaderValue::from_static("-"))
    }

    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn write_hex(number: u64, out: &mut [u8]) {
    for (index, byte) in out.iter_mut().enumerate() {
        *byte = b"0123456789abcdef"[((number >> (60 - 4 * index)) & 15) as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(traceparent: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(traceparent));
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn ids_are_32_hex_digits_and_differ() {
        let (one, two) = (RequestId::next(), RequestId::next());
        assert!(one != two);
        assert!(one.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn a_valid_trace_id_is_kept() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), id);
    }

    #[test]
    fn an_invalid_traceparent_is_ignored() {
        for bad in [
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-011",
            "",
        ] {
            assert!(!of(bad).starts_with("4bf92f3577b34da6"), "{bad}");
        }
    }
}
