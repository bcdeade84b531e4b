//! The recent traces.

use std::collections::{HashMap, VecDeque};

use serde_json::Value as Json;
use twinloop_runtime::telemetry::{FinishedOperation, TraceId};

use crate::store::summary::{Extent, TraceSummary};
use crate::store::trace_answer;

/// Most bytes of all traces.
const MAX_BYTES: usize = 32 << 20;
/// Most traces.
const MAX_TRACES: usize = 2_000;
/// Most spans of one trace: a caller may send the same trace id for ever.
const MAX_TRACE_SPANS: usize = 5_000;

/// The operations of one trace, in the order of their ends.
#[derive(Default)]
struct Kept {
    /// Grows by one a trace.
    number: u64,
    operations: Vec<FinishedOperation>,
    extent: Extent,
    bytes: usize,
    dropped: u32,
}

/// The traces by the order in which their first operation ended; the oldest give way.
#[derive(Default)]
pub(crate) struct RecentTraces {
    kept: HashMap<TraceId, Kept>,
    order: VecDeque<TraceId>,
    bytes: usize,
    last_number: u64,
}

/// Which traces a list has.
#[derive(Debug, Default)]
pub(crate) struct TraceFilter {
    /// The most traces.
    pub(crate) limit: usize,
    /// Only traces with a number below.
    pub(crate) before: Option<u64>,
    /// Looked for in names, ids and routes; in lower case.
    pub(crate) needle: Option<String>,
    /// Whether only traces with a failed span are listed.
    pub(crate) errors: bool,
    /// Only traces that took at least so long.
    pub(crate) min_ms: Option<f64>,
    /// Only traces of this kind.
    pub(crate) kind: Option<String>,
}

impl TraceFilter {
    fn takes(&self, summary: &TraceSummary) -> bool {
        (!self.errors || summary.is_error())
            && self.min_ms.is_none_or(|least| summary.duration_ms >= least)
            && self.kind.as_ref().is_none_or(|kind| summary.kind == kind)
            && self.needle.as_ref().is_none_or(|needle| summary.matches(needle))
    }
}

impl RecentTraces {
    /// Keeps an operation, and returns what a list says of its trace now; `None` for an operation without spans.
    pub(crate) fn add(&mut self, operation: FinishedOperation) -> Option<TraceSummary> {
        let trace = operation.spans.first()?.context.trace;
        let size = operation.spans.iter().map(twinloop_runtime::telemetry::Span::size).sum::<usize>();
        let kept = self.kept.entry(trace).or_insert_with(|| {
            self.last_number += 1;
            self.order.push_back(trace);
            Kept { number: self.last_number, ..Kept::default() }
        });
        kept.dropped = kept.dropped.saturating_add(operation.dropped);
        if kept.extent.spans + operation.spans.len() > MAX_TRACE_SPANS {
            let further = u32::try_from(operation.spans.len()).unwrap_or(u32::MAX);
            kept.dropped = kept.dropped.saturating_add(further);
        } else {
            kept.extent.add(kept.operations.len(), &operation);
            kept.bytes += size;
            self.bytes += size;
            kept.operations.push(operation);
        }
        let summary = TraceSummary::of(&kept.operations, &kept.extent);
        self.make_room();
        summary
    }

    fn make_room(&mut self) {
        while self.order.len() > 1 && (self.bytes > MAX_BYTES || self.order.len() > MAX_TRACES) {
            let oldest = self.order.pop_front().and_then(|oldest| self.kept.remove(&oldest));
            self.bytes -= oldest.map_or(0, |oldest| oldest.bytes);
        }
    }

    /// The newest traces that the filter takes, and the number to ask for the next page by; `None` at the end.
    pub(crate) fn list(&self, filter: &TraceFilter) -> (Vec<TraceSummary>, Option<u64>) {
        let mut listed = Vec::new();
        for trace in self.order.iter().rev() {
            let Some(kept) = self.kept.get(trace) else { continue };
            if filter.before.is_some_and(|before| kept.number >= before) {
                continue;
            }
            if listed.len() == filter.limit {
                return (listed, Some(kept.number + 1));
            }
            listed.extend(
                TraceSummary::of(&kept.operations, &kept.extent).filter(|summary| filter.takes(summary)),
            );
        }
        (listed, None)
    }

