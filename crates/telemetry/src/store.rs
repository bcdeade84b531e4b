//! Recent traces and log lines, in bounded memory, and those who watch them live.

mod attributes;
pub(crate) mod line;
pub(crate) mod lines;
pub(crate) mod live;
pub(crate) mod summary;
pub(crate) mod trace_answer;
pub(crate) mod traces;

use std::sync::{Arc, Mutex, MutexGuard};

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::FinishedOperation;

use crate::store::line::Line;
use crate::store::lines::Lines;
use crate::store::live::Watchers;
use crate::store::traces::RecentTraces;

/// Recent traces (32 MiB, 2,000), recent lines (8 MiB), and their watchers.
#[derive(Default)]
pub(crate) struct RecentStore {
    traces: Mutex<RecentTraces>,
    lines: Mutex<Lines>,
    /// The pages that watch.
    pub(crate) live: Arc<Watchers>,
}

impl RecentStore {
    /// Keeps an operation with the others of its trace, and tells who watches.
    pub(crate) fn keep_operation(&self, operation: FinishedOperation) {
        let Some(summary) = self.traces().add(operation) else { return };
        if self.live.is_watched() {
            self.live.tell("trace", &serde_json::to_string(&summary).unwrap_or_default());
        }
    }

    /// Keeps a line, and tells who watches.
    pub(crate) fn keep_line(&self, line: Line) {
        let kept = self.lines().add(line);
        if self.live.is_watched() {
            self.live.tell("log", &kept);
        }
    }

    /// The recent traces.
    pub(crate) fn traces(&self) -> MutexGuard<'_, RecentTraces> {
        lock(&self.traces)
    }

    /// The recent lines.
    pub(crate) fn lines(&self) -> MutexGuard<'_, Lines> {
        lock(&self.lines)
    }
}
