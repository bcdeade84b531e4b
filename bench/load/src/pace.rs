//! When a connection sends its next request.

use std::time::{Duration, Instant};

/// One connection's timetable: either at once, or at fixed points in time.
pub(crate) struct Pace {
    next: Option<Instant>,
    interval: Duration,
}

impl Pace {
    /// Spreads `rate` requests per second evenly over `connections`; without a rate there is no timetable.
    pub(crate) fn new(start: Instant, index: usize, connections: usize, rate: Option<f64>) -> Self {
        let Some(rate) = rate else { return Self { next: None, interval: Duration::ZERO } };
        let step = Duration::from_secs_f64(1.0 / rate);
        let connections = u32::try_from(connections).unwrap_or(u32::MAX);
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        Self { next: Some(start + step * index), interval: step * connections }
    }

    /// Waits until the next request is due and gives the time from which its latency counts.
    ///
    /// A connection that was still busy when its request fell due counts from that moment: the wait is the
    /// server's doing, and leaving it out would hide every stall. One that was idle counts from the sending,
    /// since the timer's own lateness (up to a millisecond) is not the server's.
    ///
    /// Source: Gil Tene, "How NOT to Measure Latency" (coordinated omission).
    pub(crate) async fn wait(&mut self) -> Instant {
        let now = Instant::now();
        let Some(due) = self.next else { return now };
        self.next = Some(due + self.interval);
        if due <= now {
            return due;
        }
        tokio::time::sleep_until(due.into()).await;
        Instant::now()
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn counts_a_late_request_from_when_it_was_due() {
        let start = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        let mut pace = Pace::new(start, 1, 2, Some(10.0));
        assert_eq!(pace.wait().await, start + Duration::from_millis(100));
        assert_eq!(pace.wait().await, start + Duration::from_millis(300));
    }

    #[tokio::test]
    async fn does_not_wait_without_a_rate() {
        let before = Instant::now();
        let mut pace = Pace::new(before + Duration::from_secs(60), 0, 1, None);
        assert!(pace.wait().await < before + Duration::from_secs(1));
    }
}
