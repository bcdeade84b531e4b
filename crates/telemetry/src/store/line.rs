//! One log line.

use serde_json::{Map, Value as Json};
use twinloop_runtime::telemetry::TraceId;

/// The level of a line that names none: info.
const INFO: i64 = 30;

/// A log line, as its fields were written.
#[derive(Debug)]
pub(crate) struct Line {
    /// Milliseconds since 1970.
    pub(crate) time_ms: f64,
    /// pino's number of the level.
    pub(crate) level: i64,
    /// What happened.
    pub(crate) message: String,
    /// All further fields.
    pub(crate) fields: Map<String, Json>,
}

impl Line {
    /// Reads a line in pino's names: `level`, `time` and `msg` beside its own fields; `None` for what is no JSON object.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let Ok(Json::Object(mut fields)) = serde_json::from_str(text) else { return None };
        let level = fields.remove("level").and_then(|level| level.as_i64()).unwrap_or(INFO);
        let time_ms = fields.remove("time").and_then(|time| time.as_f64()).unwrap_or_else(now_ms);
        let message = match fields.remove("msg") {
            Some(Json::String(message)) => message,
            None => String::new(),
            Some(other) => other.to_string(),
        };
        Some(Self { time_ms, level, message, fields })
    }

    /// The trace that the line belongs to.
    pub(crate) fn trace(&self) -> Option<TraceId> {
        self.fields.get("trace_id").and_then(Json::as_str).and_then(TraceId::read)
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_fields() {
        let text = r#"{"level":40,"time":1700000000000,"msg":"lost","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","n":1}"#;
        let line = Line::read(text).unwrap();
        assert_eq!((line.level, line.message.as_str()), (40, "lost"));
        assert!(line.trace().is_some() && line.fields["n"] == 1);
        assert!(Line::read("no json").is_none() && Line::read("[1]").is_none());
        assert_eq!(Line::read("{}").unwrap().level, 30);
    }
}
