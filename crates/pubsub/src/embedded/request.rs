//! What is asked of the writer.

use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::broker::{Part, Topic};
use crate::error::Error;
use crate::message::{Burial, DeadLetter, Delivery, Depth, Lease, NewMessage, Published};

/// Where an answer goes. Dropped unanswered when the file has failed.
pub(super) type Answer<T> = oneshot::Sender<Result<T, Error>>;

pub(super) enum Request {
    Declare { topics: Vec<Topic>, answer: Answer<()> },
    Publish { messages: Vec<NewMessage>, room: OwnedSemaphorePermit, answer: Answer<Vec<Published>> },
    Find { topic: String, subscription: String, answer: Answer<u32> },
    Claim(Claim),
    Settle { lease: Lease, how: Settlement, answer: Answer<()> },
    Extend { leases: Vec<Lease>, deadline: Duration, answer: Answer<Vec<Lease>> },
    Return(Returned),
    Inspect { topic: String, subscription: String, what: Inspection },
    Close { answer: Answer<()> },
}

/// A consumer that waits.
pub(super) struct Claim {
    pub(super) queue: u32,
    pub(super) room: usize,
    pub(super) holder: u64,
    pub(super) deadline: Duration,
    pub(super) answer: oneshot::Sender<Handed>,
}

/// How a delivery ends.
pub(super) enum Settlement {
    Acknowledge,
    Retry(Duration),
    Bury(Burial),
    Release,
}

/// What comes back without having been begun.
pub(super) enum Returned {
    Leases(Vec<Lease>),
    AllOf(u64),
}

/// What an operator asks for.
pub(super) enum Inspection {
    Depth(Answer<Depth>),
    DeadLetters { limit: usize, after: Option<String>, answer: Answer<Vec<DeadLetter>> },
    Redrive { ids: Option<Vec<String>>, answer: Answer<u64> },
    Purge { part: Part, answer: Answer<u64> },
}

/// Deliveries on their way to a consumer. Where it is gone, they go back.
pub(super) struct Handed {
    deliveries: Vec<Delivery>,
    writer: mpsc::WeakUnboundedSender<Request>,
}

impl Handed {
    pub(super) fn new(deliveries: Vec<Delivery>, writer: mpsc::WeakUnboundedSender<Request>) -> Self {
        Self { deliveries, writer }
    }

    pub(super) fn accept(mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.deliveries)
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if self.deliveries.is_empty() {
            return;
        }
        if let Some(writer) = self.writer.upgrade() {
            let leases = self.deliveries.iter().map(|delivery| delivery.lease).collect();
            // Fails when the writer has ended, and with it all leases.
            let _ = writer.send(Request::Return(Returned::Leases(leases)));
        }
    }
}

impl Request {
    /// Whether it can be answered from memory alone.
    pub(super) fn is_light(&self) -> bool {
        matches!(self, Self::Find { .. } | Self::Claim(_) | Self::Extend { .. })
    }
}

impl Inspection {
    pub(super) fn refuse(self, error: Error) {
        match self {
            Self::Depth(answer) => drop(answer.send(Err(error))),
            Self::DeadLetters { answer, .. } => drop(answer.send(Err(error))),
            Self::Redrive { answer, .. } | Self::Purge { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}
