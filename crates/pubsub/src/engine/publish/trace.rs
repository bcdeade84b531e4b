//! The trace that a message belongs to (W3C Trace Context, sections 3.2 and 3.3).
//!
//! A message carries the `traceparent` of its publisher, followed by a space and its `tracestate`. A message without a trace
//! belongs to one that is made from its id, so that all its attempts in all subscriptions belong to one trace.

use uuid::Uuid;

/// Greatest length of a `tracestate` in bytes; a longer one is dropped as a whole.
const MAX_STATE_BYTES: usize = 512;
const PARENT_BYTES: usize = 55;

/// Returns the trace id in the text that a message carries; `None` where that text is no `traceparent`.
pub(crate) fn id_of(carried: &str) -> Option<&str> {
    let (parent, _) = split(carried);
    is_parent(parent).then(|| &parent[3..35])
}

/// Makes the trace id of a message that carries no trace.
pub(crate) fn id_of_message(id: &str) -> String {
    let made = Uuid::parse_str(id).unwrap_or_else(|_| Uuid::now_v7());
    made.simple().to_string()
}

/// Splits the text that a message carries into `traceparent` and `tracestate`.
pub(crate) fn split(carried: &str) -> (&str, Option<&str>) {
    carried.split_once(' ').map_or((carried, None), |(parent, state)| (parent, Some(state)))
}

/// Makes the text that a message carries from what the publisher gave; `None` where that has no valid `traceparent`.
pub(crate) fn carried(given: &str) -> Option<String> {
    let (parent, state) = split(given);
    if !is_parent(parent) {
        return None;
    }
    let passes = |state: &&str| {
        state.len() <= MAX_STATE_BYTES && state.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
    };
    Some(match state.filter(passes) {
        Some(state) => format!("{parent} {state}"),
        None => parent.to_owned(),
    })
}

fn is_parent(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == PARENT_BYTES
        && bytes.starts_with(b"00-")
        && [35, 52].iter().all(|at| bytes[*at] == b'-')
        && is_id(&bytes[3..35])
        && is_id(&bytes[36..52])
        && is_hex(&bytes[53..])
}

fn is_hex(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_id(bytes: &[u8]) -> bool {
    is_hex(bytes) && bytes.iter().any(|byte| *byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_publishers_trace_is_carried_with_its_state() {
        assert_eq!(carried(PARENT).as_deref(), Some(PARENT));
        let with_state = format!("{PARENT} congo=t61rcWkgMzE,rojo=1");
        assert_eq!(carried(&with_state).as_deref(), Some(with_state.as_str()));
        assert_eq!(id_of(&with_state), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        assert_eq!(split(&with_state), (PARENT, Some("congo=t61rcWkgMzE,rojo=1")));
    }

    #[test]
    fn a_state_that_cannot_be_sent_is_dropped_and_the_trace_kept() {
        for state in ["a=\r\nx: y", "a=é", &"x".repeat(513)] {
            assert_eq!(carried(&format!("{PARENT} {state}")).as_deref(), Some(PARENT));
        }
    }

    #[test]
    fn what_is_no_trace_is_ignored() {
        for bad in [
            "",
            "00-",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-é",
            "x",
        ] {
            assert_eq!((carried(bad), id_of(bad)), (None, None), "{bad}");
        }
    }

    #[test]
    fn a_message_without_one_has_a_trace_made_of_its_id() {
        let id = "01a227ea-2091-77ec-9eb4-8889d208c07e";
        assert_eq!(id_of_message(id), "01a227ea209177ec9eb48889d208c07e");
        assert_eq!(id_of_message("another program's").len(), 32);
    }
}
