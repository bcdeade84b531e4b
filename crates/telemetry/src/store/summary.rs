//! One trace in a list.

use serde::Serialize;
use twinloop_runtime::telemetry::{FinishedOperation, OperationKind, Value};

/// What a list says of a trace, as `TraceSummary` of the dashboard's contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceSummary {
    trace_id: String,
    name: String,
    /// `request`, `message`, `cron`, `call` or `other`.
    pub(crate) kind: &'static str,
    service: Option<String>,
    status: &'static str,
    status_code: Option<i64>,
    start_ms: f64,
    /// From the first begin to the last end of this process's spans.
    pub(crate) duration_ms: f64,
    spans: usize,
    refusal: Option<String>,
    #[serde(skip)]
    route: Option<String>,
}

/// Nanoseconds as milliseconds with fractions.
#[allow(clippy::cast_precision_loss, reason = "a quarter of a microsecond is lost")]
pub(crate) fn milliseconds(nanoseconds: u64) -> f64 {
    // Whole microseconds are exact; finer parts of an instant would not be.
    (nanoseconds / 1_000) as f64 / 1e3
}

/// What the spans of one trace have in common, kept while they come.
#[derive(Default)]
pub(crate) struct Extent {
    /// The number of spans.
    pub(crate) spans: usize,
    start_ns: u64,
    end_ns: u64,
    has_error: bool,
    /// The place of the operation that began first, and its begin; one with a root is before one without.
    first: Option<(usize, (bool, u64))>,
}

impl Extent {
    /// Adds the operation at this place.
    pub(crate) fn add(&mut self, place: usize, operation: &FinishedOperation) {
        for span in &operation.spans {
            self.start_ns = if self.spans == 0 { span.start_ns } else { self.start_ns.min(span.start_ns) };
            self.end_ns = self.end_ns.max(span.end_ns);
            self.has_error |= span.is_error();
            self.spans += 1;
        }
        let Some(root) = operation.spans.first() else { return };
        let rank = (operation.kind.is_none(), root.start_ns);
        if self.first.is_none_or(|(_, first)| rank < first) {
            self.first = Some((place, rank));
        }
    }
}

impl TraceSummary {
    /// Sums up the operations of one trace; `None` without a span.
    pub(crate) fn of(operations: &[FinishedOperation], extent: &Extent) -> Option<Self> {
        let first = operations.get(extent.first?.0)?;
        let root = first.spans.first()?;
        let text = |name: &str| match root.attribute(name) {
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        Some(Self {
            trace_id: root.context.trace.to_string(),
            name: root.name.to_string(),
            kind: kind_name(first.kind),
            service: text("twinloop.service"),
            status: if extent.has_error { "error" } else { "ok" },
            status_code: match root.attribute("http.response.status_code") {
                Some(Value::Int(status)) => Some(*status),
                _ => None,
            },
            start_ms: milliseconds(extent.start_ns),
            duration_ms: milliseconds(extent.end_ns.saturating_sub(extent.start_ns)),
            spans: extent.spans,
            refusal: text("twinloop.refusal"),
            route: text("http.route").or_else(|| text("url.path")),
        })
    }

    /// Whether a span has failed.
    pub(crate) fn is_error(&self) -> bool {
        self.status == "error"
    }

    /// Whether `needle`, in lower case, is in the name, the id or the route.
    pub(crate) fn matches(&self, needle: &str) -> bool {
        [Some(&self.name), Some(&self.trace_id), self.route.as_ref(), self.service.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().contains(needle))
    }
}

fn kind_name(kind: Option<OperationKind>) -> &'static str {
    match kind {
        Some(OperationKind::Request) => "request",
        Some(OperationKind::Message) => "message",
        Some(OperationKind::Cron) => "cron",
        Some(OperationKind::Call) => "call",
        Some(OperationKind::Other) | None => "other",
    }
}
