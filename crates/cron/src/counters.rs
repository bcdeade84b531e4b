//! Counters of a job's runs in this process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use twinloop_runtime::telemetry::TraceContext;

use crate::ledger::Status;
use crate::metrics::JobMetrics;

/// Counters of one job in this process, since the app started.
pub(crate) struct RunCounters {
    /// Metrics of the runs, for who reads those of the process.
    metrics: JobMetrics,
    /// Runs whose first attempt has begun.
    started: AtomicU64,
    /// Runs whose handler has returned.
    succeeded: AtomicU64,
    /// Runs whose last attempt failed or timed out.
    failed: AtomicU64,
    /// Runs that the end of the app cut off.
    interrupted: AtomicU64,
    /// Attempts after the first of their run.
    retried: AtomicU64,
    /// Runs that did not begin because others were not done.
    skipped: AtomicU64,
    /// Instants that got no run.
    missed: AtomicU64,
}

impl RunCounters {
    /// The counters of the job with this id.
    pub(crate) fn new(job: &str) -> Self {
        Self {
            metrics: JobMetrics::new(job),
            started: AtomicU64::default(),
            succeeded: AtomicU64::default(),
            failed: AtomicU64::default(),
            interrupted: AtomicU64::default(),
            retried: AtomicU64::default(),
            skipped: AtomicU64::default(),
            missed: AtomicU64::default(),
        }
    }

    /// Counts a run whose first attempt begins, and how late it is; a run that was triggered is never late.
    pub(crate) fn started(&self, lateness: Option<Duration>) {
        self.started.fetch_add(1, Ordering::Relaxed);
        if let Some(lateness) = lateness {
            self.metrics.began(lateness);
        }
    }

    /// Records how long a run took.
    pub(crate) fn took(&self, status: Status, took: Duration, exemplar: Option<TraceContext>) {
        self.metrics.took(status, took, exemplar);
    }

    /// Counts an attempt after the first.
    pub(crate) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts instants that were missed and get no run.
    pub(crate) fn missed(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.missed.fetch_add(count, Ordering::Relaxed);
        self.metrics.missed(count);
    }

    /// Counts a run by the status that it ended with.
    pub(crate) fn ended(&self, status: Status) {
        let counter = match status {
            Status::Succeeded => &self.succeeded,
            Status::Failed | Status::TimedOut => &self.failed,
            Status::Skipped => &self.skipped,
            Status::Interrupted => &self.interrupted,
            Status::Asked | Status::Waiting | Status::Running => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.metrics.ended(status);
    }

    /// The counters as JSON, such as `{"started":3,"succeeded":3,…}`.
    pub(crate) fn report(&self) -> Value {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        json!({
            "started": read(&self.started),
            "succeeded": read(&self.succeeded),
            "failed": read(&self.failed),
            "interrupted": read(&self.interrupted),
            "retried": read(&self.retried),
            "skipped": read(&self.skipped),
            "missed": read(&self.missed),
        })
    }
}
