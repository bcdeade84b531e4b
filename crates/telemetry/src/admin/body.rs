//! The bodies of the admin server's answers.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Interval, interval};
use twinloop_mailbox::Stream;

use crate::store::live::Watcher;

/// How often a silent stream of events sends a comment, by which a client that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A body.
pub(crate) enum AdminBody {
    /// Bytes in memory; `None` once they were sent.
    Whole(Option<Bytes>),
    /// Server-sent events.
    Live {
        /// Sent first.
        first: Option<Bytes>,
        /// The events.
        watcher: Watcher,
        /// The comments of silence.
        heartbeat: Interval,
    },
    /// Pieces of an isolate's answer.
    Pieces(Stream),
}

/// The error of a body whose isolate has ended.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the isolate ended")
    }
}

impl std::error::Error for Broken {}

impl From<Infallible> for Broken {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl AdminBody {
    /// A body of bytes in memory.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// The events that a watcher gets, behind a first one.
    pub(crate) fn live(first: Bytes, watcher: Watcher) -> Self {
        Self::Live { first: Some(first), watcher, heartbeat: interval(HEARTBEAT) }
    }
}

impl http_body::Body for AdminBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let ready = |bytes: Bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        match self.get_mut() {
            Self::Whole(bytes) => bytes.take().map_or(Poll::Ready(None), ready),
            Self::Live { first, watcher, heartbeat } => {
                if let Some(first) = first.take() {
                    heartbeat.reset();
                    return ready(first);
                }
                if let Poll::Ready(event) = watcher.poll_next(cx) {
                    return ready(event);
                }
                match heartbeat.poll_tick(cx) {
                    Poll::Ready(_) => ready(Bytes::from_static(b": \n\n")),
                    Poll::Pending => Poll::Pending,
                }
            }
            Self::Pieces(stream) => match stream.poll_piece(cx) {
                Poll::Ready(Some(Ok(piece))) => ready(piece.bytes),
                Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(Broken))),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            _ => SizeHint::default(),
        }
    }
}
