//! Request ids: 16 bytes, as hexadecimal digits.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// A request id of 32 lower-case hex digits: the trace id of the caller's valid `traceparent`, otherwise a new id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 32]);

/// A generator of random numbers: a counter, mixed by a wide multiplication under a key.
///
/// Source: Wang Yi's wyrand, with a key of its own. Its state is far too small for secrets, which ids are not.
#[derive(Clone, Copy)]
struct Generator {
    state: u64,
    key: u64,
}

thread_local! {
    /// The generators of the two halves of an id: a thread's own, so that threads share nothing, and of independent states, so that
    /// two threads make the same ids only where both agree.
    static GENERATORS: Cell<[Generator; 2]> = Cell::new([Generator::new(), Generator::new()]);
}

impl Generator {
    /// A generator that begins somewhere; both numbers are drawn from the operating system's.
    fn new() -> Self {
        let drawn = RandomState::new();
        Self { state: drawn.hash_one(0), key: drawn.hash_one(1) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0xa076_1d64_78bd_642f);
        let product = u128::from(self.state) * u128::from(self.state ^ self.key);
        #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        low ^ high
    }
}

impl RequestId {
    /// Makes a new id, which looks random in every byte and does not tell the number of requests.
    ///
    /// Source: W3C Trace Context Level 2, "Random Trace ID Flag": the rightmost 7 bytes are random.
    pub(crate) fn next() -> Self {
        let mut generators = GENERATORS.get();
        let mut digits = [0; 32];
        for (half, generator) in digits.as_chunks_mut().0.iter_mut().zip(&mut generators) {
            *half = hex(generator.next());
        }
        GENERATORS.set(generators);
        Self(digits)
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

/// The 16 hex digits of a number, eight at a time.
fn hex(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    let halves = [number >> 32, number & 0xffff_ffff];
    for (eight, half) in digits.as_chunks_mut().0.iter_mut().zip(halves) {
        *eight = hex_of_half(half);
    }
    digits
}

/// The 8 hex digits of a number below 2^32.
fn hex_of_half(number: u64) -> [u8; 8] {
    let words = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (words | words << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (bytes | bytes << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // A nibble above nine carries into the next four bits, and is a letter.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
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
    fn digits_are_those_of_the_number() {
        for number in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX, 0x9a_a9_0f_f0_9f_a0_0a_f9] {
            assert_eq!(hex(number), format!("{number:016x}").as_bytes());
        }
    }

    #[test]
    fn ids_of_threads_differ() {
        let of_thread = || std::thread::spawn(|| (0..1_000).map(|_| RequestId::next().0).collect::<Vec<_>>());
        let threads = [of_thread(), of_thread(), of_thread()];
        let ids: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len());
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
