//! Request ids: 16 bytes, as hexadecimal digits.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// A request id of 32 lower-case hex digits: the trace id of the caller's valid `traceparent`, otherwise a new id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 32]);

/// The keys of the hash that makes ids, drawn once per process from the operating system.
static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
static COUNTER: AtomicU64 = AtomicU64::new(0);

impl RequestId {
    /// Makes a new id: a keyed hash (`SipHash`) of a counter, so that ids look random in every byte and do not reveal the number
    /// of requests.
    ///
    /// Source: W3C Trace Context Level 2, "Random Trace ID Flag": the rightmost 7 bytes are random.
    pub(crate) fn next() -> Self {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut hex = [0; 32];
        for (half, key) in hex.chunks_exact_mut(16).zip(&*KEYS) {
            write_hex(key.hash_one(count), half);
        }
        Self(hex)
    }

    /// The id for a request with these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        headers.get("traceparent").and_then(Self::from_traceparent).unwrap_or_else(Self::next)
    }

    /// Reads an id that a proxy has given: 32 hex digits, or a UUID, whose hyphens are dropped; not all zero.
    pub(crate) fn from_proxy(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let has_hyphens = bytes.len() == 36 && [8, 13, 18, 23].iter().all(|&at| bytes[at] == b'-');
        if bytes.len() != 32 && !has_hyphens {
            return None;
        }
        let digits: Vec<u8> =
            bytes.iter().filter(|&&byte| byte != b'-').map(u8::to_ascii_lowercase).collect();
        let digits: [u8; 32] = digits.try_into().ok()?;
        let is_id = digits.iter().all(u8::is_ascii_hexdigit) && digits.iter().any(|&digit| digit != b'0');
        is_id.then_some(Self(digits))
    }

    /// Reads the trace id of a `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`, lower case, ids not all zero.
    ///
    /// Source: W3C Trace Context, section 3.2.
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

    /// The id as the value of `x-request-id`.
    pub(crate) fn header_value(&self) -> HeaderValue {
        HeaderValue::from_maybe_shared(Bytes::copy_from_slice(&self.0))
            .unwrap_or(HeaderValue::from_static("-"))
    }

    /// The id as text.
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
    fn an_id_of_a_proxy_is_32_digits_or_a_uuid() {
        let read = |text: &str| {
            RequestId::from_proxy(&HeaderValue::from_str(text).unwrap()).map(|id| id.as_str().to_owned())
        };
        let digits = "550e8400e29b41d4a716446655440000";
        for given in [digits, "550E8400-E29B-41D4-A716-446655440000"] {
            assert_eq!(read(given).as_deref(), Some(digits), "{given}");
        }
        for bad in [
            "",
            "1",
            "00000000000000000000000000000000",
            "550e8400e29b41d4a71644665544000g",
            "550e8400-e29b-41d4-a716-44665544000-",
            "550e8400-e29b-41d4-a7164-46655440000",
            "550e8400e29b41d4a716446655440000550e",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_byte_of_an_id_varies() {
        let ids: Vec<RequestId> = (0..256).map(|_| RequestId::next()).collect();
        for byte in 0..16 {
            let values: std::collections::HashSet<&[u8]> =
                ids.iter().map(|id| &id.0[2 * byte..2 * byte + 2]).collect();
            // Of 256 draws out of 256 values about 162 differ; fewer than 110 never happen by chance.
            assert!(values.len() > 110, "byte {byte} has only {} values", values.len());
        }
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
