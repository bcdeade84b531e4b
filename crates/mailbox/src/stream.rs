//! An answer that comes in pieces.
//!
//! The isolate begins it, adds pieces and ends it, each by an entry of its outbox. Whoever sends it on takes the pieces and
//! so gives room for more: the isolate is told how many have left, and keeps what it may have under way within its window.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Weak;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::frame::{AbortReason, Kind};
use crate::job::{Note, Text};
use crate::port::Port;
use crate::sync::{Arc, Mutex, lock};

/// Pieces that may leave before the isolate is told, while more of them are waiting.
const CREDIT_STEP: i32 = 8;

/// The stream was broken off: its handler failed, or its isolate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Bytes>,
    end: Option<End>,
    waker: Option<Waker>,
    /// Taken since the isolate was told.
    taken: i32,
}

/// Where the pieces of one stream wait.
#[derive(Default)]
pub(crate) struct Channel(Mutex<State>);

impl Channel {
    /// Adds a piece; hands back the waker of the task that waits for it.
    pub(crate) fn push(&self, piece: Bytes) -> Option<Waker> {
        let mut state = lock(&self.0);
        let waker = state.waker.take();
        if state.end.is_none() {
            // A piece is a slice of its whole batch, which one that has to wait must not keep.
            let piece = if waker.is_some() { piece } else { Bytes::copy_from_slice(&piece) };
            state.pieces.push_back(piece);
        }
        waker
    }

    /// Ends it after the pieces that wait, or, broken off, before them. The first end stands.
    pub(crate) fn end(&self, whole: bool) -> Option<Waker> {
        let mut state = lock(&self.0);
        state.end = state.end.or(Some(if whole { End::Whole } else { End::Broken }));
        state.waker.take()
    }
}

/// The receiving end of an answer that comes in pieces. Dropping it before its end aborts the job.
pub struct Stream {
    /// HTTP status for requests.
    pub status: u16,
    /// Extra headers as JSON `[["name","value"],…]`, or empty.
    pub headers: Bytes,
    channel: Arc<Channel>,
    port: Weak<Port>,
    id: u32,
}

impl Stream {
    pub(crate) fn new(channel: Arc<Channel>, (port, id): (Weak<Port>, u32), head: (u16, Bytes)) -> Self {
        Self { status: head.0, headers: head.1, channel, port, id }
    }

    /// The next piece; `None` at its end.
    pub fn poll_piece(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let mut state = lock(&self.channel.0);
        if state.end == Some(End::Broken) {
            return Poll::Ready(Some(Err(BrokenOff)));
        }
        let Some(piece) = state.pieces.pop_front() else {
            if state.end.is_some() {
                return Poll::Ready(None);
            }
            match &mut state.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                None => state.waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        };
        state.taken += 1;
        let due = state.end.is_none() && (state.taken >= CREDIT_STEP || state.pieces.is_empty());
        let credit = if due { std::mem::take(&mut state.taken) } else { 0 };
        drop(state);
        if credit > 0
            && let Some(port) = self.port.upgrade()
        {
            port.post(Note {
                kind: Kind::Credit,
                target: 0,
                id: self.id,
                aux: credit,
                text: Text::default(),
            });
        }
        Poll::Ready(Some(Ok(piece)))
    }

    /// Ends it from this side, and tells the isolate why. What had come can still be taken.
    pub fn abort(&self, reason: AbortReason) {
        if let Some(port) = self.port.upgrade() {
            port.abort(self.id, reason);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // What has ended is in no table any more.
        if let Some(port) = self.port.upgrade() {
            port.abort(self.id, AbortReason::Disconnected);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}
