//! The recent log lines.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::json;
use twinloop_runtime::begin_of;
use twinloop_runtime::telemetry::TraceId;

use crate::store::line::Line;

/// Most bytes of all lines, as they are sent.
const MAX_BYTES: usize = 8 << 20;
/// Most bytes of one line's message and fields; what is longer is cut.
const MAX_LINE: usize = 64 << 10;
/// What a line costs beside its text.
const OVERHEAD: usize = size_of::<KeptLine>() + 16;

/// A line as it is sent, with what it is looked for by.
struct KeptLine {
    number: u64,
    level: i64,
    trace: Option<TraceId>,
    json: Arc<str>,
}

/// Lines by the order in which they came; the oldest give way.
#[derive(Default)]
pub(crate) struct Lines {
    kept: VecDeque<KeptLine>,
    bytes: usize,
    last_number: u64,
}

/// Which lines a list has.
#[derive(Debug, Default)]
pub(crate) struct LineFilter {
    /// The most lines.
    pub(crate) limit: usize,
    /// Only lines with a number below.
    pub(crate) before: Option<u64>,
    /// Looked for in the whole line; in lower case.
    pub(crate) needle: Option<String>,
    /// Only lines of this level and above.
    pub(crate) level: Option<i64>,
    /// Only lines of this trace.
    pub(crate) trace: Option<TraceId>,
}

impl LineFilter {
    fn takes(&self, line: &KeptLine) -> bool {
        self.before.is_none_or(|before| line.number < before)
            && self.level.is_none_or(|least| line.level >= least)
            && self.trace.is_none_or(|trace| line.trace == Some(trace))
            && self.needle.as_ref().is_none_or(|needle| line.json.to_lowercase().contains(needle))
    }
}

impl Lines {
    /// Keeps a line, and returns it as JSON of `LogLine` in the dashboard's contract.
    pub(crate) fn add(&mut self, line: Line) -> Arc<str> {
        self.last_number += 1;
        let (number, level, trace) = (self.last_number, line.level, line.trace());
        let json = written(number, line);
        self.bytes += json.len() + OVERHEAD;
        self.kept.push_back(KeptLine { number, level, trace, json: Arc::clone(&json) });
        while self.bytes > MAX_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.json.len() + OVERHEAD;
        }
        json
    }

    /// The newest lines that the filter takes, and the number to ask for the next page by; `None` at the end.
    pub(crate) fn list(&self, filter: &LineFilter) -> (Vec<Arc<str>>, Option<u64>) {
        let mut listed = Vec::new();
        for line in self.kept.iter().rev().filter(|line| filter.takes(line)) {
            if listed.len() == filter.limit {
                return (listed, Some(line.number + 1));
            }
            listed.push(Arc::clone(&line.json));
        }
        (listed, None)
    }
}

fn written(number: u64, line: Line) -> Arc<str> {
    let Line { time_ms, level, message, fields } = line;
    let text = |message: &str, fields: &serde_json::Value| {
        let line = json!({ "number": number, "timeMs": time_ms, "level": level, "message": message, "fields": fields });
        line.to_string()
    };
    let whole = text(&message, &fields.into());
    if whole.len() <= MAX_LINE {
        return whole.into();
    }
    text(begin_of(&message, MAX_LINE / 2), &json!({ "cut": true, "bytes": whole.len() })).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: i64, message: &str) -> Line {
        Line { time_ms: 1.5, level, message: message.to_owned(), fields: serde_json::Map::new() }
    }

    fn all() -> LineFilter {
        LineFilter { limit: 1_000_000, ..LineFilter::default() }
    }

    #[test]
    fn a_flood_of_lines_is_bounded() {
        let mut lines = Lines::default();
        for number in 0..200_000 {
            lines.add(line(30, &format!("line {number}")));
        }
        assert!(lines.bytes <= MAX_BYTES);
        let (listed, next) = lines.list(&all());
        assert!(next.is_none() && listed.len() < 200_000 && listed[0].contains("line 199999"));
        let counted: usize = lines.kept.iter().map(|line| line.json.len() + OVERHEAD).sum();
        assert_eq!(counted, lines.bytes);
    }

    #[test]
    fn a_line_of_megabytes_is_cut() {
        let mut lines = Lines::default();
        let kept = lines.add(line(30, &"é".repeat(1 << 20)));
        assert!(kept.len() < MAX_LINE && kept.contains(r#""cut":true"#));
    }

    #[test]
    fn lines_are_found() {
        let mut lines = Lines::default();
        lines.add(line(30, "Order placed"));
        lines.add(line(50, "it broke"));
        let (found, _) = lines.list(&LineFilter { needle: Some("order".to_owned()), ..all() });
        assert!(found.len() == 1 && found[0].contains("Order placed"));
        assert_eq!(lines.list(&LineFilter { level: Some(40), ..all() }).0.len(), 1);
        let (first, next) = lines.list(&LineFilter { limit: 1, ..all() });
        assert!(first[0].contains("it broke"));
        assert_eq!(lines.list(&LineFilter { before: next, ..all() }).0.len(), 1);
    }
}
