//! The slot where one job's answer lands, and the future that waits for the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Weak;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::frame::AbortReason;
use crate::port::Port;
use crate::stream::Stream;
use crate::sync::{Arc, Mutex, lock};

/// The outcome of a job.
#[derive(Debug)]
pub enum Outcome {
    /// The isolate answered.
    Reply(Reply),
    /// The isolate answers piece by piece.
    Stream(Stream),
    /// The isolate did not answer.
    Gone(Gone),
}

/// An isolate's answer to a job.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The form of the body.
    pub form: ReplyForm,
    /// HTTP status for requests, otherwise the kind's own number.
    pub status: u16,
    /// Extra headers as JSON `[["name","value"],…]`; empty for the plain form.
    pub headers: Bytes,
    /// The body or the error, by form.
    pub body: Bytes,
}

/// The form of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyForm {
    /// A JSON body.
    Json,
    /// Bytes.
    Blob,
    /// An error as JSON.
    Error,
}

/// The reason why a job has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Too many jobs were waiting, or the job waited too long to begin. Safe to retry: no handler has seen the job.
    Overloaded,
    /// The isolate had the job and did not answer in time.
    TimedOut,
    /// The isolate ended while it had the job.
    IsolateGone,
}

#[derive(Default)]
struct SlotState {
    /// The answer, until it is taken.
    outcome: Option<Outcome>,
    /// Wakes the task that awaits the answer.
    waker: Option<Waker>,
    /// The port that has the job, and the job's id there.
    owner: Option<(Weak<Port>, u32)>,
    abandoned: bool,
}

/// The meeting point of one waiting task and one answer.
#[derive(Default)]
pub(crate) struct Slot {
    state: Mutex<SlotState>,
}

impl Slot {
    /// Stores the outcome. Returns the waker of the waiting task, if the task was polled before.
    pub(crate) fn complete(&self, outcome: Outcome) -> Option<Waker> {
        let mut state = lock(&self.state);
        if state.abandoned {
            // Drop outside of the lock: destructors may look for this slot's job.
            drop(state);
            drop(outcome);
            return None;
        }
        state.outcome = Some(outcome);
        state.owner = None;
        state.waker.take()
    }

    /// Notes the job's id, so that a caller that gives up can find the job.
    pub(crate) fn place(&self, port: Weak<Port>, id: u32) {
        lock(&self.state).owner = Some((port, id));
    }

    /// Whether the caller has stopped waiting.
    pub(crate) fn is_abandoned(&self) -> bool {
        lock(&self.state).abandoned
    }

    /// Takes the job's id and an outcome that the caller did not take. A stream in such an outcome would keep itself alive.
    fn abandon(&self) -> (Option<(Weak<Port>, u32)>, Option<Outcome>) {
        let mut state = lock(&self.state);
        state.abandoned = true;
        (state.owner.take(), state.outcome.take())
    }
}

/// A future that resolves with a job's outcome. Dropping the future gives the job up; an isolate that has begun is told.
#[must_use = "dropping it aborts the job"]
pub struct Pending {
    slot: Arc<Slot>,
    done: bool,
}

impl Pending {
    pub(crate) fn new(slot: Arc<Slot>) -> Self {
        Self { slot, done: false }
    }
}

impl Future for Pending {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let mut state = lock(&self.slot.state);
        if let Some(outcome) = state.outcome.take() {
            drop(state);
            self.done = true;
            return Poll::Ready(outcome);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            None => state.waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let (owner, _outcome) = self.slot.abandon();
        if let Some((port, id)) = owner
            && let Some(port) = port.upgrade()
        {
            port.abort(id, AbortReason::Disconnected);
        }
    }
}
