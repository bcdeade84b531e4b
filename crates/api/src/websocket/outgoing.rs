//! The frames on their way to a client.

use std::io;
use std::task::{Context, Poll, ready};

use crate::connection::transport::Transport;
use crate::websocket::close::Close;
use crate::websocket::deflate::deflate;
use crate::websocket::frame::{OpCode, write_frame, write_head};
use crate::websocket::offer::Agreement;

/// Bytes beyond which nothing is added, and nothing is read from a client that does not read.
const HIGH_WATER: usize = 64 << 10;

/// Largest buffer that is kept when all of it is written.
const KEEP_BYTES: usize = 4 << 10;

/// Least bytes of a message that is compressed: by itself, a shorter one hardly shrinks.
const MIN_COMPRESSED_BYTES: usize = 256;

/// The frames that wait to be written.
pub(crate) struct OutgoingFrames {
    buffer: Vec<u8>,
    written: usize,
    /// Bytes that have been written in all.
    bytes_out: u64,
    agreement: Option<Agreement>,
    /// The last compressed message.
    packed: Vec<u8>,
}

impl OutgoingFrames {
    pub(crate) fn new(agreement: Option<Agreement>) -> Self {
        Self { buffer: Vec::new(), written: 0, bytes_out: 0, agreement, packed: Vec::new() }
    }

    /// Bytes that have been written in all.
    pub(crate) fn bytes_out(&self) -> u64 {
        self.bytes_out
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() - self.written >= HIGH_WATER
    }

    /// Adds a message: text or binary.
    pub(crate) fn message(&mut self, code: OpCode, payload: &[u8]) {
        if let Some(agreement) = self.agreement.filter(|_| payload.len() >= MIN_COMPRESSED_BYTES) {
            self.packed.clear();
            if deflate(payload, agreement.window_bits, &mut self.packed) {
                write_head(&mut self.buffer, code, true, self.packed.len());
                self.buffer.extend_from_slice(&self.packed);
                self.packed.shrink_to(KEEP_BYTES);
                return;
            }
        }
        write_frame(&mut self.buffer, code, payload);
    }

    /// Adds a control frame; the payload is at most 125 bytes.
    pub(crate) fn control(&mut self, code: OpCode, payload: &[u8]) {
        write_frame(&mut self.buffer, code, payload);
    }

    /// Adds a close frame.
    pub(crate) fn close(&mut self, close: &Close) {
        self.control(OpCode::Close, &close.payload());
    }

    /// Writes what waits; ready when nothing is left.
    pub(crate) fn poll_flush(&mut self, transport: &Transport, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.buffer.len() {
            match ready!(transport.poll_write(cx, &self.buffer[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    self.written += count;
                    self.bytes_out += count as u64;
                }
            }
        }
        self.written = 0;
        self.buffer.clear();
        self.buffer.shrink_to(KEEP_BYTES);
        transport.poll_flush(cx)
    }
}
