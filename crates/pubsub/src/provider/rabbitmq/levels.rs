//! Delay queues, or levels: their messages expire after a power of two of milliseconds and return to the main queue.
//!
//! A delayed message is put into the longest level that does not exceed its delay; a process that receives it too early puts
//! it into the next one. A subscription thus has at most 25 such queues, created when they are needed, whatever delays it
//! uses. All messages of a queue expire after the same time, so that none waits behind one with a longer delay.
//!
//! A level that is not used expires. The sender of a message has declared its level recently, which restarts the level's
//! expiry, and that is more than twice as long as the message stays.

use std::time::Duration;

/// Milliseconds of the shortest level; a shorter rest of a delay is waited for in the process.
pub(super) const SHORTEST_MS: u64 = 64;
/// Milliseconds of the longest level: twelve days. The broker's limit is 2^32.
pub(super) const LONGEST_MS: u64 = 1 << 30;
/// Age of its last declaration from which a level is declared again.
pub(super) const RENEW_AFTER: Duration = Duration::from_secs(300);
/// Milliseconds by which a level outlasts twice its messages' time.
const STAYS_MS: u64 = 3_600_000;

/// Lists the milliseconds of all possible levels.
pub(super) fn all() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(SHORTEST_MS), |ms| Some(ms * 2)).take_while(|ms| *ms <= LONGEST_MS)
}

/// Returns the longest level that ends in time; `None` for a delay below the shortest level.
pub(super) fn fitting(wait: Duration) -> Option<u64> {
    let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).min(LONGEST_MS);
    (ms >= SHORTEST_MS).then(|| 1 << ms.ilog2())
}

/// Returns the milliseconds after which an unused level expires.
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
