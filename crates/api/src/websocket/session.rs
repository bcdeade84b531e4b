//! An upgraded connection, from the handshake to its close.
//!
//! ```text
//! open ──▶ closing: a close frame is sent, the client's is awaited, its messages are dropped
//!   │         │
//!   └─────────┴──▶ closed: what waits is written, then the connection ends
//! ```
//!
//! Nothing is read while a message waits for the isolate, or while the client does not read what waits for it.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBuf, Write};
use twinloop_mailbox::{Stream, StreamForm, StreamPiece};

use crate::connection::link::Link;
use crate::websocket::assembler::{Arrival, Assembler};
use crate::websocket::close::Close;
use crate::websocket::config::MessageFormat;
use crate::websocket::endpoint::StreamEndpoint;
use crate::websocket::frame::OpCode;
use crate::websocket::incoming::{Incoming, Misfit, check};
use crate::websocket::outgoing::OutgoingFrames;
use crate::websocket::timing::{Alarm, Timing};

/// Most bytes of one read.
const SCRATCH_BYTES: usize = 32 << 10;

thread_local! {
    /// The read buffer, shared by all connections of a thread so that idle connections have none.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// How far the closing handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Closing,
    Closed,
}

/// The end of a step: the connection is lost, or over.
struct Lost;

/// An upgraded connection.
pub(crate) struct Session<S> {
    socket: S,
    link: Arc<Link>,
    endpoint: Arc<StreamEndpoint>,
    assembler: Assembler,
    incoming: Incoming,
    outgoing: OutgoingFrames,
    /// What the handler sends; `None` when it has ended.
    answer: Option<Stream>,
    timing: Timing,
    phase: Phase,
    /// Bytes that were read and not looked at, because a message before them waits.
    rest: Vec<u8>,
}

impl<S: Read + Write + Unpin> Session<S> {
    pub(crate) fn new(
        socket: S,
        link: Arc<Link>,
        endpoint: Arc<StreamEndpoint>,
        (assembler, outgoing): (Assembler, OutgoingFrames),
        (incoming, answer): (Incoming, Stream),
    ) -> Self {
        let timing = Timing::new(endpoint.ping, endpoint.idle_timeout);
        Self {
            socket,
            link,
            endpoint,
            assembler,
            incoming,
            outgoing,
            answer: Some(answer),
            timing,
            phase: Phase::Open,
            rest: Vec::new(),
        }
    }

    /// Takes bytes that have been read already.
    pub(crate) fn begin_with(&mut self, early: &[u8]) {
        self.rest.extend_from_slice(early);
    }

