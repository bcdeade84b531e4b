//! Reading again what may have changed: files, which are rotated by replacing them.
//!
//! Each second the files' inodes, times and sizes are looked at, through links: Kubernetes swaps the link `..data` above them.
//! Where these differ, and of all files at each refresh, the search is made again. What it finds becomes a candidate of the
//! store. A value that is gone or cannot be read stays in use, and a line in the log says so, once.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use tokio::sync::Notify;
use tokio::time::sleep;
use twinloop_runtime::{Core, Level};

use crate::place::Attempt;
use crate::search::{Outcome, search, watched_files};
use crate::sources::Sources;
use crate::store::Store;

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What tells that a file is another one or was written: inode, time, size.
type Mark = Option<(u64, SystemTime, u64)>;

#[derive(Default)]
struct Seen {
    /// Of the files of each secret.
    marks: HashMap<String, Vec<Mark>>,
    /// What was said of a secret, so that it is said once.
    said: HashMap<String, String>,
    read: Option<Instant>,
}

/// Names whose places are looked at again.
pub(crate) struct Watch {
    store: &'static Store,
    core: &'static Core,
    names: Vec<String>,
    sources: Sources,
    refresh: Duration,
    seen: Mutex<Seen>,
    stopped: Notify,
}

impl Watch {
    /// Begins to watch those of the names that a file may give; none of them, no task.
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

    /// Ends the task.
    pub(crate) fn stop(&self) {
        // One that is reading at the moment finds it afterwards.
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

    /// A panic in it must not end the watch.
    fn report(&self, panicked: bool) {
        if panicked {
            self.core.log(Level::Error, "looking for changed secrets failed", &json!({}));
        }
    }

    /// Searches again for the names one of whose files is another one now.
    fn look(&self) {
        let changed: Vec<String> = self.names.iter().filter(|name| self.mark(name)).cloned().collect();
        self.search_for(&changed);
    }

    fn mark_all(&self) {
        for name in &self.names {
            self.mark(name);
        }
    }

    /// Takes down how a secret's files are; whether that is not how they were.
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
                Outcome::Found(found) => {
                    self.seen().said.remove(name);
                    self.store.offer(name, found);
                }
                Outcome::Absent if !self.store.is_of_place(name) => {}
                Outcome::Absent | Outcome::Unusable => self.say(name, made.attempts.last()),
            }
        }
    }

    fn say(&self, name: &str, last: Option<&Attempt>) {
        let why = last.map_or_else(String::new, |Attempt { place, why }| format!("{place} {why}"));
        if self.seen().said.insert(name.to_owned(), why.clone()).is_some_and(|said| said == why) {
            return;
        }
        let fields = json!({ "secret": name, "why": why });
        self.core.log(
            Level::Warn,
            "a secret cannot be read any more; its value before stays in use",
            &fields,
        );
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
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
