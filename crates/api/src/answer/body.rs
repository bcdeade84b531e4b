//! The body type of all responses.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::answer::form::ErrorForm;
use crate::answer::reason::RefusalReason;

/// A response body: bytes in memory, an error, or one that is made while it is sent.
pub(crate) enum Body {
    /// Bytes in memory: a slice of a batch, or a constant.
    Whole(Bytes),
    /// An error in the default form, and the form that its endpoint asked for instead. The mark is all that tells an error of
    /// the edge, or of a handler that threw, from an answer; one of the edge has its reason.
    Refused(Bytes, Option<ErrorForm>, Option<RefusalReason>),
    /// A body that is made while it is sent. Boxed, so that the common case stays small.
    Live(Box<dyn LiveBody>),
}

/// A body that is made while it is sent: a file that is read, events as a handler yields them, a body that is compressed.
pub(crate) trait LiveBody: Send + Sync {
    /// Polls for the next frame; `None` at the end. An error closes the connection, so that the client knows that the body is
    /// incomplete.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>>;

    /// Whether the body has been sent to its end.
    fn has_ended(&self) -> bool;

    /// The bytes that are left to send, where they are known.
    fn length(&self) -> Option<u64> {
        None
    }
}

impl Body {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }

    /// Makes a body that is made while it is sent.
    pub(crate) fn live(body: impl LiveBody + 'static) -> Self {
        Self::Live(Box::new(body))
    }

    /// Makes the body of an error in the default form, `{"code","message","details"}`; `reason` is why the edge refuses the request,
    /// `None` for an error of the app.
    pub(crate) fn refused(error: Bytes, reason: Option<RefusalReason>) -> Self {
        Self::Refused(error, None, reason)
    }

    /// Why the edge refused the request; `None` for any other body.
    pub(crate) fn reason(&self) -> Option<RefusalReason> {
        match self {
            Self::Refused(_, _, reason) => *reason,
            _ => None,
        }
    }

    /// Whether the body is an error in the default form.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(..))
    }

    /// Notes that an error is to have the form of its endpoint; any other body stays as it is.
    pub(crate) fn prefer(&mut self, form: ErrorForm) {
        if let Self::Refused(_, preferred, _) = self {
            *preferred = Some(form);
        }
    }

    /// Takes the bytes of an error, with the form that its endpoint asked for; any other body stays as it is.
    pub(crate) fn take_refused(&mut self) -> Option<(Bytes, Option<ErrorForm>)> {
        let Self::Refused(error, form, _) = self else { return None };
        Some((std::mem::take(error), *form))
    }

    /// The whole content, where it is in memory.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            _ => None,
        }
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
            Self::Whole(bytes) | Self::Refused(bytes, ..) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) | Self::Refused(bytes, ..) => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes)))))
            }
            Self::Live(body) => body.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) | Self::Refused(bytes, ..) => bytes.is_empty(),
            Self::Live(body) => body.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) | Self::Refused(bytes, ..) => SizeHint::with_exact(bytes.len() as u64),
            Self::Live(body) => body.length().map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
