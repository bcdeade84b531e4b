//! Reading a body within its limits of size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::link::Link;
use crate::refusal::Refusal;

/// Memory set aside on the word of a client that has announced a body and not yet sent it.
const MAX_TRUSTED_BYTES: u64 = 64 << 10;

/// Reads all of a body of at most `limit` bytes.
///
/// One that lies in the read buffer already is neither copied nor timed. One that is announced larger than the limit is
/// refused before any of it is read, and before `100 Continue` is sent.
pub(crate) async fn read(body: Incoming, limit: u64, link: &Link) -> Result<Bytes, Refusal> {
    let mut body = Timed { body, link, received: 0 };
    let announced = body.body.size_hint().lower();
    if announced > limit {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    let Some(first) = body.next(limit).await? else { return Ok(Bytes::new()) };
    if body.body.is_end_stream() {
        return Ok(first);
    }
    let mut whole =
        BytesMut::with_capacity(announced.min(MAX_TRUSTED_BYTES).max(first.len() as u64) as usize);
    whole.extend_from_slice(&first);
    while let Some(more) = body.next(limit).await? {
        whole.extend_from_slice(&more);
    }
    Ok(whole.freeze())
}

/// Reads and forgets a body nobody wants, so that the connection can go on.
pub(crate) async fn skip(body: Incoming, limit: u64, link: &Link) -> Result<(), Refusal> {
    let mut body = Timed { body, link, received: 0 };
    if body.body.size_hint().lower() > limit {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    while body.next(limit).await?.is_some() {}
    Ok(())
}

/// A body that lets the sweeper know when it is waited for.
struct Timed<'l> {
    body: Incoming,
    link: &'l Link,
    received: u64,
}

impl Timed<'_> {
    /// The next piece, or `None` at the end; trailers are dropped.
    async fn next(&mut self, limit: u64) -> Result<Option<Bytes>, Refusal> {
        loop {
            let Some(frame) = self.frame().await? else { return Ok(None) };
            let Ok(data) = frame.into_data() else { continue };
            self.received += data.len() as u64;
            if self.received > limit {
                return Err(Refusal::BODY_TOO_LARGE);
            }
            return Ok(Some(data));
        }
    }

    async fn frame(&mut self) -> Result<Option<http_body::Frame<Bytes>>, Refusal> {
        poll_fn(|cx| match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(frame.transpose().map_err(|_| Refusal::BODY_BROKEN)),
            Poll::Pending if self.link.body_is_late() => Poll::Ready(Err(Refusal::BODY_TIMEOUT)),
            Poll::Pending => {
                self.link.body_waits(self.received);
                Poll::Pending
            }
        })
        .await
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        self.link.body_ends();
    }
}
