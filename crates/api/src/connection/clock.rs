//! A coarse clock for the time limits of connections.
//!
//! Connections store the time at which they began to wait. One task advances the clock while there are connections, and
//! checks which of them have waited too long; a timer per request would cost more.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::config::Limits;

/// A clock that counts milliseconds since the server began, advanced in steps.
pub(crate) struct CoarseClock {
    began: Instant,
    now: AtomicU32,
    pub(crate) step: Duration,
}

/// A time of the clock, in milliseconds; never zero, which stands for none.
pub(crate) type Moment = u32;

impl CoarseClock {
    /// Makes a clock whose step, 10 to 500 ms, suits the shortest of the limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        let shortest = [
            limits.header_timeout_ms,
            limits.idle_timeout_ms,
            limits.body_timeout_ms,
            limits.write_timeout_ms,
            limits.half_close_grace_ms,
        ];
        let step = shortest.into_iter().min().unwrap_or(0) / 4;
        Self {
            began: Instant::now(),
            now: AtomicU32::new(1),
            step: Duration::from_millis(u64::from(step.clamp(10, 500))),
        }
    }

    /// The time of the last step.
    pub(crate) fn now(&self) -> Moment {
        self.now.load(Ordering::Relaxed)
    }

    /// Advances the clock to the present.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it wraps after 49 days; only differences are looked at"
    )]
    pub(crate) fn advance(&self) -> Moment {
        let now = (self.began.elapsed().as_millis() as u32).max(1);
        self.now.store(now, Ordering::Relaxed);
        now
    }
}

/// Milliseconds from `since` to `now`.
pub(crate) fn elapsed(since: Moment, now: Moment) -> u32 {
    now.wrapping_sub(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_shortest_limit() {
        assert_eq!(CoarseClock::new(&Limits::default()).step, Duration::from_millis(250));
        assert_eq!(
            CoarseClock::new(&Limits { idle_timeout_ms: 1, ..Limits::default() }).step,
            Duration::from_millis(10)
        );
    }

    #[test]
    fn differences_survive_the_wrap() {
        assert_eq!(elapsed(u32::MAX - 4, 5), 10);
    }
}
