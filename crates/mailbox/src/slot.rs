//! Where one answer lands, and the future that waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Weak;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::frame::AbortReason;
use crate::port::Port;
use crate::stream::Stream;
use crate::sync::{Arc, Mutex, lock};

/// How a job ended.
#[derive(Debug)]
pub enum Outcome {
    /// The isolate answered.
    Reply(Reply),
    /// The isolate answers piece by piece.
    Stream(Stream),
    /// It did not.
    Gone(Gone),
}

/// What the isolate answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// Which form the parts have.
    pub form: ReplyForm,
    /// HTTP status for requests, otherwise the kind's own number.
    pub status: u16,
    /// Extra headers as JSON `[["name","value"],…]`; empty for the plain form.
    pub headers: Bytes,
    /// The body, the error, or the decimal number of a blob, by form.
    pub body: Bytes,
}

/// The three ways to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyForm {
    /// A JSON body.
    Json,
    /// A body stored beforehand as a blob.
    Blob,
    /// An error as JSON.
    Error,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Too many jobs were waiting, or it waited too long to be begun: safe to retry.
    Overloaded,
    /// The isolate had it and did not answer in time.
    TimedOut,
    /// The isolate ended while it had it.
    IsolateGone,
}

#[derive(Default)]
struct SlotState {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
    owner: Option<(Weak<Port>, u32)>,
    abandoned: bool,
}

/// The meeting point of one waiting task and one answer.
#[derive(Default)]
pub(crate) struct Slot {
    state: Mutex<SlotState>,
}

impl Slot {
    /// Stores the outcome; hands back the waker of the task that waits, if it has already been polled.
    pub(crate) fn complete(&self, outcome: Outcome) -> Option<Waker> {
        let mut state = lock(&self.state);
        if state.abandoned {
            // Outside of the lock: what goes with it may look for this slot's job.
            drop(state);
            drop(outcome);
            return None;
        }
        state.outcome = Some(outcome);
        state.owner = None;
        state.waker.take()
    }

    /// Notes where the job is known, so that giving up can find it.
    pub(crate) fn place(&self, port: Weak<Port>, id: u32) {
        lock(&self.state).owner = Some((port, id));
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        lock(&self.state).abandoned
    }

    /// Where the job is known, and the outcome that nobody took: a stream in it would otherwise keep itself alive.
    fn abandon(&self) -> (Option<(Weak<Port>, u32)>, Option<Outcome>) {
        let mut state = lock(&self.state);
        state.abandoned = true;
        (state.owner.take(), state.outcome.take())
    }
}

/// Resolves with the job's outcome. Dropping it gives the job up: the isolate is told if it has already begun.
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
