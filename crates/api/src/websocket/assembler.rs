//! The messages and control frames in the bytes that a client sends, without a socket.
//!
//! A payload is unmasked into the message as it arrives, so that a connection holds one copy of one message at most, within
//! `max_message` and the common budget of bodies. Everything wrong is told as the close that answers it.

use std::sync::Arc;

use crate::request::budget::{Budget, Reservation};
use crate::websocket::close::Close;
use crate::websocket::deflate::inflate;
use crate::websocket::frame::{FrameHead, MAX_HEAD_BYTES, OpCode, read_head, unmask};

/// Largest buffer that a connection keeps from one message to the next.
const KEEP_BYTES: usize = 4 << 10;

/// Something whole that has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A message, which [`Assembler::message`] holds until the next call.
    Message {
        is_text: bool,
    },
    /// A ping with its payload.
    Ping(Vec<u8>),
    Pong,
    /// A close frame.
    Close(Close),
}

/// The kind of the message under way.
#[derive(Clone, Copy)]
struct Kind {
    is_text: bool,
    is_compressed: bool,
}

/// Puts messages together.
pub(crate) struct Assembler {
    max_message: usize,
    /// Whether permessage-deflate was agreed to.
    inflates: bool,
    budget: Arc<Budget>,
    share: Option<Reservation>,
    /// The beginning of a head.
    head: [u8; MAX_HEAD_BYTES],
    head_length: usize,
    /// The frame whose payload arrives, and how much of it has.
    frame: Option<(FrameHead, usize)>,
    kind: Option<Kind>,
    message: Vec<u8>,
    /// How much of the message is known to be UTF-8.
    utf8: usize,
    control: Vec<u8>,
    /// Whether the message was handed over, and makes room for the next.
    is_taken: bool,
}

impl Assembler {
    pub(crate) fn new(max_message: usize, inflates: bool, budget: Arc<Budget>) -> Self {
        Self {
            max_message,
            inflates,
            budget,
            share: None,
            head: [0; MAX_HEAD_BYTES],
            head_length: 0,
            frame: None,
            kind: None,
            message: Vec::new(),
            utf8: 0,
            control: Vec::new(),
            is_taken: false,
        }
    }

    /// The bytes of the message that has arrived.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    /// Takes the message that has arrived out.
    pub(crate) fn take_message(&mut self) -> Vec<u8> {
        self.share = None;
        std::mem::take(&mut self.message)
    }

    /// Takes bytes from the front of `bytes` until something is whole; `None` when all are taken.
    pub(crate) fn take(&mut self, bytes: &mut &[u8]) -> Result<Option<Arrival>, Close> {
        if std::mem::take(&mut self.is_taken) {
            self.forget();
        }
        loop {
            let Some((frame, at)) = self.frame else {
                if !self.take_head(bytes)? {
                    return Ok(None);
                }
                continue;
            };
            let left = usize::try_from(frame.length).unwrap_or(usize::MAX) - at;
            let (now, later) = bytes.split_at(left.min(bytes.len()));
            *bytes = later;
            self.take_payload(frame, at, now)?;
            if now.len() < left {
                self.frame = Some((frame, at + now.len()));
                return Ok(None);
            }
            self.frame = None;
            if let Some(arrival) = self.end_frame(frame)? {
                return Ok(Some(arrival));
            }
        }
    }

    /// Takes a head; false when more bytes are needed.
    fn take_head(&mut self, bytes: &mut &[u8]) -> Result<bool, Close> {
        let had = self.head_length;
        let count = (MAX_HEAD_BYTES - had).min(bytes.len());
        let (added, _) = bytes.split_at(count);
        self.head[had..had + count].copy_from_slice(added);
        match read_head(&self.head[..had + count])? {
            None => {
                *bytes = &bytes[count..];
                self.head_length += count;
                Ok(false)
            }
            Some((frame, length)) => {
                *bytes = &bytes[length - had..];
                self.head_length = 0;
                self.begin_frame(frame)?;
                self.frame = Some((frame, 0));
                Ok(true)
            }
        }
    }

