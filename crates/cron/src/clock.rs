//! The time, as jobs see it: a wall clock that may jump.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// An instant on the wall clock.
pub type Instant = DateTime<Utc>;

/// How soon a jump of the wall clock is noticed: timers run by another clock, which knows nothing of it.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// A clock; tests have one of their own.
pub trait Clock: Send + Sync {
    /// What it shows.
    fn now(&self) -> Instant;

    /// Waits for an instant. It may return early: whoever waits looks at the clock again.
    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The clock of the machine.
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let ahead = instant.signed_duration_since(self.now());
        let ahead = ahead.to_std().unwrap_or_default().min(LONGEST_SLEEP);
        Box::pin(tokio::time::sleep(ahead))
    }
}

/// The instant of milliseconds since 1970; the last there is for what lies outside of the calendar.
pub(crate) fn from_millis(millis: i64) -> Instant {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
