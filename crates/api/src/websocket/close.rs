//! Why a WebSocket closes: a code and a reason.
//!
//! Source: RFC 6455, section 7.4.

use std::borrow::Cow;

use serde::Deserialize;
use twinloop_runtime::begin_of;

/// Most bytes of a reason: a control frame has 125, of which the code takes two.
const MAX_REASON_BYTES: usize = 123;

/// A close code with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Close {
    pub(crate) code: u16,
    #[serde(default)]
    pub(crate) reason: Cow<'static, str>,
}

impl Close {
    pub(crate) const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// The stream is over, as it should be.
    pub(crate) const DONE: Self = Self::new(1000, "");
    /// The server stops.
    pub(crate) const STOPPING: Self = Self::new(1001, "the app is stopping");
    /// No message has come or gone for the idle timeout.
    pub(crate) const IDLE: Self = Self::new(1001, "nothing was sent for too long");
    /// Pings were not answered. Sent to nobody, since nobody is there.
    pub(crate) const SILENT: Self = Self::new(1006, "the client answered no ping");
    /// The connection ended without a closing handshake. Sent to nobody.
    pub(crate) const LOST: Self = Self::new(1006, "the connection was lost");
    /// The stream takes no messages.
    pub(crate) const TAKES_NONE: Self = Self::new(1003, "this stream takes no messages");
    /// A text message is not UTF-8.
    pub(crate) const NOT_UTF8: Self = Self::new(1007, "a text message must be UTF-8");
    /// A compressed message cannot be inflated.
    pub(crate) const NOT_DEFLATE: Self = Self::new(1007, "a compressed message is damaged");
    /// A message is no JSON.
    pub(crate) const NOT_JSON: Self = Self::new(1007, "a message must be JSON");
    /// A message does not fit its type.
    pub(crate) const MISFIT: Self = Self::new(1008, "a message does not fit its type");
    /// A message is larger than the stream takes.
    pub(crate) const TOO_LARGE: Self = Self::new(1009, "a message is larger than this stream takes");
    /// The handler failed, or its isolate ended.
    pub(crate) const FAILED: Self = Self::new(1011, "the stream failed");
    /// Too many messages are being received.
    pub(crate) const NO_ROOM: Self = Self::new(1013, "too much is being received: try again later");

    /// A violation of the protocol.
    pub(crate) const fn protocol(reason: &'static str) -> Self {
        Self::new(1002, reason)
    }

    /// Reads the payload of a close frame; an empty one has no code, which is told as 1005.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Self> {
        let (code, reason) = match payload {
            [] => return Ok(Self::new(1005, "")),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
            [_] => return Err(Self::protocol("a close frame has half a code")),
        };
        if !may_be_sent(code) {
            return Err(Self::protocol("a close frame has a code that must not be sent"));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Self::NOT_UTF8)?;
        Ok(Self { code, reason: Cow::Owned(reason.to_owned()) })
    }

    /// The payload of a close frame: no code where there is none to send, the reason cut to what a frame holds.
    pub(crate) fn payload(&self) -> Vec<u8> {
        if !may_be_sent(self.code) {
            return Vec::new();
        }
        let reason = begin_of(&self.reason, MAX_REASON_BYTES);
        [&self.code.to_be_bytes()[..], reason.as_bytes()].concat()
    }

    /// The code and the reason as JSON, for the isolate.
    pub(crate) fn to_json(&self) -> String {
        format!(r#"{{"code":{},"reason":{}}}"#, self.code, serde_json::Value::from(&*self.reason))
    }

    /// A fault of the client as JSON, for the isolate, which may answer what came before it and then closes the stream.
    pub(crate) fn to_json_of_fault(&self) -> String {
        let reason = serde_json::Value::from(&*self.reason);
        format!(r#"{{"code":{},"reason":{reason},"mayAnswer":true}}"#, self.code)
    }
}

/// Whether a close frame may have this code (RFC 6455, sections 7.4.1 and 7.4.2, and IANA's registry).
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_client_sends() {
        assert_eq!(Close::read(b""), Ok(Close::new(1005, "")));
        assert_eq!(Close::read(b"\x03\xe8"), Ok(Close::DONE));
        assert_eq!(Close::read(b"\x0f\xa0bye"), Ok(Close::new(4000, "bye")));
        for bad in [
            &b"\x03"[..],
            b"\x03\xe7",
            b"\x03\xec",
            b"\x03\xed",
            b"\x03\xee",
            b"\x03\xf7",
            b"\x13\x88",
            b"\0\0",
            b"\xff\xff",
        ] {
            assert_eq!(Close::read(bad).unwrap_err().code, 1002, "{bad:?}");
        }
        assert_eq!(Close::read(b"\x03\xe8\xff").unwrap_err(), Close::NOT_UTF8);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let close = Close { code: 1000, reason: "ü".repeat(100).into() };
        let payload = close.payload();
        assert_eq!(payload.len(), 2 + 122);
        assert!(std::str::from_utf8(&payload[2..]).is_ok());
        assert_eq!(Close::LOST.payload(), b"");
        assert_eq!(Close::new(1005, "").payload(), b"");
    }

    #[test]
    fn the_isolate_reads_it_as_json() {
        assert_eq!(Close::new(4000, "a\"b").to_json(), r#"{"code":4000,"reason":"a\"b"}"#);
        let fault = Close::MISFIT.to_json_of_fault();
        assert_eq!(fault, r#"{"code":1008,"reason":"a message does not fit its type","mayAnswer":true}"#);
    }
}
