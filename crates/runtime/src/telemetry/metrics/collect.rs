//! What gives metrics when they are read.

use crate::telemetry::metrics::snapshot::MetricSnapshot;

/// Gives metrics when they are read.
pub trait Collect: Send + Sync {
    /// Adds the metrics of this instant. Must not wait for anything.
    fn collect(&self, into: &mut Vec<MetricSnapshot>);
}

impl<F: Fn(&mut Vec<MetricSnapshot>) + Send + Sync> Collect for F {
    fn collect(&self, into: &mut Vec<MetricSnapshot>) {
        self(into);
    }
}
