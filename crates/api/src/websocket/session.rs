//! An upgraded connection, from the handshake to its close.
//!
//! ```text
//! open ──▶ failing: the client has made a fault, and the handler may still answer the messages before it
//!   │         │
//!   ├─────────┼──▶ closing: a close frame is sent, the client's is awaited, its messages are dropped
//!   │         │       │
//!   └─────────┴───────┴──▶ closed: what waits is written, then the connection ends
//! ```
//!
//! Nothing is read while a message waits for the isolate, while the client does not read what waits for it, or after a fault of the
//! protocol.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;
use twinloop_mailbox::{Stream, StreamForm, StreamPiece};

use crate::connection::transport::{Transport, with_scratch};
use crate::websocket::assembler::{Arrival, Assembler};
use crate::websocket::close::Close;
use crate::websocket::config::MessageFormat;
use crate::websocket::endpoint::StreamEndpoint;
use crate::websocket::frame::OpCode;
use crate::websocket::incoming::{Incoming, Misfit, check};
use crate::websocket::outgoing::OutgoingFrames;
use crate::websocket::timing::{Alarm, Timing};

/// How far the closing handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    Failing,
    Closing,
    Closed,
}

/// The end of a step: the connection is lost, or over.
struct Lost;

/// An upgraded connection.
pub(crate) struct Session {
    transport: Transport,
    endpoint: Arc<StreamEndpoint>,
    assembler: Assembler,
    incoming: Incoming,
    outgoing: OutgoingFrames,
    /// What the handler sends; `None` when it has ended.
    answer: Option<Stream>,
    timing: Timing,
    phase: Phase,
    /// The fault that is answered when the handler has answered the messages before it, and what follows then.
    fault: Option<(Close, Phase)>,
    /// Bytes that were read and not looked at, because a message before them waits.
    rest: Vec<u8>,
}

impl Session {
    /// Begins with a transport of which `early` has been read already.
    pub(crate) fn new(
        (transport, early): (Transport, Vec<u8>),
        endpoint: Arc<StreamEndpoint>,
        (assembler, outgoing): (Assembler, OutgoingFrames),
        (incoming, answer): (Incoming, Stream),
    ) -> Self {
        let timing = Timing::new(endpoint.ping, endpoint.idle_timeout);
        Self {
            transport,
            endpoint,
            assembler,
            incoming,
            outgoing,
            answer: Some(answer),
            timing,
            phase: Phase::Open,
            fault: None,
            rest: early,
        }
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
                self.transport.link.linger();
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
        let was_full = self.outgoing.is_full();
        match self.outgoing.poll_flush(&self.transport, cx) {
            Poll::Ready(Ok(())) | Poll::Pending => {}
            Poll::Ready(Err(_)) => return Err(Lost),
        }
        // Room for what the handler sends: it has not been asked while there was none.
        has_moved |= was_full && !self.outgoing.is_full();
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
            Some(Alarm::NotAnswered) => self.conclude_fault(),
        }
        Ok(true)
    }

    /// The bytes of frames that have been written.
    pub(crate) fn bytes_out(&self) -> u64 {
        self.outgoing.bytes_out()
    }

    /// Whether the connection has ended by a closing handshake.
    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    fn is_deaf(&self) -> bool {
        self.incoming.is_waiting() || self.outgoing.is_full()
    }

    /// Takes what the handler sends; true when it was something.
    fn send(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        while matches!(self.phase, Phase::Open | Phase::Failing) && !self.outgoing.is_full() {
            let Some(answer) = &mut self.answer else { break };
            let piece = match answer.poll_piece(cx) {
                Poll::Ready(piece) => piece,
                Poll::Pending if self.transport.link.is_draining() => {
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
        if self.phase == Phase::Failing {
            return Ok(false);
        }
        let was_waiting = self.incoming.is_waiting();
        if self.incoming.poll_deliver(cx).is_pending() || self.outgoing.is_full() {
            return Ok(was_waiting && !self.incoming.is_waiting());
        }
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.take(&rest, cx);
            return Ok(true);
        }
        with_scratch(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match self.transport.poll_read(cx, &mut buffer) {
                Poll::Pending => Ok(was_waiting),
                Poll::Ready(Err(_)) => Err(Lost),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(Lost),
                Poll::Ready(Ok(())) => {
                    self.timing.has_heard = true;
                    self.transport.link.counts(buffer.filled().len() as u64);
                    self.take(buffer.filled(), cx);
                    Ok(true)
                }
            }
        })
    }

    /// Looks at bytes until one of their messages has to wait.
    fn take(&mut self, mut bytes: &[u8], cx: &Context<'_>) {
        while self.phase != Phase::Closed {
            if self.is_deaf() || self.phase == Phase::Failing {
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
                // What follows a fault cannot be read, so that no close frame of the client can be awaited.
                Err(fault) => self.fail(fault, Phase::Closed),
            }
        }
    }

    fn take_message(&mut self, is_text: bool, cx: &Context<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        self.timing.has_moved = true;
        match check(&self.endpoint, &mut self.assembler, is_text) {
            Ok(message) => {
                self.incoming.accept(message);
                let _ = self.incoming.poll_deliver(cx);
            }
            Err(Misfit::Answer(error)) => self.outgoing.message(OpCode::Text, &error),
            Err(Misfit::Close(close)) => self.fail(close, Phase::Closing),
        }
    }

    /// Sends a close frame, unless one was sent, and tells the isolate. A fault of the client that waits goes first.
    fn begin_close(&mut self, close: &Close) {
        match self.phase {
            Phase::Open => {
                self.incoming.end(close);
                self.send_close(close, Phase::Closing);
            }
            Phase::Failing => self.conclude_fault(),
            Phase::Closing | Phase::Closed => {}
        }
    }

    /// Closes for a fault of the client, after the handler has had the time to answer the messages before it.
    fn fail(&mut self, fault: Close, then: Phase) {
        if self.phase != Phase::Open {
            self.phase = self.phase.max(then);
        } else if self.incoming.has_delivered() && self.answer.is_some() {
            self.incoming.end_after_answers(&fault);
            self.phase = Phase::Failing;
            self.fault = Some((fault, then));
            self.timing.fails();
        } else {
            self.incoming.end(&fault);
            self.send_close(&fault, then);
        }
    }

    /// Closes for the fault that has waited for the handler.
    fn conclude_fault(&mut self) {
        if let Some((fault, then)) = self.fault.take() {
            self.send_close(&fault, then);
        }
    }

    fn send_close(&mut self, close: &Close, then: Phase) {
        self.outgoing.close(close);
        self.phase = then;
        self.timing.closes();
    }
}
