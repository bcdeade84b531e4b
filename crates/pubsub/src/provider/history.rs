//! The history of a topic: its messages, kept for subscriptions that are to get them later.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// How much of a topic a provider keeps as its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// The age up to which messages are kept at least.
    pub max_age: Duration,
    /// The size from which the oldest messages are deleted earlier; `None` means that the age alone counts.
    pub max_bytes: Option<u64>,
}

/// The place in a topic's history at which a replay begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplayFrom {
    /// The oldest message that the history holds.
    First,
    /// The message at this place, counted from 0 since the history exists.
    Offset(u64),
    /// The first message that was published then or later, in milliseconds since 1970.
    TimeMs(u64),
}

/// The part of a topic's history that is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayRange {
    /// The place at which the replay begins.
    pub from: ReplayFrom,
    /// The time of publication from which messages are left out; `None` means up to the present.
    pub until: Option<SystemTime>,
}
