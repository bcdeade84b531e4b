//! The runs that this process has.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::ledger::RunId;

/// Why a run is to end before its handler has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The app stops.
    Interrupt,
    /// It is another process's by now.
    Lost,
}

struct Entry {
    isolate: Option<u32>,
    stop: watch::Sender<Option<Stop>>,
}

#[derive(Default)]
pub(crate) struct Live {
    entries: Mutex<HashMap<RunId, Entry>>,
    /// One has ended.
    ended: Notify,
}

/// A run's place among those that are live.
pub(crate) struct Place {
    live: Arc<Live>,
    run: RunId,
    pub(crate) attempts: AtomicU32,
    stop: watch::Receiver<Option<Stop>>,
}

impl Live {
    /// The run's place; `None` where it has one, because it was claimed and taken over in the same moment.
    pub(crate) fn enter(self: &Arc<Self>, run: RunId) -> Option<Place> {
        let (sender, stop) = watch::channel(None);
        match self.lock().entry(run) {
            MapEntry::Occupied(_) => return None,
            MapEntry::Vacant(vacant) => vacant.insert(Entry { isolate: None, stop: sender }),
        };
        Some(Place { live: Arc::clone(self), run, attempts: AtomicU32::new(0), stop })
    }

    pub(crate) fn runs(&self) -> Vec<RunId> {
        self.lock().keys().copied().collect()
    }

    /// They are another's.
    pub(crate) fn lose(&self, runs: &[RunId]) {
        for (_, entry) in self.lock().iter().filter(|(run, _)| runs.contains(run)) {
            entry.stop.send_replace(Some(Stop::Lost));
        }
    }

    /// Interrupts what an isolate has; of `None`, everything.
    pub(crate) fn interrupt(&self, isolate: Option<u32>) {
        for entry in self.lock().values().filter(|entry| isolate.is_none() || entry.isolate == isolate) {
            entry.stop.send_if_modified(|stop| {
                let first = stop.is_none();
                stop.get_or_insert(Stop::Interrupt);
                first
            });
        }
    }

    /// How many an isolate has; of `None`, all.
    pub(crate) fn count(&self, isolate: Option<u32>) -> usize {
        self.lock().values().filter(|entry| isolate.is_none() || entry.isolate == isolate).count()
    }

    /// Waits until an isolate has none, of `None` until there are none; gives how many are left after `within`.
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

    /// Resolves when any run ends from now on.
    pub(crate) fn one_ends(&self) -> Notified<'_> {
        self.ended.notified()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Where it runs now; `None` between attempts.
    pub(crate) fn with(&self, isolate: Option<u32>) {
        if let Some(entry) = self.live.lock().get_mut(&self.run) {
            entry.isolate = isolate;
        }
        self.live.ended.notify_waiters();
    }

    /// Notes that another attempt begins, and gives its number.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Resolves when it is to end.
    pub(crate) async fn stopped(&self) -> Stop {
        let mut stop = self.stop.clone();
        match stop.wait_for(Option::is_some).await.map(|found| *found) {
            Ok(Some(found)) => found,
            _ => std::future::pending().await,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.live.lock().remove(&self.run);
        self.live.ended.notify_waiters();
    }
}
