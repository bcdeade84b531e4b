//! Recalling a message by its id: it is cancelled or gets another time, where no handler has it yet.

use std::time::SystemTime;

/// What becomes of a message that still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// The message is deleted.
    Cancel,
    /// The message is due at this time; a time that has passed means at once.
    Reschedule(SystemTime),
}

/// Where a recalled message was in one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecallOutcome {
    /// The message waited: it was recalled.
    Waiting,
    /// A handler has the message.
    InFlight,
    /// The message is a dead letter.
    Dead,
    /// The message was handled, or never was in this subscription.
    Gone,
}

impl RecallOutcome {
    /// Returns the name under which the place is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InFlight => "in_flight",
            Self::Dead => "dead",
            Self::Gone => "gone",
        }
    }

    /// Returns the place with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Waiting, Self::InFlight, Self::Dead, Self::Gone].into_iter().find(|found| found.name() == name)
    }
}

/// The outcome of a recall in one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// The subscription's name.
    pub subscription: String,
    /// Where the message was.
    pub found: RecallOutcome,
}
