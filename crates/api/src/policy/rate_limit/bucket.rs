//! Token buckets as one number each: the time at which a bucket is full again.
//!
//! A request moves that time by the interval in which one token comes back, and is refused where it would lie further ahead than
//! a burst takes to come back. This is the generic cell rate algorithm (ITU-T I.371): no timer, no token is lost to rounding.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// The measures of a bucket, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// In which one token comes back.
    pub(super) interval: u64,
    /// In which an empty bucket is full again.
    pub(super) depth: u64,
}

/// The outcome of taking a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// The time at which the bucket is full again.
    pub(super) full_at: u64,
    /// The time at which there is a token again, where there was none.
    pub(super) refused_until: Option<u64>,
}

impl Measure {
    /// Takes a token at `now` from a bucket that is full at `full_at`.
    pub(super) fn take(self, full_at: u64, now: u64) -> Taken {
        let base = full_at.max(now);
        let next = base.saturating_add(self.interval);
        if next - now > self.depth {
            return Taken { full_at: base, refused_until: Some(next - self.depth) };
        }
        Taken { full_at: next, refused_until: None }
    }

    /// The tokens that are left at `now`.
    pub(super) fn left(self, full_at: u64, now: u64) -> u64 {
        self.depth.saturating_sub(full_at.saturating_sub(now)) / self.interval
    }
}

/// Values by key in bounded memory: two generations of at most `capacity` each. When the younger one is full it becomes the older
/// one, which is forgotten: values in use move on, those of clients that have left go, without a sweep.
///
/// A flood of more than `capacity` keys makes buckets full again early: a limit then lets more pass, memory does not grow.
pub(super) struct Generations<K, V> {
    capacity: usize,
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
}

impl<K: Hash + Eq + Copy, V: Default> Generations<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, young: HashMap::default(), old: HashMap::default() }
    }

    /// The value of a key, which is in use from now on.
    pub(super) fn entry(&mut self, key: K) -> &mut V {
        let older = if self.young.contains_key(&key) {
            None
        } else {
            Some(self.old.remove(&key).unwrap_or_default())
        };
        if older.is_some() && self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.entry(key).or_insert_with(|| older.unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn measure(limit: u64, burst: u64) -> Measure {
        let interval = 60 * SECOND / limit;
        Measure { interval, depth: interval * burst }
    }

    #[test]
    fn a_burst_passes_and_then_one_for_each_interval() {
        let measure = measure(60, 3);
        let mut full_at = 0;
        let mut take = |now: u64| {
            let taken = measure.take(full_at, now);
            full_at = taken.full_at;
            taken.refused_until
        };
        let now = 100 * SECOND;
        assert_eq!([take(now), take(now), take(now)], [None; 3]);
        assert_eq!(take(now), Some(101 * SECOND));
        assert_eq!(take(101 * SECOND), None);
        assert_eq!(take(101 * SECOND), Some(102 * SECOND));
        assert_eq!(
            [take(200 * SECOND), take(200 * SECOND), take(200 * SECOND)],
            [None; 3],
            "a full bucket holds a burst"
        );
        assert!(take(200 * SECOND).is_some());
    }

    #[test]
    fn what_is_left_is_told() {
        let measure = measure(60, 3);
        let taken = measure.take(0, SECOND);
        assert_eq!(measure.left(taken.full_at, SECOND), 2);
        assert_eq!(measure.left(taken.full_at, 2 * SECOND), 3);
    }

    #[test]
    fn memory_is_bounded_and_buckets_in_use_stay() {
        let measure = measure(1, 1);
        let mut buckets = Generations::<u64, u64>::new(100);
        let mut take = |key: u64| {
            let full_at = buckets.entry(key);
            let taken = measure.take(*full_at, 1);
            *full_at = taken.full_at;
            taken.refused_until
        };
        assert_eq!(take(u64::MAX), None);
        for key in 0..10_000 {
            take(key);
            if key % 50 == 0 {
                assert!(take(u64::MAX).is_some(), "{key}");
            }
        }
        assert!(buckets.len() <= 200);
    }

    proptest! {
        #[test]
        fn no_window_lets_more_pass_than_limit_and_burst(
            limit in 1u64..50, burst in 1u64..50, steps in proptest::collection::vec(0u64..3_000_000_000, 1..400),
        ) {
            let measure = measure(limit, burst);
            let (mut now, mut full_at, mut passed) = (SECOND, 0, Vec::new());
            for step in steps {
                now += step;
                let taken = measure.take(full_at, now);
                full_at = taken.full_at;
                if taken.refused_until.is_none() {
                    passed.push(now);
                }
            }
            for (index, from) in passed.iter().enumerate() {
                let within = passed[index..].iter().filter(|at| **at < from + 60 * SECOND).count() as u64;
                prop_assert!(within <= limit + burst, "{within} of {limit}, burst {burst}");
            }
        }
    }
}
