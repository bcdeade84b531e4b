//! Watchers: each has a queue of events, bounded in bytes, and is told how much it missed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use serde_json::json;
use twinloop_runtime::lock;

/// Most bytes that wait for one watcher.
const MAX_WAITING: usize = 256 << 10;
/// Most watchers at once.
const MAX_WATCHERS: usize = 16;

#[derive(Default)]
struct Waiting {
    events: VecDeque<Bytes>,
    bytes: usize,
    missed: u64,
    waker: Option<Waker>,
}

impl Waiting {
    fn push(&mut self, event: &Bytes) {
        // Once it has missed something it misses all until it has read what it has: it is told of one gap, not of many.
        if self.missed > 0 || self.bytes + event.len() > MAX_WAITING {
            self.missed += 1;
            return;
        }
        self.bytes += event.len();
        self.events.push_back(event.clone());
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn pop(&mut self) -> Option<Bytes> {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.len();
            return Some(event);
        }
        let missed = std::mem::take(&mut self.missed);
        (missed > 0).then(|| event("missed", &json!({ "count": missed }).to_string()))
    }
}

/// All watchers.
#[derive(Default)]
pub(crate) struct Watchers {
    watchers: Mutex<Vec<Weak<Mutex<Waiting>>>>,
    count: AtomicUsize,
}

/// One watcher; dropped when it leaves.
pub(crate) struct Watcher {
    waiting: Arc<Mutex<Waiting>>,
    live: Arc<Watchers>,
}

/// An event as server-sent events have it. `data` is one line.
pub(crate) fn event(name: &str, data: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

impl Watchers {
    /// Whether anybody watches, so that an event is worth its making.
    pub(crate) fn is_watched(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Tells all watchers; one that reads slowly is told later how much it missed.
    pub(crate) fn tell(&self, name: &str, data: &str) {
        let event = event(name, data);
        for watcher in lock(&self.watchers).iter().filter_map(Weak::upgrade) {
            lock(&watcher).push(&event);
        }
    }

    /// A new watcher; `None` where there are as many as may be.
    pub(crate) fn watch(self: &Arc<Self>) -> Option<Watcher> {
        let mut watchers = lock(&self.watchers);
        if watchers.len() >= MAX_WATCHERS {
            return None;
        }
        let waiting = Arc::default();
        watchers.push(Arc::downgrade(&waiting));
        self.count.store(watchers.len(), Ordering::Relaxed);
        Some(Watcher { waiting, live: Arc::clone(self) })
    }
}

impl Watcher {
    /// The next event.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let mut waiting = lock(&self.waiting);
        if let Some(event) = waiting.pop() {
            return Poll::Ready(event);
        }
        waiting.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watchers = lock(&self.live.watchers);
        let own = Arc::downgrade(&self.waiting);
        watchers.retain(|each| !each.ptr_eq(&own));
        self.live.count.store(watchers.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(watcher: &Watcher) -> Option<String> {
        match watcher.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(event) => Some(String::from_utf8_lossy(&event).into_owned()),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_watcher_that_reads_slowly_is_told_what_it_missed() {
        let live = Arc::new(Watchers::default());
        let watcher = live.watch().unwrap();
        let data = "x".repeat(1000);
        for _ in 0..1000 {
            live.tell("log", &data);
        }
        assert!(lock(&watcher.waiting).bytes <= MAX_WAITING);
        let mut read = 0;
        let last = loop {
            let event = next(&watcher).unwrap();
            if event.starts_with("event: missed") {
                break event;
            }
            read += 1;
        };
        assert_eq!(last, format!("event: missed\ndata: {{\"count\":{}}}\n\n", 1000 - read));
        assert!(next(&watcher).is_none());
        live.tell("log", "1");
        assert_eq!(next(&watcher).as_deref(), Some("event: log\ndata: 1\n\n"));
    }

    #[test]
    fn watchers_are_bounded_and_leave() {
        let live = Arc::new(Watchers::default());
        let watchers: Vec<_> = (0..MAX_WATCHERS).map(|_| live.watch().unwrap()).collect();
        assert!(live.watch().is_none() && live.is_watched());
        drop(watchers);
        assert!(!live.is_watched() && live.watch().is_some());
    }
}
