//! What a collector says of a request.

use twinloop_runtime::{begin_of, redacted};

use crate::otlp::wire::{Field, Fields};

/// Most bytes of a reason that are told.
const MAX_REASON: usize = 300;

/// What a collector took only in part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partial {
    /// How many spans or data points were refused.
    pub(super) rejected: u64,
    /// Why; may be empty.
    pub(super) reason: String,
}

/// Reads `partial_success` of an answer of success; `None` where all was taken, and for an answer that cannot be read: the status
/// says that the request was taken.
pub(super) fn partial(body: &[u8]) -> Option<Partial> {
    let (_, Field::Bytes(partial)) = Fields(body).find(|(field, _)| *field == 1)? else { return None };
    let mut read = Partial { rejected: 0, reason: String::new() };
    for (field, value) in Fields(partial) {
        match (field, value) {
            (1, Field::Number(rejected)) => read.rejected = rejected,
            (2, Field::Bytes(reason)) => read.reason = readable(reason),
            _ => {}
        }
    }
    (read.rejected > 0 || !read.reason.is_empty()).then_some(read)
}

/// Why a request was refused: the message of a `google.rpc.Status`, or the text itself.
pub(super) fn reason(body: &[u8], is_protobuf: bool) -> String {
    let told = Fields(body).find_map(|(field, value)| match value {
        Field::Bytes(text) if field == 2 => Some(text),
        _ => None,
    });
    readable(told.filter(|_| is_protobuf).unwrap_or(if is_protobuf { &[] } else { body }))
}

/// A text from outside on one line, cut and without control characters or secrets.
fn readable(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * MAX_REASON)]);
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    redacted(begin_of(&plain, MAX_REASON).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::wire::{bytes, message, number};

    #[test]
    fn a_partial_success_is_read_and_garbage_is_none() {
        let mut body = Vec::new();
        message(&mut body, 1, |partial| {
            number(partial, 1, 3);
            bytes(partial, 2, b"too\nold");
        });
        assert_eq!(partial(&body), Some(Partial { rejected: 3, reason: "too old".to_owned() }));
        assert_eq!(partial(b""), None);
        assert_eq!(partial(b"\x0a\x00"), None);
        assert_eq!(partial(b"<html>no collector</html>"), None);
    }

    #[test]
    fn a_reason_is_one_short_line() {
        let mut status = Vec::new();
        bytes(&mut status, 2, b"bad \x1b[31mtoken");
        assert_eq!(reason(&status, true), "bad  [31mtoken");
        assert_eq!(reason("é".repeat(1000).as_bytes(), false).len(), MAX_REASON);
        assert_eq!(reason(b"\xff\xff", true), "");
    }
}
