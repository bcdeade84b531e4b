//! The messages on their way to an isolate: checked, and handed over as it asks for them.

use std::collections::VecDeque;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use twinloop_mailbox::{Feed, Text};
use twinloop_schema::Parts;

use crate::answer::refusal::invalid_input_body;
use crate::websocket::assembler::Assembler;
use crate::websocket::close::Close;
use crate::websocket::config::{BadMessage, MessageFormat};
use crate::websocket::endpoint::StreamEndpoint;

/// Bytes of messages that may be with an isolate before more of them wait here, whatever it has asked for.
const MAX_UNREAD_BYTES: usize = 256 << 10;

/// A message that has passed its check.
pub(crate) enum Checked {
    Text(Text),
    Bytes(Bytes),
}

/// A message that has not, and what becomes of it.
pub(crate) enum Misfit {
    /// The client is sent this error.
    Answer(Vec<u8>),
    /// The connection closes.
    Close(Close),
}

impl Checked {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.bytes.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// Checks the message that has arrived against the type of the stream. Runs no JavaScript.
pub(crate) fn check(
    endpoint: &StreamEndpoint,
    assembler: &mut Assembler,
    is_text: bool,
) -> Result<Checked, Misfit> {
    if endpoint.format == MessageFormat::Raw {
        return match is_text {
            true if endpoint.raw.text => {
                let bytes = assembler.take_message();
                let ascii = bytes.is_ascii();
                Ok(Checked::Text(Text { bytes, ascii, tagged: false, framed: false }))
            }
            false if endpoint.raw.bytes => Ok(Checked::Bytes(Bytes::from(assembler.take_message()))),
            _ if !endpoint.raw.text && !endpoint.raw.bytes => Err(Misfit::Close(Close::TAKES_NONE)),
            true => Err(Misfit::Close(Close::new(1003, "this stream takes binary messages only"))),
            false => Err(Misfit::Close(Close::new(1003, "this stream takes text messages only"))),
        };
    }
    let Some(shape) = &endpoint.incoming else { return Err(Misfit::Close(Close::TAKES_NONE)) };
    let parts = Parts { path: &[], query: None, headers: &() };
    let message = assembler.message();
    let mut bytes = Vec::with_capacity(message.len() + 16);
    match shape.read(&parts, message, &mut bytes) {
        Ok(flags) => {
            Ok(Checked::Text(Text { bytes, ascii: flags.ascii, tagged: flags.tagged, framed: false }))
        }
        Err(issues) if endpoint.bad_message == BadMessage::Close => {
            let code = if issues.is_malformed() { Close::NOT_JSON.code } else { Close::MISFIT.code };
            Err(Misfit::Close(Close { code, reason: issues.to_string().into() }))
        }
        Err(issues) => Err(Misfit::Answer(invalid_input_body(&issues))),
    }
}

/// Hands messages over.
pub(crate) struct Incoming {
    /// `None` when the isolate has been told of the end.
    feed: Option<Feed>,
    /// The message that waits.
    waiting: Option<Checked>,
    /// How many messages the isolate takes at once, as its first request says.
    window: u32,
    /// The sizes of the messages that the isolate has not taken yet.
    unread: VecDeque<usize>,
    unread_bytes: usize,
    has_delivered: bool,
}

impl Incoming {
    pub(crate) fn new(feed: Feed) -> Self {
        Self {
            feed: Some(feed),
            waiting: None,
            window: 0,
            unread: VecDeque::new(),
            unread_bytes: 0,
            has_delivered: false,
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether the isolate has been handed a message.
    pub(crate) fn has_delivered(&self) -> bool {
        self.has_delivered
    }

    /// Accepts a message, while none waits.
    pub(crate) fn accept(&mut self, message: Checked) {
        self.waiting = self.feed.is_some().then_some(message);
    }

    /// Hands the message that waits over when the isolate takes it; ready when none waits.
    pub(crate) fn poll_deliver(&mut self, cx: &Context<'_>) -> Poll<()> {
        let (Some(message), Some(feed)) = (&self.waiting, &mut self.feed) else {
            self.waiting = None;
            return Poll::Ready(());
        };
        let size = message.len();
        let mut least = 1;
        loop {
            let Ok(credits) = ready!(feed.poll_credits(cx, least)) else {
                // The handler has ended.
                self.waiting = None;
                return Poll::Ready(());
            };
            self.window = self.window.max(credits);
            let unread = (self.window - credits) as usize;
            while self.unread.len() > unread {
                self.unread_bytes -= self.unread.pop_front().unwrap_or(0);
            }
            if self.unread.is_empty() || self.unread_bytes + size <= MAX_UNREAD_BYTES {
                break;
            }
            least = credits + 1;
        }
        self.unread.push_back(size);
        self.unread_bytes += size;
        self.has_delivered = true;
        let _ = match self.waiting.take() {
            Some(Checked::Text(text)) => feed.push_text(text),
            Some(Checked::Bytes(bytes)) => feed.push_bytes(bytes),
            None => Ok(()),
        };
        Poll::Ready(())
    }

    /// Tells the isolate how the connection has ended; only the first end counts. A message that waits is lost, as it would be had it
    /// not arrived.
    pub(crate) fn end(&mut self, close: &Close) {
        self.tell_end(close.to_json());
    }

    /// Tells the isolate of a fault of the client. What it sends goes out until it closes the stream.
    pub(crate) fn end_after_answers(&mut self, fault: &Close) {
        self.tell_end(fault.to_json_of_fault());
    }

    fn tell_end(&mut self, end: String) {
        self.waiting = None;
        if let Some(feed) = self.feed.take() {
            feed.break_off(Text::from(end));
        }
    }
}
