//! Waiting at the broker: queues whose messages run out after a power of two of milliseconds and go back to where they came from.
//!
//! A message that is to wait is put into the longest level that fits, and whoever gets it back too early puts it into the next.
//! So a subscription has at most 25 such queues, made when they are needed, whatever delays it uses; and messages of one queue
//! all wait equally long, so that none waits behind one that waits longer.
//!
//! A level that nobody uses expires. Whoever puts a message in has declared it not long ago, which begins that time anew, and it
//! is more than twice as long as the message stays.

use std::time::Duration;

/// The shortest level; what remains below it is waited for in the process.
pub(super) const SHORTEST_MS: u64 = 64;
/// Twelve days. The broker's own limit for times is 2^32.
pub(super) const LONGEST_MS: u64 = 1 << 30;
/// A level is declared again when it was for this long not.
pub(super) const RENEW_AFTER: Duration = Duration::from_secs(300);
/// How much longer than twice its time a level stays.
const STAYS_MS: u64 = 3_600_000;

/// All levels that there can be.
pub(super) fn all() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(SHORTEST_MS), |ms| Some(ms * 2)).take_while(|ms| *ms <= LONGEST_MS)
}

/// The longest level that ends in time; none for less than the shortest.
pub(super) fn fitting(wait: Duration) -> Option<u64> {
    let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).min(LONGEST_MS);
    (ms >= SHORTEST_MS).then(|| 1 << ms.ilog2())
}

/// When a level that nobody uses expires.
pub(super) fn expires_ms(ms: u64) -> u64 {
    2 * ms + STAYS_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_the_sum_of_its_levels() {
        for wait in [64, 100, 1_500, 60_000, 604_800_000, 90 * 86_400_000] {
            let (mut left, mut hops) = (wait, 0);
            while let Some(level) = fitting(Duration::from_millis(left)) {
                assert!(level <= left && all().any(|known| known == level));
                left -= level;
                hops += 1;
            }
            assert!(left < SHORTEST_MS && hops <= 32, "{wait}: {left} after {hops}");
        }
        assert_eq!(fitting(Duration::from_millis(63)), None);
    }

    #[test]
    fn a_level_outlives_its_messages_and_fits_the_brokers_limit() {
        for level in all() {
            assert!(expires_ms(level) > level + 1000 * RENEW_AFTER.as_secs());
            assert!(expires_ms(level) < 1 << 32);
        }
        assert_eq!(all().count(), 25);
    }
}
