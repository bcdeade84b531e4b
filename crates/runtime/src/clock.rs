//! The monotonic clock of time limits, which a test of an app moves forward.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds by which the clock was moved.
static AHEAD_MS: AtomicU64 = AtomicU64::new(0);

/// The time of the machine's monotonic clock, and what the clock was moved forward by.
pub fn now() -> Instant {
    let ahead = AHEAD_MS.load(Ordering::Relaxed);
    Instant::now() + Duration::from_millis(ahead)
}

/// Moves the clock forward, for the whole process. Waits that are under way are not told: see [`Core::advance`](crate::Core::advance).
pub(crate) fn advance(by: Duration) {
    AHEAD_MS.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_what_it_was_moved_by() {
        let before = Instant::now();
        advance(Duration::from_secs(3600));
        assert!(now() >= before + Duration::from_secs(3600));
    }
}
