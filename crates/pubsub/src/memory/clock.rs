//! Time that can be moved on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

/// The system's clock, ahead by as much as it was advanced.
#[derive(Default)]
pub struct Clock {
    ahead_ms: AtomicU64,
    moved: Notify,
}

impl Clock {
    /// Its time.
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_millis(self.ahead_ms.load(Ordering::Acquire))
    }

    /// Moves it on; whoever waits for a time looks again.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::AcqRel);
        self.moved.notify_waiters();
    }

    /// Waits for `time`, or for the next time that the clock is moved.
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
