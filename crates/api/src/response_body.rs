//! The one body type of responses.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;

use crate::event_stream::EventStream;
use crate::static_files::FileStream;

/// A slice of a batch or a constant, a file that is read while it is sent, or events as they come.
pub(crate) enum Body {
    /// All there already.
    Whole(Full<Bytes>),
    /// Piece by piece. Boxed, so that the common case stays small.
    File(Box<FileStream>),
    /// As they come.
    Events(Box<EventStream>),
}

impl Body {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }

    pub(crate) fn file(stream: FileStream) -> Self {
        Self::File(Box::new(stream))
    }

    pub(crate) fn events(stream: EventStream) -> Self {
        Self::Events(Box::new(stream))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::new(Bytes::new())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::File(stream) => stream.poll_piece(context).map_ok(Frame::data),
            Self::Events(stream) => stream.poll_bytes(context).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::File(stream) => stream.left() == 0,
            Self::Events(stream) => stream.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::File(stream) => SizeHint::with_exact(stream.left()),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
