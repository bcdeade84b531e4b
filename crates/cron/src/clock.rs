//! The wall clock by which jobs are due; the clock may jump.

use std::future::Future;
use std::pin::Pin;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// An instant on the wall clock.
pub type Instant = DateTime<Utc>;

/// A source of the time: the machine's, or one that a test sets.
pub trait Clock: Send + Sync {
    /// The instant that the clock shows now.
    fn now(&self) -> Instant;

    /// Waits for an instant. Sleeps by a monotonic clock, which knows nothing of jumps of this one: callers look at `now`
    /// again afterwards.
    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock, in whole milliseconds.
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let ahead = instant.signed_duration_since(self.now());
        Box::pin(tokio::time::sleep(ahead.to_std().unwrap_or_default()))
    }
}

/// The instant `millis` milliseconds after 1970 (UTC); the calendar's last one for a number outside of it.
pub(crate) fn from_millis(millis: i64) -> Instant {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
