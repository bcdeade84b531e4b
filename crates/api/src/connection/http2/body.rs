//! The body of an answer in HTTP/2, in pieces that are timed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::answer::observed_body::ObservedBody;
use crate::connection::link::Link;

/// Most bytes of a piece. Hyper asks for the next one when the client's window takes the last, so that a client that does not read
/// holds no more than a piece, and is noticed.
const PIECE_BYTES: usize = 16 << 10;

/// A body that tells the sweeper while the client does not read.
pub(crate) struct StreamBody {
    body: ObservedBody,
    rest: Bytes,
    link: Arc<Link>,
}

impl StreamBody {
    pub(crate) fn new(body: ObservedBody, link: Arc<Link>) -> Self {
        Self { body, rest: Bytes::new(), link }
    }
}

impl HttpBody for StreamBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        this.link.writes();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)).transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => this.rest = data,
                Some(Err(frame)) => return Poll::Ready(Some(Ok(frame))),
                None => return Poll::Ready(None),
            }
        }
        let length = this.rest.len().min(PIECE_BYTES);
        this.link.write_waits();
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}
