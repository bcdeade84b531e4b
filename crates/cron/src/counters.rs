//! Counters of a job's runs in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::ledger::Status;

/// Counters of one job in this process, since the app started.
#[derive(Default)]
pub(crate) struct RunCounters {
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
    /// Counts a run whose first attempt begins.
    pub(crate) fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt after the first.
    pub(crate) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts instants that were missed and get no run.
    pub(crate) fn missed(&self, count: usize) {
        self.missed.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
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
