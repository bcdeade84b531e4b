//! An answer that comes in pieces.
//!
//! The isolate begins the stream, adds pieces and ends it, each by an entry of its outbox. The task that sends the stream to the
//! client takes the pieces, which makes room for more: the isolate is told how many have left, and keeps the pieces under way
//! within its window.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Weak;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::frame::{AbortReason, Kind};
use crate::job::{Note, Text};
use crate::port::Port;
use crate::sync::{Arc, Mutex, lock};

/// How many pieces may leave before the isolate is told, while more are waiting.
const CREDIT_STEP: i32 = 8;

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPiece {
    /// How the isolate sent the piece.
    pub form: StreamForm,
    /// The text in UTF-8, or the bytes.
    pub bytes: Bytes,
}

/// The form of a piece of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamForm {
    /// Text.
    Text,
    /// Bytes.
    Blob,
    /// Text that is no content, such as trailers: the component whose job it is gives it a meaning.
    Control,
}

/// The error of a stream that broke off: its handler failed, or its isolate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
}

#[derive(Default)]
struct State {
    /// The pieces that the socket has not taken.
    pieces: VecDeque<StreamPiece>,
    /// How the stream has ended; `None` while the isolate may add to it.
    end: Option<End>,
    waker: Option<Waker>,
    /// How many pieces were taken since the isolate was last told.
    taken: i32,
}

/// The queue in which the pieces of one stream wait.
#[derive(Default)]
pub(crate) struct Channel(Mutex<State>);

impl Channel {
    /// Adds a piece. Returns the waker of the task that waits for one.
    pub(crate) fn push(&self, piece: StreamPiece) -> Option<Waker> {
        let mut state = lock(&self.0);
        let waker = state.waker.take();
        if state.end.is_none() {
            // A piece is a slice of its whole batch, which one that has to wait must not keep.
            let is_shared = piece.form != StreamForm::Blob && waker.is_none();
            let bytes = if is_shared { Bytes::copy_from_slice(&piece.bytes) } else { piece.bytes };
            state.pieces.push_back(StreamPiece { bytes, ..piece });
        }
        waker
    }

    /// Ends the stream after the pieces that wait. Only the first end counts.
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
    /// What the isolate adds to.
    channel: Arc<Channel>,
    /// The port that takes credits back.
    port: Weak<Port>,
    id: u32,
}

impl Stream {
    pub(crate) fn new(channel: Arc<Channel>, (port, id): (Weak<Port>, u32), head: (u16, Bytes)) -> Self {
        Self { status: head.0, headers: head.1, channel, port, id }
    }

    /// The next piece; `None` at the stream's end.
    pub fn poll_piece(&mut self, cx: &Context<'_>) -> Poll<Option<Result<StreamPiece, BrokenOff>>> {
        let mut state = lock(&self.channel.0);
        let Some(piece) = state.pieces.pop_front() else {
            match state.end {
                Some(End::Whole) => return Poll::Ready(None),
                Some(End::Broken) => return Poll::Ready(Some(Err(BrokenOff))),
                None => {}
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

    /// Ends the stream from the receiving side, and tells the isolate why. Pieces that have arrived can still be taken.
    pub fn abort(&self, reason: AbortReason) {
        if let Some(port) = self.port.upgrade() {
            port.abort(self.id, reason);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A stream that has ended is in no table any more.
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