    /// The spans of a trace; `None` where it is not kept.
    pub(crate) fn get(&self, trace: TraceId) -> Option<Json> {
        let kept = self.kept.get(&trace)?;
        Some(trace_answer::answer(&trace.to_string(), &kept.operations, kept.dropped))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use twinloop_runtime::telemetry::{OperationKind, Span, SpanKind, SpanStatus, TraceContext};

    use super::*;

    fn span(context: TraceContext, name: &'static str, padding: usize) -> Span {
        Span {
            context,
            parent: None,
            name: name.into(),
            kind: SpanKind::Server,
            start_ns: 1_000_000_000,
            end_ns: 1_002_500_000,
            status: SpanStatus::Unset,
            attributes: vec![
                ("padding".into(), "x".repeat(padding).into()),
                ("http.route".into(), "/r/:id".into()),
            ],
            events: Vec::new(),
            links: Vec::new(),
        }
    }

    fn operation(kind: OperationKind, spans: Vec<Span>) -> FinishedOperation {
        FinishedOperation { kind: Some(kind), spans, dropped: 0, is_exported: false, state: None }
    }

    fn all() -> TraceFilter {
        TraceFilter { limit: 100, ..TraceFilter::default() }
    }

    #[test]
    fn operations_of_one_trace_are_joined() {
        let mut traces = RecentTraces::default();
        let root = TraceContext::root(true);
        traces.add(operation(OperationKind::Request, vec![span(root, "POST /r", 0)]));
        let mut later = span(root.child(), "process audit", 0);
        (later.start_ns, later.end_ns) = (1_004_000_000, 1_005_000_000);
        later.status = SpanStatus::Error(Cow::Borrowed("it broke"));
        let summary = traces.add(operation(OperationKind::Message, vec![later])).unwrap();
        let written = serde_json::to_value(&summary).unwrap();
        assert_eq!(
            (written["name"].as_str(), written["kind"].as_str(), written["status"].as_str()),
            (Some("POST /r"), Some("request"), Some("error"))
        );
        assert_eq!((written["durationMs"].as_f64(), written["spans"].as_u64()), (Some(5.0), Some(2)));
        assert_eq!(traces.list(&all()).0.len(), 1);
        let answer = traces.get(root.trace).unwrap();
        assert_eq!(answer["spans"][1]["message"], "it broke");
        assert_eq!(answer["spans"][0]["startMs"], 1000.0);
    }

    #[test]
    fn the_oldest_give_way_by_count_and_by_bytes() {
        let mut traces = RecentTraces::default();
        for _ in 0..MAX_TRACES + 10 {
            traces.add(operation(OperationKind::Call, vec![span(TraceContext::root(true), "call", 0)]));
        }
        assert_eq!((traces.kept.len(), traces.order.len()), (MAX_TRACES, MAX_TRACES));
        for _ in 0..40 {
            traces
                .add(operation(OperationKind::Call, vec![span(TraceContext::root(true), "large", 1 << 20)]));
        }
        assert!(
            traces.bytes <= MAX_BYTES && traces.kept.len() <= 32,
            "{} {}",
            traces.bytes,
            traces.kept.len()
        );
        let counted: usize = traces.kept.values().map(|kept| kept.bytes).sum();
        assert_eq!(counted, traces.bytes);
    }

    #[test]
    fn a_trace_without_end_is_bounded() {
        let mut traces = RecentTraces::default();
        let root = TraceContext::root(true);
        for _ in 0..MAX_TRACE_SPANS + 7 {
            traces.add(operation(OperationKind::Request, vec![span(root.child(), "GET /", 0)]));
        }
        let answer = traces.get(root.trace).unwrap();
        assert_eq!(
            (answer["spans"].as_array().unwrap().len(), answer["dropped"].as_u64()),
            (MAX_TRACE_SPANS, Some(7))
        );
    }

    #[test]
    fn a_list_is_filtered_and_goes_on() {
        let mut traces = RecentTraces::default();
        for number in 0..5 {
            let kind = if number % 2 == 0 { OperationKind::Request } else { OperationKind::Cron };
            traces.add(operation(kind, vec![span(TraceContext::root(true), "GET /Links", 0)]));
        }
        let (first, next) = traces.list(&TraceFilter { limit: 2, ..all() });
        assert_eq!((first.len(), next), (2, Some(4)));
        let (second, next) = traces.list(&TraceFilter { limit: 9, before: next, ..all() });
        assert_eq!((second.len(), next), (3, None));
        let count = |filter: TraceFilter| traces.list(&filter).0.len();
        assert_eq!(count(TraceFilter { kind: Some("cron".to_owned()), ..all() }), 2);
        assert_eq!(count(TraceFilter { needle: Some("/links".to_owned()), ..all() }), 5);
        assert_eq!(count(TraceFilter { needle: Some("/r/:id".to_owned()), ..all() }), 5);
        assert_eq!(count(TraceFilter { min_ms: Some(2.6), ..all() }), 0);
        assert_eq!(count(TraceFilter { errors: true, ..all() }), 0);
    }
}
