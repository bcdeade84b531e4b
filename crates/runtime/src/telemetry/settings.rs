//! Limits and modes that requests and queries read, each without a lock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::telemetry::access::AccessPolicy;

/// The limit that nothing exceeds.
pub const NEVER: Duration = Duration::MAX;

/// Limits and modes of telemetry.
#[derive(Debug)]
pub struct TelemetryLimits {
    /// Whether spans are collected.
    traces: AtomicBool,
    /// Whether operations that are not exported are kept too.
    keeps_all: AtomicBool,
    /// Whether metrics are read, so that those are worth their making that cost a question to a broker.
    reads_metrics: AtomicBool,
    trace_slow_ns: AtomicU64,
    slow_query_ns: AtomicU64,
    stall_ns: AtomicU64,
    access: AtomicU64,
}

impl Default for TelemetryLimits {
    fn default() -> Self {
        Self {
            traces: AtomicBool::new(false),
            keeps_all: AtomicBool::new(false),
            reads_metrics: AtomicBool::new(false),
            trace_slow_ns: AtomicU64::new(nanoseconds(Duration::from_secs(1))),
            slow_query_ns: AtomicU64::new(u64::MAX),
            stall_ns: AtomicU64::new(u64::MAX),
            access: AtomicU64::new(AccessPolicy::Off.packed()),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn duration(nanoseconds: &AtomicU64) -> Duration {
    match nanoseconds.load(Ordering::Relaxed) {
        u64::MAX => NEVER,
        nanoseconds => Duration::from_nanos(nanoseconds),
    }
}

impl TelemetryLimits {
    /// Whether spans are collected.
    pub fn collects_traces(&self) -> bool {
        self.traces.load(Ordering::Relaxed)
    }

    /// Whether operations that are not exported are handed to the reader too.
    pub fn keeps_all(&self) -> bool {
        self.keeps_all.load(Ordering::Relaxed)
    }

    /// Sets whether spans are collected, and whether all operations are kept.
    pub fn collect(&self, traces: bool, keeps_all: bool) {
        self.keeps_all.store(keeps_all, Ordering::Relaxed);
        self.traces.store(traces, Ordering::Relaxed);
    }

    /// Whether somebody reads metrics. Instruments count in any case; what costs a question elsewhere is asked only then.
    pub fn reads_metrics(&self) -> bool {
        self.reads_metrics.load(Ordering::Relaxed)
    }

    /// Sets whether somebody reads metrics.
    pub fn set_reads_metrics(&self, reads: bool) {
        self.reads_metrics.store(reads, Ordering::Relaxed);
    }

    /// The duration from which on an operation keeps its trace.
    pub fn trace_slow(&self) -> Duration {
        duration(&self.trace_slow_ns)
    }

    /// Sets the duration from which on an operation keeps its trace.
    pub fn set_trace_slow(&self, limit: Duration) {
        self.trace_slow_ns.store(nanoseconds(limit), Ordering::Relaxed);
    }

    /// The duration from which on a query is logged; [`NEVER`] by default.
    pub fn slow_query(&self) -> Duration {
        duration(&self.slow_query_ns)
    }

    /// Sets the duration from which on a query is logged.
    pub fn set_slow_query(&self, limit: Duration) {
        self.slow_query_ns.store(nanoseconds(limit), Ordering::Relaxed);
    }

    /// The duration from which on a stalled event loop is logged; [`NEVER`] by default.
    pub fn stall(&self) -> Duration {
        duration(&self.stall_ns)
    }

    /// Sets the duration from which on a stalled event loop is logged.
    pub fn set_stall(&self, limit: Duration) {
        self.stall_ns.store(nanoseconds(limit), Ordering::Relaxed);
    }

    /// Which requests the access log has.
    pub fn access(&self) -> AccessPolicy {
        AccessPolicy::unpacked(self.access.load(Ordering::Relaxed))
    }

    /// Sets which requests the access log has.
    pub fn set_access(&self, policy: AccessPolicy) {
        self.access.store(policy.packed(), Ordering::Relaxed);
    }
}
