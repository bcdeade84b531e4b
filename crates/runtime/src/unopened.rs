//! Results of operations that stay in Rust, for isolates that may pass them on without looking into them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::failure::Failure;
use crate::lock::lock;

/// How a result fits a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The result is written; the form has this number in the process, never 0.
    Written(u32),
    /// A value does not fit, or cannot be told to; another result of the same statement may.
    OtherValue,
    /// No result of this kind can be written in the form.
    OtherForm,
}

/// A result of an operation that stays in Rust until the isolate opens it or is done with it.
pub trait Unopened: Send + Sync {
    /// The memory that the result takes, in bytes.
    fn size(&self) -> usize;

    /// The result as the text that the isolate would otherwise have got. `known` is the number of a part of it that the isolate
    /// has already, 0 for none. Errors: the result cannot be read.
    fn open(&self, known: u64) -> Result<Vec<u8>, Failure>;

    /// Writes the result as JSON in a form, which the isolate and the component have agreed on.
    fn fit(&self, form: &str) -> Fit;

    /// The JSON that the result was written as in the form of this number.
    fn written(&self, form: u32) -> Option<Bytes>;
}

/// The bytes of unopened results that one isolate may have: 64 MiB. What goes beyond crosses at once.
const MOST_BYTES: usize = 64 << 20;

struct Kept {
    result: Arc<dyn Unopened>,
    size: usize,
}

#[derive(Default)]
struct Results {
    last: u32,
    kept: HashMap<u32, Kept>,
    size: usize,
}

/// The unopened results of one isolate, by number.
#[derive(Default)]
pub struct UnopenedResults(Mutex<Results>);

impl UnopenedResults {
    /// Keeps a result and returns its number, never 0; `None` where the isolate's results would take more than 64 MiB.
    pub fn put(&self, result: Arc<dyn Unopened>) -> Option<u32> {
        let size = result.size();
        let mut results = lock(&self.0);
        if results.size + size > MOST_BYTES {
            return None;
        }
        results.size += size;
        results.last = results.last.checked_add(1).unwrap_or(1);
        let number = results.last;
        results.kept.insert(number, Kept { result, size });
        Some(number)
    }

    /// The result of this number, until it is released.
    pub fn get(&self, number: u32) -> Option<Arc<dyn Unopened>> {
        lock(&self.0).kept.get(&number).map(|kept| Arc::clone(&kept.result))
    }

    /// Drops the result of this number, if it is there still.
    pub fn release(&self, number: u32) {
        let mut results = lock(&self.0);
        let Some(kept) = results.kept.remove(&number) else { return };
        results.size -= kept.size;
        // Freed outside of the lock.
        drop(results);
        drop(kept);
    }

    /// The number of results that are kept.
    pub fn len(&self) -> usize {
        lock(&self.0).kept.len()
    }

    /// Whether no result is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OfSize(usize);

    impl Unopened for OfSize {
        fn size(&self) -> usize {
            self.0
        }

        fn open(&self, _: u64) -> Result<Vec<u8>, Failure> {
            Ok(Vec::new())
        }

        fn fit(&self, _: &str) -> Fit {
            Fit::OtherForm
        }

        fn written(&self, _: u32) -> Option<Bytes> {
            None
        }
    }

    #[test]
    fn what_goes_beyond_the_limit_is_not_kept() {
        let results = UnopenedResults::default();
        let first = results.put(Arc::new(OfSize(MOST_BYTES - 10))).unwrap();
        assert!(results.put(Arc::new(OfSize(11))).is_none());
        assert!(results.put(Arc::new(OfSize(10))).is_some());
        results.release(first);
        results.release(first);
        assert!(results.get(first).is_none());
        assert!(results.put(Arc::new(OfSize(MOST_BYTES - 10))).is_some());
        assert_eq!(results.len(), 2);
    }
}
