//! The series of one place, found without a lock and without making a label.

use std::sync::OnceLock;

/// The series that a place keeps at hand: by far most endpoints have fewer pairs of method and status.
const AT_HAND: usize = 8;

/// A few values by numbers, each resolved once.
pub(crate) struct SeriesCache<T> {
    slots: [OnceLock<(u32, T)>; AT_HAND],
}

impl<T> Default for SeriesCache<T> {
    fn default() -> Self {
        Self { slots: [const { OnceLock::new() }; AT_HAND] }
    }
}

impl<T> SeriesCache<T> {
    /// Calls `with` with the value of `key`. `resolve` finds a value that is not at hand; it is kept as long as there is room.
    pub(crate) fn with(&self, key: u32, resolve: impl Fn() -> T, with: impl FnOnce(&T)) {
        for slot in &self.slots {
            let (of, value) = slot.get_or_init(|| (key, resolve()));
            if *of == key {
                return with(value);
            }
        }
        with(&resolve());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_value_is_resolved_once_while_there_is_room() {
        let (cache, resolved) = (SeriesCache::default(), Cell::new(0));
        for round in 0..3 {
            for key in 0..10_u32 {
                let resolve = || {
                    resolved.set(resolved.get() + 1);
                    key * 7
                };
                cache.with(key, resolve, |value| assert_eq!(*value, key * 7, "round {round}"));
            }
        }
        assert_eq!(resolved.get(), 8 + 3 * 2);
    }
}
