//! The things that isolates hold open, by number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use crate::lock::lock;

/// Things that isolates have opened and name by a number, such as sessions, uploads and listings.
///
/// Units: numbers begin at 1 and are given once in the life of the process. An isolate reaches only what it has opened.
///
/// ```
/// use twinloop_runtime::Handles;
///
/// let uploads = Handles::default();
/// let number = uploads.insert(1, "an upload of isolate 1");
/// assert_eq!(uploads.get(1, number).as_deref(), Some(&"an upload of isolate 1"));
/// assert_eq!(uploads.get(2, number), None);
/// assert_eq!(uploads.leave(1).len(), 1);
/// assert!(uploads.is_empty());
/// ```
pub struct Handles<T> {
    held: Mutex<HashMap<u32, Held<T>>>,
    last: AtomicU32,
}

struct Held<T> {
    isolate: u32,
    value: Arc<T>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self { held: Mutex::default(), last: AtomicU32::new(0) }
    }
}

impl<T> Handles<T> {
    /// Keeps `value` for `isolate` and returns its number.
    pub fn insert(&self, isolate: u32, value: impl Into<Arc<T>>) -> u32 {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.held).insert(number, Held { isolate, value: value.into() });
        number
    }

    /// The value of this number; `None` where `isolate` has not opened it, or no longer has it.
    pub fn get(&self, isolate: u32, number: u32) -> Option<Arc<T>> {
        let held = lock(&self.held);
        held.get(&number).filter(|held| held.isolate == isolate).map(|held| Arc::clone(&held.value))
    }

    /// Takes the value of this number out; `None` where `isolate` has not opened it, or no longer has it.
    pub fn remove(&self, isolate: u32, number: u32) -> Option<Arc<T>> {
        let mut held = lock(&self.held);
        held.get(&number).filter(|held| held.isolate == isolate)?;
        held.remove(&number).map(|held| held.value)
    }

    /// Takes out all that an isolate has opened, because the isolate ends or closes.
    pub fn leave(&self, isolate: u32) -> Vec<Arc<T>> {
        self.take(|held| held.isolate == isolate)
    }

    /// Takes out the values for which `ends` is true.
    pub fn take_if(&self, ends: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        self.take(|held| ends(&held.value))
    }

    /// Whether no isolate has anything open.
    pub fn is_empty(&self) -> bool {
        lock(&self.held).is_empty()
    }

    fn take(&self, ends: impl Fn(&Held<T>) -> bool) -> Vec<Arc<T>> {
        lock(&self.held).extract_if(|_, held| ends(held)).map(|(_, held)| held.value).collect()
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

    #[test]
    fn what_ends_is_taken_out_and_no_number_comes_again() {
        let handles = Handles::default();
        let numbers: Vec<u32> = [3, 4, 5].map(|value: i32| handles.insert(1, value)).into();
        let taken: Vec<i32> = handles.take_if(|value| value % 2 == 1).iter().map(|value| **value).collect();
        assert_eq!(taken.len(), 2);
        assert_eq!(handles.remove(1, numbers[1]).as_deref(), Some(&4));
        assert!(handles.is_empty());
        assert_eq!(handles.insert(1, 6), 4);
    }
}
