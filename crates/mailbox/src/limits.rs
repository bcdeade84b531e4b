//! Limits on what waits for one isolate.

use std::time::Duration;

/// Bounds of one port.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests with the isolate at once, delivered or about to be. Default 256.
    pub max_in_flight: usize,
    /// Jobs held behind them, in order. Default 1,024.
    pub max_held: usize,
    /// How long a job may be held. Default 2 s.
    pub max_hold: Duration,
    /// Bytes of text in one batch, exceeded by at most one item. Default 1 MiB.
    pub max_batch_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_in_flight: 256,
            max_held: 1024,
            max_hold: Duration::from_secs(2),
            max_batch_bytes: 1 << 20,
        }
    }
}
