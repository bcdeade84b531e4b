//! The watch: reads places again whose values may have changed, such as files that are rotated by replacing them.
//!
//! Each second the watch compares the files' inodes, times and sizes, through links, because Kubernetes swaps the link
//! `..data` above them. The watch searches again where these differ, and at each refresh for all secrets. A found value becomes a
//! candidate of the store. A value that is gone or cannot be read stays in use, and one log line reports it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use tokio::sync::Notify;
use tokio::time::sleep;
use twinloop_runtime::{Core, Level, lock};

use crate::place::FailedLookup;
use crate::search::{SearchOutcome, search, watched_files};
use crate::sources::Sources;
use crate::store::Store;

/// Interval at which files are compared.
const LOOK: Duration = Duration::from_secs(1);

/// The identity of a file's content: inode, time, size.
type Mark = Option<(u64, SystemTime, u64)>;

#[derive(Default)]
struct Seen {
    /// The marks of each secret's files.
    marks: HashMap<String, Vec<Mark>>,
    /// The last message about each secret, so that each is logged once.
    logged: HashMap<String, String>,
    read: Option<Instant>,
}

/// The watch of the places of several secrets.
pub(crate) struct Watch {
    /// Where found values become candidates.
    store: &'static Store,
    /// The runtime, for the task and the log.
    core: &'static Core,
    /// The secrets that are watched.
    names: Vec<String>,
    /// The places that are searched.
    sources: Sources,
    /// The pause between two searches for all of them.
    refresh: Duration,
    /// What the last look has seen.
    seen: Mutex<Seen>,
    /// Notified when the watch ends.
    stopped: Notify,
}

impl Watch {
    /// Starts to watch the names that have files; no task runs where none has.
    pub(crate) fn new(
        store: &'static Store,
        names: Vec<String>,
        mut sources: Sources,
        refresh: Duration,
        core: &'static Core,
    ) -> Arc<Self> {
        let names: Vec<String> = names.into_iter().filter(|name| store.may_change(name)).collect();
        sources.keep_only(&names);
        let is_idle = names.is_empty();
        let watch = Arc::new(Self {
            store,
            core,
            names,
            sources,
            refresh,
            seen: Mutex::default(),
            stopped: Notify::new(),
        });
        watch.seen().read = Some(Instant::now());
        watch.mark_all();
        if !is_idle {
            let task = Arc::clone(&watch);
            core.spawn("secrets", async move { task.run().await });
        }
        watch
    }

    /// Stops the task.
    pub(crate) fn stop(&self) {
        // A task that is reading at the moment stops afterwards.
        self.stopped.notify_one();
    }

    /// Searches for all names now.
    pub(crate) async fn read_again(self: &Arc<Self>) {
        let watch = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            watch.mark_all();
            watch.search_for(&watch.names);
            watch.seen().read = Some(Instant::now());
        });
        self.report(read.await.is_err());
    }

    async fn run(self: Arc<Self>) {
        let pause = LOOK.min(self.refresh);
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stopped.notified() => return,
            }
            let due = self.seen().read.is_none_or(|read| read.elapsed() >= self.refresh);
            if due {
                self.read_again().await;
                continue;
            }
            let watch = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || watch.look()).await;
            self.report(looked.is_err());
        }
    }

    /// Logs a panic of a reading, which does not end the watch.
    fn report(&self, panicked: bool) {
        if panicked {
            self.core.log(
                Level::Error,
                "failed to look for changed secrets: the search panicked",
                &json!({}),
            );
        }
    }

    /// Searches again for the names of which a file has changed.
    fn look(&self) {
        let changed: Vec<String> = self.names.iter().filter(|name| self.mark(name)).cloned().collect();
        self.search_for(&changed);
    }

    fn mark_all(&self) {
        for name in &self.names {
            self.mark(name);
        }
    }

    /// Records the marks of a secret's files. Returns whether they have changed.
    fn mark(&self, name: &str) -> bool {
        let marks: Vec<Mark> = watched_files(name, &self.sources).iter().map(|path| mark_of(path)).collect();
        let mut seen = self.seen();
        if seen.marks.get(name) == Some(&marks) {
            return false;
        }
        seen.marks.insert(name.to_owned(), marks);
        true
    }

    fn search_for(&self, names: &[String]) {
        for name in names {
            let made = search(name, &self.sources);
            match made.outcome {
                SearchOutcome::Found(found) => {
                    self.seen().logged.remove(name);
                    self.store.offer(name, found);
                }
                SearchOutcome::Absent if !self.store.is_of_place(name) => {}
                SearchOutcome::Unusable => self.log_unreadable(name, made.attempts.last()),
                SearchOutcome::Absent => self.log_unreadable(name, self.lost(name, &made.attempts).as_ref()),
            }
        }
    }

    /// Returns the attempt at the place of the value in use, which may not be the last one tried.
    fn lost(&self, name: &str, attempts: &[FailedLookup]) -> Option<FailedLookup> {
        let origin = self.store.origin(name)?;
        let is_there = |attempt: &&FailedLookup| {
            origin == attempt.place || origin.ends_with(&format!(" in {}", attempt.place))
        };
        let attempt = attempts.iter().find(is_there);
        Some(attempt.cloned().unwrap_or_else(|| FailedLookup::new(origin, "no longer has it")))
    }

    fn log_unreadable(&self, name: &str, last: Option<&FailedLookup>) {
        let why = last.map_or_else(String::new, |FailedLookup { place, why }| format!("{place} {why}"));
        if self.seen().logged.insert(name.to_owned(), why.clone()).is_some_and(|logged| logged == why) {
            return;
        }
        let fields = json!({ "secret": name, "why": why });
        self.core.log(Level::Warn, "failed to read a secret again; its previous value stays in use", &fields);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

fn mark_of(path: &Path) -> Mark {
    let metadata = fs::metadata(path).ok()?;
    Some((inode(&metadata), metadata.modified().ok()?, metadata.len()))
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &fs::Metadata) -> u64 {
    0
}
