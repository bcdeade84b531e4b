//! A body that is compressed while it is sent.

mod encoder;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::answer::body::LiveBody;
use crate::answer::encoding::Encoding;
use encoder::Encoder;

pub(crate) use encoder::compress;
#[cfg(test)]
pub(crate) use encoder::decompress;

/// Most bytes that are compressed on an I/O thread at once; more go to a blocking thread.
pub(crate) const MAX_INLINE_BYTES: usize = 16 << 10;

/// Most bodies that are compressed while they are sent, over the process: each holds an encoder of up to 1.5 MiB for as long as
/// its client reads. Bodies beyond are sent as they are.
const MAX_STREAMS: usize = 256;

static STREAMS: AtomicUsize = AtomicUsize::new(0);

/// The right to hold an encoder; given back when this is dropped.
struct Permit;

impl Permit {
    fn take() -> Option<Self> {
        let taken = STREAMS.fetch_add(1, Ordering::Relaxed);
        let permit = Self;
        if taken < MAX_STREAMS { Some(permit) } else { None }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        STREAMS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that is compressed piece by piece. What a live body yields leaves at once; a body of known size is flushed at its end.
pub(crate) struct CompressedBody<B> {
    source: B,
    state: State,
    /// Whether each piece is flushed, because it may be the last one for a while.
    flushes: bool,
    trailers: Option<Frame<Bytes>>,
    _permit: Permit,
}

enum State {
    Idle(Box<Encoder>),
    Working(JoinHandle<io::Result<(Box<Encoder>, Bytes)>>),
    Ended,
}

impl<B: HttpBody<Data = Bytes, Error = io::Error> + Unpin> CompressedBody<B> {
    /// Begins to compress a body; gives it back where too many are compressed already.
    pub(crate) fn new(source: B, encoding: Encoding) -> Result<Self, B> {
        let (Some(permit), Ok(encoder)) = (Permit::take(), Encoder::of_stream(encoding)) else {
            return Err(source);
        };
        let flushes = source.size_hint().exact().is_none();
        Ok(Self { source, state: State::Idle(Box::new(encoder)), flushes, trailers: None, _permit: permit })
    }

    /// Compresses a piece: a small one here, a large one on a blocking thread, which the next poll waits for.
    fn take(&mut self, mut encoder: Box<Encoder>, frame: Frame<Bytes>) -> io::Result<Bytes> {
        let piece = match frame.into_data() {
            Ok(piece) => piece,
            Err(trailers) => {
                self.trailers = Some(trailers);
                return encoder.finish();
            }
        };
        let flushes = self.flushes;
        if piece.len() > MAX_INLINE_BYTES {
            self.state = State::Working(spawn_blocking(move || {
                let bytes = encoder.write(&piece, flushes)?;
                Ok((encoder, bytes))
            }));
            return Ok(Bytes::new());
        }
        let written = encoder.write(&piece, flushes);
        self.state = State::Idle(encoder);
        written
    }
}

impl<B: HttpBody<Data = Bytes, Error = io::Error> + Unpin + Send + Sync> LiveBody for CompressedBody<B> {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            let bytes = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(self.trailers.take().map(Ok)),
                State::Working(mut working) => match Pin::new(&mut working).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Working(working);
                        return Poll::Pending;
                    }
                    Poll::Ready(done) => {
                        let (encoder, bytes) = match done.map_err(io::Error::other) {
                            Ok(Ok(done)) => done,
                            Ok(Err(error)) | Err(error) => return Poll::Ready(Some(Err(error))),
                        };
                        self.state = State::Idle(encoder);
                        bytes
                    }
                },
                State::Idle(encoder) => match Pin::new(&mut self.source).poll_frame(cx) {
                    Poll::Pending => {
                        self.state = State::Idle(encoder);
                        return Poll::Pending;
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready(Some(Ok(frame))) => match self.take(encoder, frame) {
                        Ok(bytes) => bytes,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    },
                    Poll::Ready(None) => match encoder.finish() {
                        Ok(bytes) => bytes,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    },
                },
            };
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended) && self.trailers.is_none()
    }
}
