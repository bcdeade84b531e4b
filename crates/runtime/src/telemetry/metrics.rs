//! Metrics: instruments that primitives hold, gathered in families, read as snapshots.

mod collect;
mod exemplar;
mod family;
mod instrument;
mod registry;
mod snapshot;

pub use collect::Collect;
pub use exemplar::Exemplar;
pub use family::{Family, LabelValues};
pub use instrument::{Counter, Gauge, Histogram, Instrument};
pub use registry::MetricRegistry;
pub use snapshot::{Measured, MetricKind, MetricSnapshot, MetricSpec, Point};

/// Upper bounds in seconds for durations of requests and messages.
///
/// Source: OpenTelemetry semantic conventions, `http.server.request.duration`; with 1 ms below, where many answers are.
pub const DURATION_SECONDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Upper bounds in seconds for queries and waits.
///
/// Source: OpenTelemetry semantic conventions, `db.client.operation.duration`.
pub const SHORT_DURATION_SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// Upper bounds in bytes for sizes of bodies.
pub const SIZE_BYTES: &[f64] =
    &[0.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];
