//! The liveness and readiness probes, and what the app has announced of itself.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::health::checks::CheckCall;

/// A health probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Liveness: at least one isolate's event loop responds; otherwise the process has to be restarted.
    Live { stall_timeout: Duration },
    /// Readiness: requests should be sent to this process; includes the app's own checks.
    Ready { checks: Option<CheckCall> },
}

/// The stage of the app's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Stage {
    Starting = 0,
    Ready = 1,
    Stopping = 2,
}

/// The readiness that the app has announced.
#[derive(Default)]
pub(crate) struct Readiness(AtomicU8);

impl Readiness {
    /// Notes that the app has started.
    pub(crate) fn begin(&self) {
        self.0.store(Stage::Ready as u8, Ordering::Relaxed);
    }

    /// Notes that the app is about to stop.
    pub(crate) fn end(&self) {
        self.0.store(Stage::Stopping as u8, Ordering::Relaxed);
    }

    /// What the readiness probe tells of the stage.
    pub(super) fn told(&self) -> (StatusCode, &'static str) {
        match self.0.load(Ordering::Relaxed) {
            stage if stage == Stage::Ready as u8 => (StatusCode::OK, "ready"),
            stage if stage == Stage::Starting as u8 => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_has_a_beginning_and_an_end() {
        let readiness = Readiness::default();
        assert_eq!(readiness.told(), (StatusCode::SERVICE_UNAVAILABLE, "starting"));
        readiness.begin();
        assert_eq!(readiness.told(), (StatusCode::OK, "ready"));
        readiness.end();
        assert_eq!(readiness.told(), (StatusCode::SERVICE_UNAVAILABLE, "stopping"));
    }
}
