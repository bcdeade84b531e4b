//! Topics and subscriptions, as far as a provider needs to know them.

use std::time::Duration;

use crate::provider::history::{History, ReplayFrom};
use crate::provider::limits::Limits;

/// A topic with its subscriptions, as the app declares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The topic's name.
    pub name: String,
    /// Whether messages of one key are delivered in order.
    pub ordered: bool,
    /// How much of its messages is kept for replays; `None` keeps nothing.
    pub history: Option<History>,
    /// The subscriptions, each of which gets a copy of every message.
    pub subscriptions: Vec<Subscription>,
}

/// A subscription, as far as the provider needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The subscription's topic.
    pub topic: String,
    /// The subscription's name, unique within the topic.
    pub name: String,
    /// Whether messages of one key are delivered in order.
    pub ordered: bool,
    /// Whether messages of greater priority are delivered first; never together with `ordered`.
    pub priorities: bool,
    /// Greatest number of deliveries that this process has in flight.
    pub max_concurrency: usize,
    /// Limits over all processes; a provider that holds none of them is not given any.
    pub limits: Limits,
    /// The length of a lease: a delivery that is not extended or settled within it is delivered again.
    pub ack_deadline: Duration,
    /// The time without a serving process after which the subscription gets no more copies; `None` means never.
    pub expiry: Option<Duration>,
    /// The time for which dead letters are kept; `None` means for ever.
    pub dead_retention: Option<Duration>,
    /// The place in the topic's history from which a new subscription gets messages; `None` means from now on.
    pub from: Option<ReplayFrom>,
    /// Former names: the messages that the broker has under one of them are taken over.
    pub renamed_from: Vec<String>,
}

impl Subscription {
    /// Creates an unordered subscription with 100 deliveries in flight, leases of 30 s, no expiry and no end of dead
    /// letters.
    pub fn new(topic: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            name: name.into(),
            ordered: false,
            priorities: false,
            max_concurrency: 100,
            limits: Limits::default(),
            ack_deadline: Duration::from_secs(30),
            expiry: None,
            dead_retention: None,
            from: None,
            renamed_from: Vec::new(),
        }
    }
}

/// A part of a subscription's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// The messages that are ready or delayed, without those in flight.
    Waiting,
    /// The dead letters.
    Dead,
}
