//! Request ids: 16 bytes, as hexadecimal digits.

use bytes::Bytes;
use http::HeaderValue;
use twinloop_runtime::telemetry::TraceId;

/// A request id of 32 lower-case hex digits: the trace id of the request, unless a trusted proxy has given another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 32]);

impl RequestId {
    /// The id that has the digits of a trace's.
    pub(crate) fn of(trace: TraceId) -> Self {
        Self(trace.digits())
    }

    /// The id as that of a trace; `None` for zero, which no id is.
    pub(crate) fn trace(&self) -> Option<TraceId> {
        TraceId::read(self.as_str())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_digits_of_its_trace() {
        let trace = TraceId::random();
        let id = RequestId::of(trace);
        assert_eq!(id.as_str(), trace.to_string());
        assert_eq!(id.trace(), Some(trace));
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
        let ids: Vec<RequestId> = (0..256).map(|_| RequestId::of(TraceId::random())).collect();
        for byte in 0..16 {
            let values: std::collections::HashSet<&[u8]> =
                ids.iter().map(|id| &id.0[2 * byte..2 * byte + 2]).collect();
            // Of 256 draws out of 256 values about 162 differ; fewer than 110 never happen by chance.
            assert!(values.len() > 110, "byte {byte} has only {} values", values.len());
        }
    }
}
