//! The body type of all responses.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::answer::compressed_body::CompressedBody;
use crate::answer::event_stream::EventStream;
use crate::answer::form::ErrorForm;
use crate::raw::answer::RawAnswer;
use crate::static_files::FileStream;

/// A response body: bytes in memory, an error, a file that is read while it is sent, server-sent events, the pieces of a raw
/// answer, or one of these compressed.
pub(crate) enum Body {
    /// Bytes in memory: a slice of a batch, or a constant.
    Whole(Bytes),
    /// An error in the default form, and the form that its endpoint asked for instead. The mark is all that tells an error of
    /// the edge, or of a handler that threw, from an answer.
    Refused(Bytes, Option<ErrorForm>),
    /// A file, piece by piece. Boxed, so that the common case stays small.
    File(Box<FileStream>),
    /// Server-sent events, as the handler yields them.
    Events(Box<EventStream>),
    /// The pieces of a raw endpoint's answer.
    Raw(Box<RawAnswer>),
    /// A body of another kind, compressed while it is sent.
    Compressed(Box<CompressedBody<Body>>),
}

impl Body {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }

    /// Makes the body of an error in the default form, `{"code","message","details"}`.
    pub(crate) fn refused(error: Bytes) -> Self {
        Self::Refused(error, None)
    }

    /// Whether the body is an error in the default form.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(..))
    }

    /// Notes that an error is to have the form of its endpoint; any other body stays as it is.
    pub(crate) fn prefer(&mut self, form: ErrorForm) {
        if let Self::Refused(_, preferred) = self {
            *preferred = Some(form);
        }
    }

    /// Takes the bytes of an error, with the form that its endpoint asked for; any other body stays as it is.
    pub(crate) fn take_refused(&mut self) -> Option<(Bytes, Option<ErrorForm>)> {
        let Self::Refused(error, form) = self else { return None };
        Some((std::mem::take(error), *form))
    }

    pub(crate) fn file(stream: FileStream) -> Self {
        Self::File(Box::new(stream))
    }

    pub(crate) fn raw(answer: RawAnswer) -> Self {
        Self::Raw(Box::new(answer))
    }

    pub(crate) fn compressed(body: CompressedBody<Self>) -> Self {
        Self::Compressed(Box::new(body))
    }

    /// The whole content, where it is in memory.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            _ => None,
        }
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
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Refused(error, _) if error.is_empty() => Poll::Ready(None),
            Self::Refused(error, _) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(error))))),
            Self::File(stream) => stream.poll_piece(context).map_ok(Frame::data),
            Self::Events(stream) => stream.poll_bytes(context).map_ok(Frame::data),
            Self::Raw(answer) => answer.poll_frame(context),
            Self::Compressed(body) => body.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Refused(error, _) => error.is_empty(),
            Self::File(stream) => stream.left() == 0,
            Self::Events(stream) => stream.has_ended(),
            Self::Raw(answer) => answer.has_ended(),
            Self::Compressed(body) => body.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Refused(error, _) => SizeHint::with_exact(error.len() as u64),
            Self::File(stream) => SizeHint::with_exact(stream.left()),
            Self::Events(_) | Self::Raw(_) | Self::Compressed(_) => SizeHint::default(),
        }
    }
}
