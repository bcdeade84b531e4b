//! Lines by pino's names, as pino-http writes them, with flat fields for the rest.

use std::io::Write;
use std::time::UNIX_EPOCH;

use twinloop_runtime::telemetry::AccessEntry;

use crate::access::{level, milliseconds};

/// What each line has in common.
pub(crate) struct PinoForm {
    /// `,"pid":7,"hostname":"…"`.
    process: String,
}

/// Adds `text` as JSON.
pub(super) fn quoted(line: &mut Vec<u8>, text: &str) {
    // Writing to a vector does not fail.
    let _ = serde_json::to_writer(line, text);
}

/// Adds a field whose value is a text, where there is one. `name` needs no escapes.
pub(super) fn field(line: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = write!(line, ",\"{name}\":");
        quoted(line, value);
    }
}

impl PinoForm {
    /// The form on a machine of this name.
    pub(crate) fn new(host: &str) -> Self {
        let host = serde_json::Value::from(host);
        Self { process: format!(",\"pid\":{},\"hostname\":{host}", std::process::id()) }
    }

    /// Adds the line of a request, without its line feed.
    pub(crate) fn write(&self, line: &mut Vec<u8>, entry: &AccessEntry<'_>) {
        let time = entry.time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let _ = write!(line, "{{\"level\":{},\"time\":{time}{}", level(entry), self.process);
        line.extend_from_slice(b",\"msg\":\"request completed\",\"req\":{\"id\":");
        quoted(line, entry.request_id);
        field(line, "method", Some(entry.method));
        field(line, "url", Some(entry.path));
        if let Some(remote) = entry.remote {
            let _ = write!(line, ",\"remoteAddress\":\"{remote}\"");
        }
        let _ = write!(
            line,
            "}},\"res\":{{\"statusCode\":{}}},\"responseTime\":{}",
            entry.status,
            milliseconds(entry)
        );
        field(line, "route", entry.route);
        field(line, "endpoint", entry.endpoint);
        let _ = write!(line, ",\"bytes_in\":{},\"bytes_out\":{}", entry.bytes_in, entry.bytes_out);
        field(line, "principal", entry.principal);
        field(line, "refusal", entry.refusal);
        field(line, "user_agent", entry.user_agent);
        if entry.is_cut {
            line.extend_from_slice(b",\"aborted\":true");
        }
        if let Some(context) = entry.context {
            let _ = write!(line, ",\"trace_id\":\"{}\",\"span_id\":\"{}\"", context.trace, context.span);
        }
        line.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::entry;

    #[test]
    fn a_line_has_the_names_of_pino_http() {
        let mut line = Vec::new();
        PinoForm::new("box \"1\"").write(&mut line, &AccessEntry { is_cut: true, ..entry() });
        let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(read["level"], 30);
        assert_eq!(read["time"], 1_700_000_000_123_u64);
        assert_eq!(read["hostname"], "box \"1\"");
        assert_eq!(read["req"]["url"], "/links/\u{1b}[31m\"7\"");
        assert_eq!(read["req"]["remoteAddress"], "10.0.0.7");
        assert_eq!(read["res"]["statusCode"], 200);
        assert_eq!(read["responseTime"], 1.234);
        assert_eq!((&read["bytes_out"], &read["aborted"]), (&42.into(), &true.into()));
        assert_eq!(read["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(!line.contains(&0x1b) && !line.contains(&b'\n'));
    }
}