    fn begin_frame(&mut self, head: FrameHead) -> Result<(), Close> {
        match (head.code, &self.kind) {
            (code, _) if code.is_control() => {
                self.control.clear();
                return Ok(());
            }
            (OpCode::Continuation, None) => {
                return Err(Close::protocol("a continuation frame has nothing to continue"));
            }
            (OpCode::Continuation, Some(_)) if head.is_compressed => {
                return Err(Close::protocol("a continuation frame has a reserved bit set"));
            }
            (OpCode::Continuation, Some(_)) => {}
            (_, Some(_)) => return Err(Close::protocol("a message begins within another")),
            (_, None) if head.is_compressed && !self.inflates => {
                return Err(Close::protocol("a frame has a reserved bit set"));
            }
            (code, None) => {
                self.kind = Some(Kind { is_text: code == OpCode::Text, is_compressed: head.is_compressed });
            }
        }
        let whole = (self.message.len() as u64).saturating_add(head.length);
        if whole > self.max_message as u64 { Err(Close::TOO_LARGE) } else { Ok(()) }
    }

    fn take_payload(&mut self, frame: FrameHead, at: usize, bytes: &[u8]) -> Result<(), Close> {
        if frame.code.is_control() {
            unmask(&mut self.control, bytes, frame.mask, at);
            return Ok(());
        }
        let needed = self.message.len() + bytes.len();
        if needed > self.message.capacity() {
            let announced = usize::try_from(frame.length).unwrap_or(usize::MAX) - at + self.message.len();
            // Not more than twice what has arrived is trusted to come.
            let wanted = announced.min(needed.saturating_mul(2)).max(needed);
            self.make_room(wanted)?;
        }
        unmask(&mut self.message, bytes, frame.mask, at);
        let Some(Kind { is_text: true, is_compressed: false }) = self.kind else { return Ok(()) };
        self.check_utf8()
    }

    fn make_room(&mut self, capacity: usize) -> Result<(), Close> {
        let share = self.share.get_or_insert_with(|| self.budget.share());
        share.grow(capacity as u64).map_err(|_| Close::NO_ROOM)?;
        self.message.reserve_exact(capacity - self.message.len());
        Ok(())
    }

    /// Checks what has arrived since the last check; a character that is cut is left for the next.
    fn check_utf8(&mut self) -> Result<(), Close> {
        let fresh = &self.message[self.utf8..];
        match simdutf8::compat::from_utf8(fresh) {
            Ok(_) => self.utf8 = self.message.len(),
            Err(error) if error.error_len().is_none() => self.utf8 += error.valid_up_to(),
            Err(_) => return Err(Close::NOT_UTF8),
        }
        Ok(())
    }

    fn end_frame(&mut self, frame: FrameHead) -> Result<Option<Arrival>, Close> {
        match frame.code {
            OpCode::Ping => Ok(Some(Arrival::Ping(std::mem::take(&mut self.control)))),
            OpCode::Pong => Ok(Some(Arrival::Pong)),
            OpCode::Close => Close::read(&self.control).map(|close| Some(Arrival::Close(close))),
            _ if frame.is_last => self.end_message().map(Some),
            _ => Ok(None),
        }
    }

    fn end_message(&mut self) -> Result<Arrival, Close> {
        let Some(Kind { is_text, is_compressed }) = self.kind.take() else { return Err(Close::FAILED) };
        if is_compressed {
            let share = self.share.get_or_insert_with(|| self.budget.share());
            let held = self.message.capacity() as u64;
            let room = |bytes: usize| share.grow(held + bytes as u64).map_err(|_| Close::NO_ROOM);
            self.message = inflate(&self.message, self.max_message, room)?;
            self.utf8 = 0;
        }
        if is_text {
            self.check_utf8()?;
            if self.utf8 < self.message.len() {
                return Err(Close::NOT_UTF8);
            }
        }
        self.is_taken = true;
        Ok(Arrival::Message { is_text })
    }

    /// Makes room for the next message.
    fn forget(&mut self) {
        self.message.clear();
        self.utf8 = 0;
        if self.message.capacity() > KEEP_BYTES {
            self.message = Vec::new();
            self.share = None;
        }
    }
}

#[cfg(test)]
mod tests;
