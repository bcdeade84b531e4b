//! The trace that a message belongs to (W3C Trace Context, sections 3.2 and 3.3).
//!
//! A message carries the `traceparent` of its publisher, followed by a space and its `tracestate`. A message without a trace
//! belongs to one that is made from its id, so that all its attempts in all subscriptions belong to one trace.

use twinloop_runtime::telemetry::{TraceContext, TraceId};
use uuid::Uuid;

/// Greatest length of a `tracestate` in bytes; a longer one is dropped as a whole.
const MAX_STATE_BYTES: usize = 512;
const PARENT_BYTES: usize = 55;

/// Makes the trace id of a message that carries no trace.
pub(crate) fn id_of_message(id: &str) -> TraceId {
    let made = Uuid::parse_str(id).ok().filter(|made| !made.is_nil());
    TraceId(made.unwrap_or_else(Uuid::now_v7).into_bytes())
}

/// Splits the text that a message carries into `traceparent` and `tracestate`.
pub(crate) fn split(carried: &str) -> (&str, Option<&str>) {
    carried.split_once(' ').map_or((carried, None), |(parent, state)| (parent, Some(state)))
}

/// Reads the text that a message carries: the publisher's place, where that is valid, and its `tracestate`.
pub(crate) fn split_context(carried: &str) -> (Option<TraceContext>, Option<&str>) {
    let (parent, state) = split(carried);
    let context = TraceContext::read(parent);
    (context, state.filter(|_| context.is_some()))
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

/// Whether a text is a `traceparent` of the version that is passed on.
fn is_parent(text: &str) -> bool {
    text.len() == PARENT_BYTES && text.starts_with("00-") && TraceContext::read(text).is_some()
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
        let (place, state) = split_context(&with_state);
        assert_eq!(place.map(|place| place.to_string()).as_deref(), Some(PARENT));
        assert_eq!(state, Some("congo=t61rcWkgMzE,rojo=1"));
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
            assert_eq!((carried(bad), split_context(bad)), (None, (None, None)), "{bad}");
        }
    }

    #[test]
    fn a_message_without_one_has_a_trace_made_of_its_id() {
        let id = "01a227ea-2091-77ec-9eb4-8889d208c07e";
        assert_eq!(id_of_message(id).to_string(), "01a227ea209177ec9eb48889d208c07e");
        let nil = "00000000-0000-0000-0000-000000000000";
        for other in ["another program's", nil] {
            assert!(TraceId::read(&id_of_message(other).to_string()).is_some(), "{other}");
        }
    }
}