    /// Runs the connection to its end. Returns the handler's stream where the handler has not ended yet: dropping it would take
    /// messages from the handler that it has not read.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        loop {
            let Ok(has_moved) = self.step(cx) else {
                self.incoming.end(&Close::LOST);
                return Poll::Ready(self.answer.take());
            };
            if self.phase == Phase::Closed && self.outgoing.is_empty() {
                // The client may still be sending: closing at once would reset the connection and could overtake the close frame.
                self.link.linger();
                return Poll::Ready(self.answer.take());
            }
            if !has_moved {
                return Poll::Pending;
            }
        }
    }

    /// Does what can be done now; true when something was.
    fn step(&mut self, cx: &mut Context<'_>) -> Result<bool, Lost> {
        let mut has_moved = self.send(cx);
        match self.outgoing.poll_flush(&mut self.socket, cx) {
            Poll::Ready(Ok(())) | Poll::Pending => {}
            Poll::Ready(Err(_)) => return Err(Lost),
        }
        if self.phase == Phase::Closed {
            return Ok(false);
        }
        has_moved |= self.receive(cx)?;
        let is_deaf = self.is_deaf();
        match self.timing.poll(cx, is_deaf) {
            None => return Ok(has_moved),
            Some(Alarm::Ping) => self.outgoing.control(OpCode::Ping, b""),
            Some(Alarm::Idle) => self.begin_close(&Close::IDLE),
            Some(Alarm::Silent) => {
                self.incoming.end(&Close::SILENT);
                return Err(Lost);
            }
            Some(Alarm::NotClosed) => return Err(Lost),
        }
        Ok(true)
    }

    fn is_deaf(&self) -> bool {
        self.incoming.is_waiting() || self.outgoing.is_full()
    }

    /// Takes what the handler sends; true when it was something.
    fn send(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        while self.phase == Phase::Open && !self.outgoing.is_full() {
            let Some(answer) = &mut self.answer else { break };
            let piece = match answer.poll_piece(cx) {
                Poll::Ready(piece) => piece,
                Poll::Pending if self.link.is_draining() => {
                    self.begin_close(&Close::STOPPING);
                    return true;
                }
                Poll::Pending => break,
            };
            has_moved = true;
            match piece {
                Some(Ok(piece)) => self.send_piece(&piece),
                Some(Err(_)) => {
                    self.answer = None;
                    self.begin_close(&Close::FAILED);
                }
                None => {
                    self.answer = None;
                    self.begin_close(&Close::DONE);
                }
            }
        }
        has_moved
    }

    fn send_piece(&mut self, StreamPiece { form, bytes }: &StreamPiece) {
        self.timing.has_moved = true;
        match (form, self.endpoint.format) {
            (StreamForm::Text, MessageFormat::Json) => self.outgoing.message(OpCode::Text, bytes),
            // Raw text crosses as a JSON string, because texts in an outbox are lines.
            (StreamForm::Text, MessageFormat::Raw) => match serde_json::from_slice::<String>(bytes) {
                Ok(text) => self.outgoing.message(OpCode::Text, text.as_bytes()),
                Err(_) => self.begin_close(&Close::FAILED),
            },
            (StreamForm::Blob, _) => self.outgoing.message(OpCode::Binary, bytes),
            (StreamForm::Control, _) => {
                let close = serde_json::from_slice::<Close>(bytes).unwrap_or(Close::FAILED);
                self.begin_close(&close);
            }
        }
    }

    /// Hands messages over and reads more; true when something has moved.
    fn receive(&mut self, cx: &mut Context<'_>) -> Result<bool, Lost> {
        let was_waiting = self.incoming.is_waiting();
        if self.incoming.poll_deliver(cx).is_pending() || self.outgoing.is_full() {
            return Ok(was_waiting && !self.incoming.is_waiting());
        }
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.take(&rest, cx);
            return Ok(true);
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut self.socket).poll_read(cx, buffer.unfilled()) {
                Poll::Pending => Ok(was_waiting),
                Poll::Ready(Err(_)) => Err(Lost),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(Lost),
                Poll::Ready(Ok(())) => {
                    self.timing.has_heard = true;
                    self.take(buffer.filled(), cx);
                    Ok(true)
                }
            }
        })
    }

    /// Looks at bytes until one of their messages has to wait.
    fn take(&mut self, mut bytes: &[u8], cx: &Context<'_>) {
        while self.phase != Phase::Closed {
            if self.is_deaf() {
                self.rest.extend_from_slice(bytes);
                return;
            }
            match self.assembler.take(&mut bytes) {
                Ok(None) => return,
                Ok(Some(Arrival::Message { is_text })) => self.take_message(is_text, cx),
                Ok(Some(Arrival::Ping(payload))) => self.outgoing.control(OpCode::Pong, &payload),
                Ok(Some(Arrival::Pong)) => {}
                Ok(Some(Arrival::Close(close))) => {
                    if self.phase == Phase::Open {
                        self.outgoing.close(&close);
                        self.incoming.end(&close);
                    }
                    self.phase = Phase::Closed;
                }
                Err(fault) => {
                    self.begin_close(&fault);
                    // What follows a fault cannot be read, so that no close frame of the client can be awaited.
                    self.phase = Phase::Closed;
                }
            }
        }
    }

    fn take_message(&mut self, is_text: bool, cx: &Context<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        self.timing.has_moved = true;
        match check(&self.endpoint, self.assembler.message(), is_text) {
            Ok(message) => {
                self.incoming.accept(message);
                let _ = self.incoming.poll_deliver(cx);
            }
            Err(Misfit::Answer(error)) => self.outgoing.message(OpCode::Text, &error),
            Err(Misfit::Close(close)) => self.begin_close(&close),
        }
    }

    /// Sends a close frame, unless one was sent, and tells the isolate.
    fn begin_close(&mut self, close: &Close) {
        if self.phase != Phase::Open {
            return;
        }
        self.phase = Phase::Closing;
        self.outgoing.close(close);
        self.incoming.end(close);
        self.timing.closes();
    }
}
