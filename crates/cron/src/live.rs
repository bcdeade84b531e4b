//! The runs that this process holds: waiting, running, or between two attempts.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use twinloop_runtime::lock;

use crate::ledger::RunId;
use crate::run_trace::RunTrace;

/// Why a run must end before its handler returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunStop {
    /// The app is stopping.
    Interrupt,
    /// The run went to another process.
    Lost,
}

struct Entry {
    isolate: Option<u32>,
    stop: watch::Sender<Option<RunStop>>,
}

/// All runs of this process, by their number.
#[derive(Default)]
pub(crate) struct Live {
    /// The runs, by their number.
    entries: Mutex<HashMap<RunId, Entry>>,
    /// Notified when a run ends or changes its isolate.
    ended: Notify,
}

/// One run's entry in [`Live`]; dropped when the run has ended.
pub(crate) struct LiveRun {
    live: Arc<Live>,
    run: RunId,
    /// How many attempts this process has made.
    pub(crate) attempts: AtomicU32,
    /// The run's trace, once the run has begun.
    pub(crate) trace: OnceLock<Arc<RunTrace>>,
    stop: watch::Receiver<Option<RunStop>>,
}

impl Live {
    /// Enters a run; `None` if it is there already, because it was claimed and taken over in the same moment.
    pub(crate) fn enter(self: &Arc<Self>, run: RunId) -> Option<LiveRun> {
        let (sender, stop) = watch::channel(None);
        match self.lock().entry(run) {
            MapEntry::Occupied(_) => return None,
            MapEntry::Vacant(vacant) => vacant.insert(Entry { isolate: None, stop: sender }),
        };
        Some(LiveRun {
            live: Arc::clone(self),
            run,
            attempts: AtomicU32::new(0),
            trace: OnceLock::new(),
            stop,
        })
    }

    /// The numbers of all runs.
    pub(crate) fn runs(&self) -> Vec<RunId> {
        self.lock().keys().copied().collect()
    }

    /// Tells these runs that another process has taken them over.
    pub(crate) fn lose(&self, runs: &[RunId]) {
        for (_, entry) in self.lock().iter().filter(|(run, _)| runs.contains(run)) {
            entry.stop.send_replace(Some(RunStop::Lost));
        }
    }

    /// Interrupts the runs of one isolate, or all runs for `None`.
    pub(crate) fn interrupt(&self, isolate: Option<u32>) {
        for entry in self.lock().values().filter(|entry| isolate.is_none() || entry.isolate == isolate) {
            entry.stop.send_if_modified(|stop| {
                let first = stop.is_none();
                stop.get_or_insert(RunStop::Interrupt);
                first
            });
        }
    }

    /// The number of runs of one isolate, or of all for `None`.
    pub(crate) fn count(&self, isolate: Option<u32>) -> usize {
        self.lock().values().filter(|entry| isolate.is_none() || entry.isolate == isolate).count()
    }

    /// Waits until one isolate has no runs, or until there are none for `None`. Returns how many are left after `within`.
    pub(crate) async fn done(&self, isolate: Option<u32>, within: Duration) -> usize {
        let none = async {
            loop {
                let ended = self.one_ends();
                if self.count(isolate) == 0 {
                    return;
                }
                ended.await;
            }
        };
        let _ = timeout(within, none).await;
        self.count(isolate)
    }

    /// Resolves when the next run ends.
    pub(crate) fn one_ends(&self) -> Notified<'_> {
        self.ended.notified()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Entry>> {
        lock(&self.entries)
    }
}

impl LiveRun {
    /// Notes the isolate that runs the handler now; `None` between attempts.
    pub(crate) fn with(&self, isolate: Option<u32>) {
        if let Some(entry) = self.live.lock().get_mut(&self.run) {
            entry.isolate = isolate;
        }
        self.live.ended.notify_waiters();
    }

    /// Counts a new attempt and returns its number, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Resolves with the reason when the run must end.
    pub(crate) async fn stopped(&self) -> RunStop {
        let mut stop = self.stop.clone();
        match stop.wait_for(Option::is_some).await.map(|found| *found) {
            Ok(Some(found)) => found,
            _ => std::future::pending().await,
        }
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        self.live.lock().remove(&self.run);
        self.live.ended.notify_waiters();
    }
}
