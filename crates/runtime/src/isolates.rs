//! The isolates that have attached, and which of them serve.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::isolate::Isolate;

type Shared = RwLock<Arc<[Arc<Isolate>]>>;

/// All live isolates of the process.
#[derive(Default)]
pub struct Isolates {
    attached: Shared,
    serving: Shared,
    next_id: AtomicU32,
    turn: AtomicU32,
}

impl Isolates {
    pub(crate) fn next_id(&self) -> u32 {
        self.next_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn attach(&self, isolate: Arc<Isolate>) {
        insert(&self.attached, isolate);
    }

    /// From now on `isolate` gets work.
    pub fn serve(&self, isolate: Arc<Isolate>) {
        self.retire(isolate.id);
        insert(&self.serving, isolate);
    }

    /// From now on it gets none; it stays attached.
    pub fn retire(&self, id: u32) {
        remove(&self.serving, id);
    }

    pub(crate) fn detach(&self, id: u32) -> Option<Arc<Isolate>> {
        remove(&self.serving, id);
        remove(&self.attached, id)
    }

    /// The isolate by its number.
    pub fn get(&self, id: u32) -> Option<Arc<Isolate>> {
        read(&self.attached).iter().find(|isolate| isolate.id == id).cloned()
    }

    /// The isolate that attached first of those that live: the one that prints the runtime's log lines.
    pub fn first(&self) -> Option<Arc<Isolate>> {
        read(&self.attached).first().cloned()
    }

    /// The less busy of two serving isolates, or `None` where nobody serves.
    ///
    /// Two candidates in turn are as good as two random ones here and need no generator.
    /// Source: M. Mitzenmacher, "The power of two choices in randomized load balancing", 2001.
    pub fn pick(&self) -> Option<Arc<Isolate>> {
        let serving = read(&self.serving);
        if serving.len() < 2 {
            return serving.first().cloned();
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) as usize;
        let one = &serving[turn % serving.len()];
        let other = &serving[(turn / serving.len() + turn + 1) % serving.len()];
        Some(Arc::clone(if other.port.load() < one.port.load() { other } else { one }))
    }

    /// How many isolates serve.
    pub fn serving(&self) -> usize {
        read(&self.serving).len()
    }
}

fn read(list: &Shared) -> Arc<[Arc<Isolate>]> {
    Arc::clone(&list.read().unwrap_or_else(PoisonError::into_inner))
}

fn insert(list: &Shared, isolate: Arc<Isolate>) {
    let mut list = list.write().unwrap_or_else(PoisonError::into_inner);
    *list = list.iter().cloned().chain([isolate]).collect();
}

fn remove(list: &Shared, id: u32) -> Option<Arc<Isolate>> {
    let mut list = list.write().unwrap_or_else(PoisonError::into_inner);
    let removed = list.iter().find(|isolate| isolate.id == id).cloned();
    *list = list.iter().filter(|isolate| isolate.id != id).cloned().collect();
    removed
}
