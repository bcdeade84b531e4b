//! Computes how long to wait before the next attempt: the one backoff of all components.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The pause before the next attempt: exponential backoff with full jitter, random between nothing and
/// `min · 2^(attempt - 1)`, at most `max`. `attempt` is the number of attempts that have failed, from 1.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
///
/// ```
/// use std::time::Duration;
///
/// let (min, max) = (Duration::from_secs(1), Duration::from_secs(600));
/// assert!(twinloop_runtime::backoff(min, max, 3) <= Duration::from_secs(4));
/// assert!(twinloop_runtime::backoff(min, max, 200) <= max);
/// ```
pub fn backoff(min: Duration, max: Duration, attempt: u32) -> Duration {
    jittered(ceiling(min, max, attempt), fraction())
}

/// A random part of a duration, from nothing to all of it.
pub fn fraction_of(whole: Duration) -> Duration {
    jittered(whole, fraction())
}

/// The longest pause after attempt `attempt`.
fn ceiling(min: Duration, max: Duration, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(63);
    let min_ms = min.as_millis().min(u128::from(u64::MAX));
    let grown = min_ms.saturating_mul(1_u128 << doublings);
    Duration::from_millis(u64::try_from(grown).unwrap_or(u64::MAX)).min(max)
}

fn jittered(ceiling: Duration, fraction: u32) -> Duration {
    let nanos = ceiling.as_nanos() * u128::from(fraction) / u128::from(u32::MAX);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(ceiling)
}

/// A random fraction of `u32::MAX`, from the random keys of a new hasher.
fn fraction() -> u32 {
    u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_ceiling_doubles_until_the_maximum() {
        let seconds = |attempt| ceiling(SECOND, 600 * SECOND, attempt).as_secs();
        assert_eq!([1, 2, 3, 4, 9, 10, 11, 200].map(seconds), [1, 2, 4, 8, 256, 512, 600, 600]);
    }

    #[test]
    fn without_a_minimum_there_is_no_wait() {
        assert_eq!(backoff(Duration::ZERO, SECOND, 50), Duration::ZERO);
    }

    #[test]
    fn waits_are_spread_over_the_whole_range() {
        let waits: Vec<Duration> = (0..500).map(|_| backoff(SECOND, SECOND, 1)).collect();
        assert!(waits.iter().any(|wait| *wait < SECOND / 4));
        assert!(waits.iter().any(|wait| *wait > 3 * SECOND / 4));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_longer_than_its_ceiling(
            min in 0_u64..=u64::MAX, max in 0_u64..=u64::MAX, attempt in 0_u32..=u32::MAX, fraction: u32,
        ) {
            let (min, max) = (Duration::from_millis(min), Duration::from_millis(max));
            let ceiling = ceiling(min, max, attempt);
            prop_assert!(ceiling <= max);
            prop_assert!(jittered(ceiling, fraction) <= ceiling);
            prop_assert!(backoff(min, max, attempt) <= ceiling);
        }

        #[test]
        fn ceilings_do_not_shrink(min in 0_u64..1_000_000, attempt in 1_u32..200) {
            let (min, max) = (Duration::from_millis(min), Duration::from_secs(86_400));
            prop_assert!(ceiling(min, max, attempt) <= ceiling(min, max, attempt + 1));
        }
    }
}
