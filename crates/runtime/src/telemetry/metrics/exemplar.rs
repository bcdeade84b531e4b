//! Examples of measurements, which lead from a metric to a trace.

use std::time::SystemTime;

use crate::telemetry::trace_context::TraceContext;

/// A measurement with the trace that it was made in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    /// What was measured.
    pub value: f64,
    /// The span in which it was measured.
    pub context: TraceContext,
    /// When.
    pub time: SystemTime,
}
