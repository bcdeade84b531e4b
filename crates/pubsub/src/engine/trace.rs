//! The trace that a message belongs to (W3C Trace Context, section 3.2).

use uuid::Uuid;

/// The trace id in a `traceparent`, where it is one.
pub(super) fn id_of(traceparent: &str) -> Option<String> {
    let id = traceparent.strip_prefix("00-")?.get(..32)?;
    is_id(id).then(|| id.to_owned())
}

/// A new trace id.
pub(super) fn new_id() -> String {
    Uuid::now_v7().simple().to_string()
}

/// The `traceparent` of a message published within the trace `id`; nothing for what is no trace id.
pub(super) fn parent(id: &str) -> Option<String> {
    let span = Uuid::now_v7().as_u64_pair().1;
    is_id(id).then(|| format!("00-{id}-{span:016x}-01"))
}

fn is_id(text: &str) -> bool {
    let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    text.len() == 32 && hex && text.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_trace_is_read_again() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(parent(id).as_deref().and_then(id_of).as_deref(), Some(id));
        assert!(is_id(&new_id()));
    }

    #[test]
    fn what_is_no_trace_is_ignored() {
        for bad in ["", "00-", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4BF9", "x"] {
            assert_eq!(id_of(bad), None, "{bad}");
        }
        assert_eq!(parent("nonsense"), None);
    }
}
