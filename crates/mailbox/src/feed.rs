//! The input of a job that comes in pieces.
//!
//! The job is submitted with an [`Intake`]; whoever submitted it keeps the [`Feed`]. The isolate says how many pieces it takes
//! (`Pull`), and the feed sends no more than that: what nobody asked for stays with the sender, which stops reading its socket.
//! So at most the granted pieces wait in the port, whether the isolate drains or not.
//!
//! Input and answer are independent: a job may take pieces while it answers piece by piece, until it ends.

use std::fmt;
use std::sync::Weak;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::frame::PieceForm;
use crate::job::Text;
use crate::port::Port;
use crate::sync::{Arc, Mutex, lock};

/// Most pieces that an isolate can be owed, whatever it asks for.
const MAX_CREDITS: u32 = 1024;

/// One piece of a job's input, on its way to the isolate.
#[derive(Debug)]
pub enum FedPiece {
    /// Text, which crosses as a string.
    Text(Text),
    /// Bytes, which cross as a buffer.
    Bytes(Bytes),
    /// The end of the input.
    End,
    /// The input broke off; the text is the reason.
    Broken(Text),
}

impl FedPiece {
    /// The form in which the piece crosses.
    pub(crate) fn form(&self) -> PieceForm {
        match self {
            Self::Text(_) => PieceForm::Text,
            Self::Bytes(_) => PieceForm::Blob,
            Self::End => PieceForm::End,
            Self::Broken(_) => PieceForm::Broken,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Broken(text) => text.bytes.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::End => 0,
        }
    }
}

/// The error of a feed whose job is over: it was answered, given up, or its isolate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobOver;

#[derive(Default)]
struct State {
    credits: u32,
    waker: Option<Waker>,
    /// The port and id of the job, once it has begun. A job whose isolate ended unseen gets another.
    owner: Option<(Weak<Port>, u32)>,
    /// The end of the input, where it came before the job had begun.
    ending: Option<Ending>,
    over: bool,
}

#[derive(Clone)]
enum Ending {
    End,
    Broken(Text),
}

impl Ending {
    fn piece(self) -> FedPiece {
        match self {
            Self::End => FedPiece::End,
            Self::Broken(reason) => FedPiece::Broken(reason),
        }
    }
}

type Shared = Arc<Mutex<State>>;

/// The end of a feed that belongs to the job: it receives the isolate's credits. Dropping it tells the feed that the job is over.
pub struct Intake(Shared);

/// The sending end of a job's input. Dropping it before [`end`](Self::end) breaks the input off.
pub struct Feed {
    shared: Shared,
    ended: bool,
}

/// Makes a feed, and the intake that the job is submitted with.
pub fn feed() -> (Feed, Intake) {
    let shared = Shared::default();
    (Feed { shared: Arc::clone(&shared), ended: false }, Intake(shared))
}

impl Intake {
    /// Notes the job's id. Returns the end of an input that ended before.
    pub(crate) fn place(&self, port: Weak<Port>, id: u32) -> Option<FedPiece> {
        let mut state = lock(&self.0);
        state.owner = Some((port, id));
        state.ending.clone().map(Ending::piece)
    }

    /// Adds the isolate's credits. Returns the waker of the task that waits for one.
    pub(crate) fn grant(&self, pieces: i32) -> Option<Waker> {
        let mut state = lock(&self.0);
        let more = u32::try_from(pieces).unwrap_or(0);
        state.credits = state.credits.saturating_add(more).min(MAX_CREDITS);
        state.waker.take()
    }

    /// Notes that the job is over. Returns the waker of the task that waits for a credit.
    pub(crate) fn finish(&self) -> Option<Waker> {
        let mut state = lock(&self.0);
        state.over = true;
        state.waker.take()
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        if let Some(waker) = self.finish() {
            waker.wake();
        }
    }
}

impl Feed {
    /// Ready when the isolate takes another piece; the error says that it never will.
    pub fn poll_credit(&mut self, cx: &Context<'_>) -> Poll<Result<(), JobOver>> {
        self.poll_credits(cx, 1).map_ok(|_| ())
    }

    /// Ready with the number of pieces that the isolate takes, once they are at least `least`; the error says that they never will
    /// be.
    pub fn poll_credits(&mut self, cx: &Context<'_>, least: u32) -> Poll<Result<u32, JobOver>> {
        let mut state = lock(&self.shared);
        if state.over {
            return Poll::Ready(Err(JobOver));
        }
        if state.credits >= least {
            return Poll::Ready(Ok(state.credits));
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            None => state.waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Sends text for one credit. Text for which there is no credit is dropped, and the error says so: poll for a credit first.
    pub fn push_text(&mut self, text: Text) -> Result<(), JobOver> {
        self.push(FedPiece::Text(text))
    }

    /// Sends bytes for one credit, as [`push_text`](Self::push_text) does.
    pub fn push_bytes(&mut self, bytes: Bytes) -> Result<(), JobOver> {
        self.push(FedPiece::Bytes(bytes))
    }

    fn push(&mut self, piece: FedPiece) -> Result<(), JobOver> {
        let mut state = lock(&self.shared);
        if state.over || state.credits == 0 {
            return Err(JobOver);
        }
        let Some((port, id)) = state.owner.clone() else { return Err(JobOver) };
        state.credits -= 1;
        drop(state);
        send(&port, id, piece);
        Ok(())
    }

    /// Ends the input. Needs no credit.
    pub fn end(mut self) {
        self.finish(Ending::End);
    }

    /// Breaks the input off for a reason that the isolate is told. Needs no credit.
    pub fn break_off(mut self, reason: Text) {
        self.finish(Ending::Broken(reason));
    }

    fn finish(&mut self, ending: Ending) {
        self.ended = true;
        let mut state = lock(&self.shared);
        if state.over {
            return;
        }
        // Kept: a job that no isolate has seen may get another one, which must be told too.
        state.ending = Some(ending.clone());
        let owner = state.owner.clone();
        drop(state);
        if let Some((port, id)) = owner {
            send(&port, id, ending.piece());
        }
    }
}

fn send(port: &Weak<Port>, id: u32, piece: FedPiece) {
    if let Some(port) = port.upgrade() {
        port.feed(id, piece);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Ending::Broken(Text::default()));
        }
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("ended", &self.ended).finish_non_exhaustive()
    }
}
