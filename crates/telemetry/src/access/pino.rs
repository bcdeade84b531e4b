//! Lines by pino's names, as pino-http writes them, with flat fields for the rest.

use twinloop_runtime::telemetry::AccessEntry;

use crate::access::fields::{address, field, ids, milliseconds, number, quoted, time};
use crate::access::level;

/// What each line has in common.
pub(crate) struct PinoForm {
    /// From `"pid"` to the id of the request.
    process: String,
}

impl PinoForm {
    /// The form on a machine of this name.
    pub(crate) fn new(host: &str) -> Self {
        let host = serde_json::Value::from(host);
        let pid = std::process::id();
        Self {
            process: format!(
                ",\"pid\":{pid},\"hostname\":{host},\"msg\":\"request completed\",\"req\":{{\"id\":"
            ),
        }
    }

    /// Adds the line of a request, without its line feed.
    pub(crate) fn write(&self, line: &mut String, entry: &AccessEntry<'_>) {
        number(line, "{\"level\":", level(entry));
        time(line, ",\"time\":", entry);
        line.push_str(&self.process);
        quoted(line, entry.request_id);
        field(line, ",\"method\":", Some(entry.method));
        field(line, ",\"url\":", Some(entry.path));
        address(line, ",\"remoteAddress\":", entry.remote);
        number(line, "},\"res\":{\"statusCode\":", entry.status);
        milliseconds(line, "},\"responseTime\":", entry);
        field(line, ",\"route\":", entry.route);
        field(line, ",\"endpoint\":", entry.endpoint);
        number(line, ",\"bytes_in\":", entry.bytes_in);
        number(line, ",\"bytes_out\":", entry.bytes_out);
        field(line, ",\"principal\":", entry.principal);
        field(line, ",\"refusal\":", entry.refusal);
        field(line, ",\"user_agent\":", entry.user_agent);
        if entry.is_cut {
            line.push_str(",\"aborted\":true");
        }
        ids(line, [",\"trace_id\":", ",\"span_id\":"], entry.context);
        line.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::entry;

    #[test]
    fn a_line_has_the_names_of_pino_http() {
        let mut line = String::new();
        PinoForm::new("box \"1\"").write(&mut line, &AccessEntry { is_cut: true, ..entry() });
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["level"], 30);
        assert_eq!(read["time"], 1_700_000_000_123_u64);
        assert_eq!(read["hostname"], "box \"1\"");
        assert_eq!(read["req"]["url"], "/links/\u{1b}[31m\"7\"");
        assert_eq!(read["req"]["remoteAddress"], "10.0.0.7");
        assert_eq!(read["res"]["statusCode"], 200);
        assert_eq!(read["responseTime"], 1.234);
        assert_eq!((&read["bytes_out"], &read["aborted"]), (&42.into(), &true.into()));
        assert_eq!(read["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(!line.contains(['\u{1b}', '\n']));
    }
}
