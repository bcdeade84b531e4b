//! Who reads what the process records, in a test program.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::{
    AccessEntry, FinishedOperation, Measured, OperationKind, Span, TelemetryReader, TraceId, Value, telemetry,
};

/// All operations that have ended. One for the process, because its telemetry is; tests find theirs by the trace.
#[derive(Default)]
pub struct Kept(Mutex<Vec<FinishedOperation>>);

impl TelemetryReader for Kept {
    fn wants_traces(&self) -> bool {
        true
    }

    fn wants_all(&self) -> bool {
        true
    }

    fn finished(&self, operation: FinishedOperation) {
        lock(&self.0).push(operation);
    }

    fn access(&self, _: &AccessEntry<'_>) {}
}

/// An operation that has ended: whether it is exported, and its spans, the first of which is its own.
#[derive(Clone, Debug)]
pub struct Ended {
    pub kind: OperationKind,
    pub is_exported: bool,
    pub state: Option<String>,
    pub spans: Vec<Span>,
}

impl Ended {
    pub fn root(&self) -> &Span {
        &self.spans[0]
    }

    /// The span of this name.
    pub fn span(&self, name: &str) -> &Span {
        let found = self.spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("no span {name} in {:?}", names(&self.spans)))
    }
}

pub fn names(spans: &[Span]) -> Vec<String> {
    spans.iter().map(|span| span.name.to_string()).collect()
}

/// A text or number of a span as text; empty where it has none.
pub fn attribute(span: &Span, name: &str) -> String {
    match span.attribute(name) {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Int(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

impl Kept {
    /// Reads the process's telemetry from now on.
    pub fn read() -> Arc<Self> {
        static KEPT: OnceLock<Arc<Kept>> = OnceLock::new();
        let kept = KEPT.get_or_init(|| {
            let kept = Arc::<Self>::default();
            telemetry().read_by(Some(Arc::<Self>::clone(&kept)));
            telemetry().settings.collect(true, true);
            telemetry().settings.set_reads_metrics(true);
            kept
        });
        Arc::clone(kept)
    }

    fn of(&self, trace: TraceId) -> Vec<Ended> {
        let of = |one: &&FinishedOperation| one.kind.is_some() && one.spans[0].context.trace == trace;
        let ended = |one: &FinishedOperation| Ended {
            kind: one.kind.unwrap(),
            is_exported: one.is_exported,
            state: one.state.as_deref().map(str::to_owned),
            spans: one.spans.clone(),
        };
        lock(&self.0).iter().filter(of).map(ended).collect()
    }

    /// Waits for this many operations of a trace, in the order of their ends.
    pub async fn operations(&self, trace: TraceId, count: usize) -> Vec<Ended> {
        eventually(&format!("{count} operations"), || Some(self.of(trace)).filter(|all| all.len() >= count))
            .await
    }
}

/// Waits until `look` finds something.
pub async fn eventually<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.unwrap_or_else(|_| panic!("waited for {what}"))
}

/// The value of the series of `metric` that has all these label values; of a histogram, the number of measurements.
#[allow(clippy::cast_precision_loss, reason = "small")]
pub fn measured(metric: &str, labels: &[&str]) -> Option<f64> {
    let metrics = telemetry().metrics.collect();
    let points = metrics.into_iter().find(|one| one.spec.name == metric)?.points;
    let has = |point: &&twinloop_runtime::telemetry::Point| {
        labels.iter().all(|label| point.labels.iter().any(|value| value == label))
    };
    points.iter().find(has).map(|point| match &point.measured {
        Measured::Number(number) => *number,
        Measured::Histogram { count, .. } => *count as f64,
    })
}
