//! The requests to the task that writes the file.

use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use twinloop_runtime::Failure;

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::settlement::{Demand, Returned, Settlement};
use crate::provider::embedded::work::Work;
use crate::provider::message::{DeadLetter, Delivery, Depth, Lease, NewMessage, Published};
use crate::provider::operate::{Adopted, Done};
use crate::provider::subscription::{MessageState, Topic};

/// The sender of an answer, dropped without one when the file has failed.
pub(super) type Answer<T> = oneshot::Sender<Result<T, Failure>>;

/// A request to the writer, with the sender of its answer.
pub(super) enum Request {
    Declare {
        topics: Vec<Topic>,
        answer: Answer<Vec<Adopted>>,
    },
    Publish {
        messages: Vec<NewMessage>,
        room: OwnedSemaphorePermit,
        answer: Answer<Vec<Published>>,
    },
    Find {
        topic: String,
        subscription: String,
        answer: Answer<u32>,
    },
    Claim(Claim),
    Settle {
        lease: Lease,
        how: Settlement,
        answer: Answer<()>,
    },
    Extend {
        leases: Vec<Lease>,
        deadline: Duration,
        answer: Answer<Vec<Lease>>,
    },
    Return(Returned),
    /// A rare job of an operator.
    Do(Box<Job>),
    Inspect {
        topic: String,
        subscription: String,
        what: Inspection,
    },
    Close {
        answer: Answer<()>,
    },
}

/// A callback that answers one request after its transaction was committed.
pub(super) type Outcome = Box<dyn FnOnce() + Send>;

/// Work in a transaction that returns the callback for its answer.
pub(super) type Job = dyn FnOnce(&mut Work<'_>) -> Result<Outcome, Fault> + Send;

/// A consumer that waits for deliveries.
pub(super) struct Claim {
    pub(super) demand: Demand,
    pub(super) answer: oneshot::Sender<Handed>,
}

/// A question of an operator.
pub(super) enum Inspection {
    Depth(Answer<Depth>),
    DeadLetters { limit: usize, after: Option<String>, answer: Answer<Vec<DeadLetter>> },
    Redrive { ids: Option<Vec<String>>, answer: Answer<Done> },
    Purge { part: MessageState, answer: Answer<u64> },
}

/// Deliveries on their way to a consumer, released where the consumer is gone.
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
            // Sending fails only after the writer has ended, and with it all leases.
            let _ = writer.send(Request::Return(Returned::Leases(leases)));
        }
    }
}

impl Request {
    /// Returns whether the request can be answered from memory alone.
    pub(super) fn is_light(&self) -> bool {
        matches!(self, Self::Find { .. } | Self::Claim(_) | Self::Extend { .. })
    }
}

impl Inspection {
    pub(super) fn refuse(self, error: Failure) {
        match self {
            Self::Depth(answer) => drop(answer.send(Err(error))),
            Self::DeadLetters { answer, .. } => drop(answer.send(Err(error))),
            Self::Redrive { answer, .. } => drop(answer.send(Err(error))),
            Self::Purge { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}
