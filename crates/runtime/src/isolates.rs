//! The isolates that have attached.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};

use crate::isolate::Isolate;
use crate::lock::{lock_to_read, lock_to_write};

/// All live isolates of the process.
#[derive(Default)]
pub struct Isolates {
    attached: RwLock<Vec<Arc<Isolate>>>,
    next_id: AtomicU32,
}

impl Isolates {
    pub(crate) fn next_id(&self) -> u32 {
        self.next_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn attach(&self, isolate: Arc<Isolate>) {
        lock_to_write(&self.attached).push(isolate);
    }

    pub(crate) fn detach(&self, id: u32) -> Option<Arc<Isolate>> {
        let mut attached = lock_to_write(&self.attached);
        let at = attached.iter().position(|isolate| isolate.id == id)?;
        Some(attached.remove(at))
    }

    /// The isolate by its number.
    pub fn get(&self, id: u32) -> Option<Arc<Isolate>> {
        let attached = lock_to_read(&self.attached);
        attached.iter().find(|isolate| isolate.id == id).cloned()
    }

    /// Whether the isolate has attached and not ended.
    pub(crate) fn holds(&self, id: u32) -> bool {
        let attached = lock_to_read(&self.attached);
        attached.iter().any(|isolate| isolate.id == id)
    }

    /// The isolate that attached first of those that live: the one that prints the runtime's log lines.
    pub fn first(&self) -> Option<Arc<Isolate>> {
        lock_to_read(&self.attached).first().cloned()
    }

    /// All live isolates.
    pub(crate) fn all(&self) -> Vec<Arc<Isolate>> {
        lock_to_read(&self.attached).clone()
    }

    /// Calls `act` for each live isolate.
    pub(crate) fn each(&self, act: impl Fn(&Isolate)) {
        lock_to_read(&self.attached).iter().for_each(|isolate| act(isolate));
    }

    /// The number of attached isolates.
    pub fn len(&self) -> usize {
        lock_to_read(&self.attached).len()
    }

    /// Whether no isolate is attached.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
