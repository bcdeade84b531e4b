//! Lines by the names of the Elastic Common Schema.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use twinloop_runtime::telemetry::AccessEntry;

use crate::access::fields::{address, field, ids, number};
use crate::access::{WARN, level};
use crate::settings::App;

/// The version of the schema. Source: Elastic Common Schema 8.11, "HTTP fields", "Event fields".
const VERSION: &str = "8.11.0";

/// What each line has in common.
pub(crate) struct EcsForm {
    /// From `"ecs.version"` to the service.
    process: String,
}

impl EcsForm {
    /// The form of an app on a machine of this name.
    pub(crate) fn new(app: &App, host: &str) -> Self {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        Self {
            process: format!(
                ",\"ecs.version\":\"{VERSION}\",\"process.pid\":{},\"host.hostname\":{},\"service.name\":{},\"service.version\":{}",
                std::process::id(),
                text(host),
                text(&app.name),
                text(&app.version)
            ),
        }
    }

    /// Adds the line of a request, without its line feed.
    pub(crate) fn write(&self, line: &mut String, entry: &AccessEntry<'_>) {
        let time = DateTime::<Utc>::from(entry.time).to_rfc3339_opts(SecondsFormat::Millis, true);
        let level = if level(entry) == WARN { "warn" } else { "info" };
        let _ = write!(
            line,
            "{{\"@timestamp\":\"{time}\",\"log.level\":\"{level}\",\"message\":\"request completed\""
        );
        line.push_str(&self.process);
        line.push_str(",\"event.dataset\":\"twinloop.access\",\"event.category\":[\"web\"]");
        let outcome = if entry.status >= 500 { "failure" } else { "success" };
        field(line, ",\"event.outcome\":", Some(outcome));
        number(line, ",\"event.duration\":", entry.took.as_nanos());
        field(line, ",\"event.reason\":", entry.refusal);
        field(line, ",\"http.request.id\":", Some(entry.request_id));
        field(line, ",\"http.request.method\":", Some(entry.method));
        field(line, ",\"http.version\":", Some(entry.version));
        field(line, ",\"url.path\":", Some(entry.path));
        number(line, ",\"http.request.body.bytes\":", entry.bytes_in);
        number(line, ",\"http.response.status_code\":", entry.status);
        number(line, ",\"http.response.body.bytes\":", entry.bytes_out);
        address(line, ",\"client.ip\":", entry.remote);
        field(line, ",\"user_agent.original\":", entry.user_agent);
        field(line, ",\"user.id\":", entry.principal);
        field(line, ",\"labels.route\":", entry.route);
        field(line, ",\"labels.endpoint\":", entry.endpoint);
        if entry.is_cut {
            line.push_str(",\"labels.aborted\":\"true\"");
        }
        ids(line, [",\"trace.id\":", ",\"span.id\":"], entry.context);
        line.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::entry;

    #[test]
    fn a_line_has_the_names_of_the_schema() {
        let app = App {
            name: "shop".to_owned(),
            version: "1.0.0".to_owned(),
            environment: "production".to_owned(),
            node: "v20".to_owned(),
            twinloop: "0.1.0".to_owned(),
        };
        let mut line = String::new();
        EcsForm::new(&app, "box")
            .write(&mut line, &AccessEntry { status: 502, refusal: Some("auth"), ..entry() });
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["@timestamp"], "2023-11-14T22:13:20.123Z");
        assert_eq!((&read["log.level"], &read["event.outcome"]), (&"warn".into(), &"failure".into()));
        assert_eq!(read["event.duration"], 1_234_000);
        assert_eq!(
            (&read["http.response.status_code"], &read["client.ip"]),
            (&502.into(), &"10.0.0.7".into())
        );
        assert_eq!((&read["service.name"], &read["event.reason"]), (&"shop".into(), &"auth".into()));
        assert_eq!(read["trace.id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}
