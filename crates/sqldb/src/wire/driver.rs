//! The task that owns the socket: writes requests in the order of the calls, and hands each request its answer.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_channel::mpsc::Sender;
use postgres_protocol::message::backend::{self, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::sync::mpsc::UnboundedReceiver;

use super::failure::ServerRefusal;
use super::shared::{ServerEvent, ServerState};
use super::socket::Duplex;

/// Bytes that are gathered for one write; a larger request is written in one piece.
const MOST_GATHERED: usize = 64 * 1024;
/// Size of the read buffer; answers that are being read share its memory.
const READ_BYTES: usize = 32 * 1024;
/// Least free room before a read; with less, the buffer grows.
const LEAST_ROOM: usize = 4 * 1024;
/// The reason of `CopyFail` for a COPY FROM STDIN outside of `copyIn()`.
const NO_COPY: &str = "use copyIn() for COPY FROM STDIN";

/// Bytes to write, with the answer that they expect.
pub(super) struct Request {
    /// The messages, as they are sent.
    pub(super) bytes: Bytes,
    /// The receiver of the answer; `None` for a later part of a request, such as `CopyData`.
    pub(super) answer: Option<Asked>,
}

/// A request whose answer is not complete.
pub(super) struct Asked {
    /// Where the answer goes, in pieces of whole messages.
    pub(super) chunks: Sender<BytesMut>,
    pub(super) copies: bool,
}

/// Whole messages of one answer; `completes` where they include its `ReadyForQuery`.
struct Chunk {
    messages: BytesMut,
    completes: bool,
}

/// The driver of one connection: reads and writes its socket until the client is dropped and all requests are answered.
pub(crate) struct Driver {
    /// The socket, encrypted or not.
    stream: Box<dyn Duplex>,
    /// Bytes that have arrived and are no whole message yet.
    received: BytesMut,
    /// Bytes that the socket has not taken.
    outgoing: BytesMut,
    /// What callers send.
    requests: UnboundedReceiver<Request>,
    /// The callers that are waiting, in the order of their requests: the server answers in that order.
    asked: VecDeque<Asked>,
    /// A chunk that its reader has no room for yet; meanwhile nothing is read from the socket.
    held: Option<Chunk>,
    shared: Arc<ServerState>,
    /// Whether the client is dropped, so that no request can follow.
    is_left: bool,
    is_terminated: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Driver {
    pub(super) fn new(
        stream: Box<dyn Duplex>,
        received: BytesMut,
        requests: UnboundedReceiver<Request>,
        shared: Arc<ServerState>,
    ) -> Self {
        Self {
            stream,
            received,
            outgoing: BytesMut::new(),
            requests,
            asked: VecDeque::new(),
            held: None,
            shared,
            is_left: false,
            is_terminated: false,
        }
    }

    /// Runs until the client is dropped and all requests are answered, or the connection ends; `true` where the server or the
    /// network ended it.
    pub(crate) async fn run(mut self) -> bool {
        let Err(error) = poll_fn(|cx| self.poll(cx)).await else { return false };
        let refusal = ServerRefusal { message: error.to_string(), ..ServerRefusal::default() };
        self.shared.set_farewell(Arc::new(refusal));
        true
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read(cx)?;
        self.poll_write(cx)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        loop {
            let chunk = match self.held.take() {
                Some(chunk) => Some(chunk),
                None => self.cut()?,
            };
            if let Some(chunk) = chunk {
                if !self.deliver(cx, chunk) {
                    return Ok(());
                }
                continue;
            }
            if self.received.capacity() - self.received.len() < LEAST_ROOM {
                self.received.reserve(READ_BYTES);
            }
            match pin!(self.stream.read_buf(&mut self.received)).poll(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the server closed the connection",
                    ));
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
    }

    /// Cuts the whole messages of one answer from the read buffer; asynchronous messages between them go to the shared state.
    fn cut(&mut self) -> io::Result<Option<Chunk>> {
        let mut end = 0;
        let mut completes = false;
        while let Some(header) = Header::parse(&self.received[end..])? {
            let length = usize::try_from(header.len()).map_err(io::Error::other)? + 1;
            if self.received.len() - end < length {
                // Reserve room for the whole message, so that a long value is received without copying.
                if end == 0 {
                    self.received.reserve(length - self.received.len());
                }
                break;
            }
            match header.tag() {
                backend::NOTICE_RESPONSE_TAG
                | backend::NOTIFICATION_RESPONSE_TAG
                | backend::PARAMETER_STATUS_TAG => {
                    if end > 0 {
                        break;
                    }
                    if let Some(message) = Message::parse(&mut self.received)? {
                        self.take_in(&message);
                    }
                    continue;
                }
                backend::ERROR_RESPONSE_TAG => self.note_farewell(end, length),
                backend::COPY_IN_RESPONSE_TAG => self.refuse_copy(),
                backend::READY_FOR_QUERY_TAG => {
                    self.shared.set_transaction(self.received[end + 5]);
                    completes = true;
                }
                _ => {}
            }
            end += length;
            if completes {
                break;
            }
        }
        Ok((end > 0).then(|| Chunk { messages: self.received.split_to(end), completes }))
    }

    fn take_in(&self, message: &Message) {
        match message {
            Message::ParameterStatus(body) => {
                if let (Ok(name), Ok(value)) = (body.name(), body.value()) {
                    self.shared.set_parameter(name, value);
                }
            }
            Message::NoticeResponse(body) => {
                self.shared.tell(|| Some(ServerEvent::Notice(Arc::new(ServerRefusal::read(body.fields())))));
            }
            Message::NotificationResponse(body) => self.shared.tell(|| {
                Some(ServerEvent::Notification {
                    channel: body.channel().ok()?.to_owned(),
                    payload: body.message().ok()?.to_owned(),
                    process_id: body.process_id(),
                })
            }),
            _ => {}
        }
    }

    /// Stores the error that ends the connection, for requests that will have no answer.
    fn note_farewell(&self, at: usize, length: usize) {
        let mut message = BytesMut::from(&self.received[at..at + length]);
        if let Ok(Some(Message::ErrorResponse(body))) = Message::parse(&mut message) {
            let refusal = ServerRefusal::read(body.fields());
            if refusal.is_fatal() {
                self.shared.set_farewell(Arc::new(refusal));
            }
        }
    }

    /// Answers `CopyInResponse` with `CopyFail` where the request has no rows; the server would wait for ever.
    fn refuse_copy(&mut self) {
        if self.asked.front().is_some_and(|asked| !asked.copies) {
            // Cannot fail: the text has no NUL.
            let before = self.outgoing.len();
            let _ = frontend::copy_fail(NO_COPY, &mut self.outgoing);
            self.shared.queue(self.outgoing.len() - before);
        }
    }

    /// Hands a chunk to its reader; `false` while the reader has no room.
    fn deliver(&mut self, cx: &mut Context<'_>, chunk: Chunk) -> bool {
        let Some(front) = self.asked.front_mut() else { return true };
        match front.chunks.poll_ready(cx) {
            Poll::Pending => {
                self.held = Some(chunk);
                return false;
            }
            Poll::Ready(Ok(())) => {
                let _ = front.chunks.start_send(chunk.messages);
            }
            // The reader is gone: the rest of the answer is discarded.
            Poll::Ready(Err(_)) => {}
        }
        if chunk.completes {
            self.asked.pop_front();
        }
        true
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.gather(cx);
            if self.outgoing.is_empty() {
                if self.is_left && self.asked.is_empty() {
                    return self.poll_leave(cx);
                }
                let _ = Pin::new(&mut self.stream).poll_flush(cx)?;
                return Poll::Pending;
            }
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(written);
            self.shared.wrote(written);
        }
    }

    fn gather(&mut self, cx: &mut Context<'_>) {
        while self.outgoing.len() < MOST_GATHERED && !self.is_left {
            match self.requests.poll_recv(cx) {
                Poll::Ready(Some(request)) => {
                    self.outgoing.extend_from_slice(&request.bytes);
                    self.asked.extend(request.answer);
                }
                Poll::Ready(None) => self.is_left = true,
                Poll::Pending => return,
            }
        }
    }

    /// Sends `Terminate` and closes the socket.
    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_terminated {
            self.is_terminated = true;
            frontend::terminate(&mut self.outgoing);
        }
        while !self.outgoing.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing))?;
            self.outgoing.advance(written.max(1));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
