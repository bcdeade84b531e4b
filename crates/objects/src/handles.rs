//! What isolates hold open, by number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use twinloop_runtime::lock;

/// Things that isolates have opened and name by a number; a number is given once in the life of the process.
pub(crate) struct Handles<T> {
    held: Mutex<HashMap<u32, (u32, Arc<T>)>>,
    last: AtomicU32,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self { held: Mutex::default(), last: AtomicU32::new(0) }
    }
}

impl<T> Handles<T> {
    /// Keeps `value` for `isolate` and gives its number.
    pub(crate) fn insert(&self, isolate: u32, value: T) -> u32 {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.lock().insert(number, (isolate, Arc::new(value)));
        number
    }

    /// The value by its number, for the isolate that opened it.
    pub(crate) fn get(&self, isolate: u32, number: u32) -> Option<Arc<T>> {
        let held = self.lock();
        held.get(&number).filter(|(owner, _)| *owner == isolate).map(|(_, value)| Arc::clone(value))
    }

    /// Takes the value out, for the isolate that opened it.
    pub(crate) fn remove(&self, isolate: u32, number: u32) -> Option<Arc<T>> {
        let mut held = self.lock();
        held.get(&number).filter(|(owner, _)| *owner == isolate)?;
        held.remove(&number).map(|(_, value)| value)
    }

    /// Takes out all that an isolate has opened.
    pub(crate) fn leave(&self, isolate: u32) -> Vec<Arc<T>> {
        let mut held = self.lock();
        let numbers: Vec<u32> =
            held.iter().filter(|(_, (owner, _))| *owner == isolate).map(|(number, _)| *number).collect();
        numbers.iter().filter_map(|number| held.remove(number)).map(|(_, value)| value).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, (u32, Arc<T>)>> {
        lock(&self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isolate_reaches_only_what_it_has_opened() {
        let handles = Handles::default();
        let (first, second) = (handles.insert(1, "a"), handles.insert(2, "b"));
        assert_eq!(handles.get(1, first).as_deref(), Some(&"a"));
        assert!(handles.get(1, second).is_none());
        assert!(handles.remove(1, second).is_none());
        assert_eq!(handles.leave(1).len(), 1);
        assert!(handles.get(1, first).is_none());
        assert!(handles.get(2, second).is_some());
    }
}
