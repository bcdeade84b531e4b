//! What the process tells of itself: traces, metrics, and an entry for each request. No I/O happens here.
//!
//! Primitives record; the component that reads (see [`TelemetryReader`]) exports, writes and keeps. While nobody reads, no span is
//! collected, and an instrument costs an addition. `docs/design/telemetry.md` has the names and the bounds.

mod access;
mod attribute;
mod caller;
mod identity;
mod metrics;
mod open_span;
mod operation;
mod random;
mod reader;
mod sampler;
mod settings;
mod span;
mod trace_context;

use std::sync::{Arc, OnceLock, RwLock};

pub use access::{AccessEntry, AccessPolicy};
pub use attribute::{Attribute, Value};
pub use caller::CallOrigin;
pub use identity::{SpanId, TraceId};
pub use metrics::{
    Collect, Counter, DURATION_SECONDS, Exemplar, Family, Gauge, Histogram, Instrument, LabelValues,
    Measured, MetricKind, MetricRegistry, MetricSnapshot, MetricSpec, Point, SHORT_DURATION_SECONDS,
    SIZE_BYTES,
};
pub use open_span::OpenSpan;
pub use operation::{FinishedOperation, MAX_SPANS, OperationKind, OperationTrace};
pub use random::random_u64;
pub use reader::TelemetryReader;
pub use sampler::{Sampler, SamplerKind};
pub use settings::{NEVER, TelemetryLimits};
pub use span::{Span, SpanEvent, SpanKind, SpanLink, SpanStatus};
pub use trace_context::TraceContext;

use crate::lock::{lock_to_read, lock_to_write};

/// The telemetry of the process.
#[derive(Default)]
pub struct Telemetry {
    /// The limits and modes, read on each request.
    pub settings: TelemetryLimits,
    /// The metrics of the process.
    pub metrics: MetricRegistry,
    sampler: RwLock<Sampler>,
    reader: RwLock<Option<Arc<dyn TelemetryReader>>>,
}

static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();

/// The telemetry of the process.
pub fn telemetry() -> &'static Telemetry {
    TELEMETRY.get_or_init(Telemetry::default)
}

impl Telemetry {
    /// Sets who reads from now on; `None` for nobody.
    pub fn read_by(&self, reader: Option<Arc<dyn TelemetryReader>>) {
        *lock_to_write(&self.reader) = reader;
    }

    /// Sets how the traces are chosen that begin here.
    pub fn sample_by(&self, sampler: Sampler) {
        *lock_to_write(&self.sampler) = sampler;
    }

    /// The share of traces without a caller that the head sampler chooses, 0 to 1.
    pub fn sampled_share(&self) -> f64 {
        lock_to_read(&self.sampler).share()
    }

    /// Whether the head sampler chooses a trace. `parent` has the flags of the caller, where there is one.
    pub fn samples(&self, trace: TraceId, parent: Option<TraceContext>) -> bool {
        lock_to_read(&self.sampler).samples(trace, parent)
    }

    /// Calls `tell` with the reader, where there is one.
    pub(crate) fn tell(&self, tell: impl FnOnce(&dyn TelemetryReader)) {
        let reader = lock_to_read(&self.reader).clone();
        if let Some(reader) = reader {
            tell(&*reader);
        }
    }

    /// Hands an entry of the access log to the reader. Ask [`AccessPolicy::wants`] before the entry is made.
    pub fn access(&self, entry: &AccessEntry<'_>) {
        self.tell(|reader| reader.access(entry));
    }
}
