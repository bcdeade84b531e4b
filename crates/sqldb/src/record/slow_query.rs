//! The log of slow queries: one line each, without parameters, and at most ten a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use twinloop_runtime::telemetry::TraceContext;
use twinloop_runtime::{Core, Level, begin_of, lock};

/// Most lines within [`WINDOW`].
const MAX_LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(1);
/// Longest text of a query in a line, in bytes.
const MAX_TEXT: usize = 2048;

/// What the log says of a slow query.
pub(super) struct SlowQuery<'a> {
    pub(super) text: &'a str,
    pub(super) took: Duration,
    /// How much of it was the wait for a connection.
    pub(super) waited: Duration,
    /// The rows that were returned or changed.
    pub(super) rows: u64,
    /// The name of the database in the server.
    pub(super) namespace: &'a str,
    /// SQLSTATE, or the code of the error, where it failed.
    pub(super) error: Option<&'a str>,
    /// The span that it is told under, or that it was part of.
    pub(super) span: Option<TraceContext>,
}

/// Counts the lines of the present window, and those that were left out.
#[derive(Default)]
struct Lines {
    since: Option<Instant>,
    told: u32,
    left_out: u32,
}

/// Whether a line is written.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Write,
    /// The line is left out; whoever is first in its window has to see to it that their number is told.
    LeaveOut {
        is_first: bool,
    },
}

impl Lines {
    fn next(&mut self, now: Instant) -> Turn {
        if self.since.is_none_or(|since| now.duration_since(since) >= WINDOW) {
            (self.since, self.told) = (Some(now), 0);
        }
        if self.told < MAX_LINES {
            self.told += 1;
            return Turn::Write;
        }
        self.left_out += 1;
        Turn::LeaveOut { is_first: self.left_out == 1 }
    }
}

static LINES: Mutex<Lines> = Mutex::new(Lines { since: None, told: 0, left_out: 0 });

/// Logs a slow query, unless there were too many just now: their number is logged a second later.
pub(super) fn tell(query: &SlowQuery<'_>) {
    // The core exists, since this component is part of it.
    let Ok(core) = Core::get_or_build(Vec::new) else { return };
    match lock(&LINES).next(Instant::now()) {
        Turn::Write => core.log(Level::Warn, &query.message(), &query.fields()),
        Turn::LeaveOut { is_first: false } => {}
        Turn::LeaveOut { is_first: true } => {
            core.spawn("slow queries", async move {
                tokio::time::sleep(WINDOW).await;
                let left_out = std::mem::take(&mut lock(&LINES).left_out);
                let message = format!("left out {left_out} slow queries: more than {MAX_LINES} in a second");
                core.log(Level::Warn, &message, &json!({ "leftOut": left_out }));
            });
        }
    }
}

impl SlowQuery<'_> {
    fn message(&self) -> String {
        format!("slow query on {}: {} ms", self.namespace, self.took.as_millis())
    }

    fn fields(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("query", json!(begin_of(self.text, MAX_TEXT)));
        put("durationMs", json!(milliseconds(self.took)));
        put("acquireMs", json!(milliseconds(self.waited)));
        put("rows", json!(self.rows));
        put("database", json!(self.namespace));
        if let Some(error) = self.error {
            let is_state = error.len() == 5
                && error.bytes().all(|byte| byte.is_ascii_alphanumeric() && !byte.is_ascii_lowercase());
            put(if is_state { "sqlstate" } else { "error" }, json!(error));
        }
        if let Some(span) = self.span {
            put("trace_id", json!(span.trace.to_string()));
            put("span_id", json!(span.span.to_string()));
        }
        Value::Object(fields)
    }
}

/// A duration in milliseconds, with three digits behind the point.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_a_second_are_written_and_the_others_counted() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        for _ in 0..MAX_LINES {
            assert_eq!(lines.next(now), Turn::Write);
        }
        assert_eq!(lines.next(now), Turn::LeaveOut { is_first: true });
        assert_eq!(lines.next(now + WINDOW / 2), Turn::LeaveOut { is_first: false });
        assert_eq!(lines.left_out, 2);
        assert_eq!(lines.next(now + WINDOW), Turn::Write);
    }

    #[test]
    fn a_line_says_what_was_slow_and_holds_no_parameters() {
        let query = SlowQuery {
            text: "select é",
            took: Duration::from_micros(1_500_250),
            waited: Duration::ZERO,
            rows: 3,
            namespace: "shop",
            error: Some("57014"),
            span: TraceContext::read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        };
        assert_eq!(query.message(), "slow query on shop: 1500 ms");
        let fields = json!({
            "query": "select é", "durationMs": 1500.25, "acquireMs": 0.0, "rows": 3, "database": "shop", "sqlstate": "57014",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
        });
        assert_eq!(query.fields(), fields);
        assert_eq!(begin_of("select é", 8), "select ");
        let other = SlowQuery { error: Some("query_timeout"), span: None, ..query };
        assert_eq!(other.fields()["error"], "query_timeout");
    }
}
