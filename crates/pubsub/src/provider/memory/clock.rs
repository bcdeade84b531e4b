//! A clock that can be advanced.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

/// The system's clock plus the time by which it was advanced.
#[derive(Default)]
pub struct OffsetClock {
    ahead_ms: AtomicU64,
    moved: Notify,
}

impl OffsetClock {
    /// Returns the clock's time.
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_millis(self.ahead_ms.load(Ordering::Acquire))
    }

    /// Advances the clock and wakes the tasks that wait for a time.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::AcqRel);
        self.moved.notify_waiters();
    }

    /// Waits until `time`, or until the clock is advanced.
    pub(super) async fn until(&self, time: Option<SystemTime>) {
        let moved = self.moved.notified();
        let Some(time) = time else { return moved.await };
        let left = time.duration_since(self.now()).unwrap_or_default();
        tokio::select! {
            () = moved => {}
            () = tokio::time::sleep(left) => {}
        }
    }
}
