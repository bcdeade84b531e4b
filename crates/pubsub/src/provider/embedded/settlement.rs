//! The demand of a consumer, and the ways in which its deliveries end.

use std::time::Duration;

use crate::provider::message::{Burial, Lease};

/// The number of messages that a consumer has room for.
pub(super) struct Demand {
    pub(super) queue: u32,
    pub(super) room: usize,
    pub(super) holder: u64,
    pub(super) deadline: Duration,
}

/// The way in which a delivery ends.
pub(super) enum Settlement {
    Acknowledge,
    Retry(Duration),
    /// Buries the message with this number of attempts.
    Bury(Burial, u32),
    Release,
}

/// Deliveries that are released because they were not begun.
pub(super) enum Returned {
    Leases(Vec<Lease>),
    AllOf(u64),
}
