//! Reading of bodies, within their limits of size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::answer::refusal::Refusal;
use crate::connection::link::Link;
use crate::request::budget::{Budget, Reservation, SMALL_BYTES};

/// Most memory that is allocated for a body that is announced and not yet received.
const MAX_TRUSTED_BYTES: u64 = 64 << 10;

/// A received body, with its share of the budget; a body that arrived together with its head has none.
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    pub(crate) share: Option<Reservation>,
}

/// Reads a whole body of at most `limit` bytes.
///
/// A body that is in the read buffer already is neither copied nor timed nor counted. A body whose `content-length` exceeds
/// the limit, or the room in the budget, is refused before any of it is read, and before `100 Continue` is sent.
pub(crate) async fn read(
    body: Incoming,
    limit: u64,
    budget: &Arc<Budget>,
    link: &Link,
) -> Result<Received, Refusal> {
    let mut body = Arriving::new(body, link);
    let announced = body.body.size_hint().lower();
    if announced > limit {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    if announced > SMALL_BYTES {
        budget.admits(announced)?;
    }
    let Some(first) = body.next(limit).await? else {
        return Ok(Received { bytes: Bytes::new(), share: None });
    };
    if body.body.is_end_stream() {
        return Ok(Received { bytes: first, share: None });
    }
    let mut share = budget.share();
    let mut whole = Vec::new();
    make_room(&mut whole, announced.min(MAX_TRUSTED_BYTES).max(first.len() as u64), &mut share)?;
    whole.extend_from_slice(&first);
    drop(first);
    while let Some(more) = body.next(limit).await? {
        let needed = (whole.len() + more.len()) as u64;
        if needed > whole.capacity() as u64 {
            let doubled = (whole.capacity() as u64).saturating_mul(2);
            let wanted = if announced >= needed { doubled.min(announced) } else { doubled };
            make_room(&mut whole, wanted.max(needed), &mut share)?;
        }
        whole.extend_from_slice(&more);
    }
    Ok(Received { bytes: Bytes::from(whole), share: Some(share) })
}

/// Reserves `capacity` bytes in all, in the budget and in memory.
fn make_room(whole: &mut Vec<u8>, capacity: u64, share: &mut Reservation) -> Result<(), Refusal> {
    share.grow(capacity)?;
    let capacity = usize::try_from(capacity).map_err(|_| Refusal::BODY_TOO_LARGE)?;
    whole.reserve_exact(capacity - whole.len());
    Ok(())
}

/// Reads and drops a body, so that the connection can be reused.
pub(crate) async fn skip(body: Incoming, limit: u64, link: &Link) -> Result<(), Refusal> {
    let mut body = Arriving::new(body, link);
    if body.body.size_hint().lower() > limit {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    while body.next(limit).await?.is_some() {}
    Ok(())
}

/// A body that reports to the sweeper while more of it is awaited.
pub(crate) struct Arriving<'l> {
    body: Incoming,
    link: &'l Link,
    received: u64,
    /// What had been received when the time limits last began anew.
    begun: u64,
    /// The bytes after which the time limits begin anew; `None` has one limit for the whole body.
    window: Option<u64>,
}

/// Bytes that a long body must bring within the time limit of a body.
const LONG_WINDOW_BYTES: u64 = 256 << 10;

/// Bytes over which the rate of a body that is handed on as it comes is taken. A client that was fast before has no longer than
/// these take at the least rate: 32 s by default.
const STEADY_WINDOW_BYTES: u64 = 8 << 10;

impl<'l> Arriving<'l> {
    pub(crate) fn new(body: Incoming, link: &'l Link) -> Self {
        Self { body, link, received: 0, begun: 0, window: None }
    }

    /// A body that may take long, such as an upload: each 256 KiB of it have the time limit of a body.
    pub(crate) fn long(body: Incoming, link: &'l Link) -> Self {
        Self { body, link, received: 0, begun: 0, window: Some(LONG_WINDOW_BYTES) }
    }

    /// A body that may take as long as it will, and is handed on as it comes, with `received` bytes before: it must keep to the
    /// least rate while it is waited for, and its next piece has the time limit of a body.
    pub(crate) fn steady(body: Incoming, link: &'l Link, received: u64) -> Self {
        Self { body, link, received, begun: 0, window: Some(STEADY_WINDOW_BYTES) }
    }

    /// The bytes that `content-length` announces; 0 where it does not.
    pub(crate) fn announced(&self) -> u64 {
        self.body.size_hint().lower()
    }

    /// Notes that nobody waits for more of the body at present. The time until somebody does is not counted.
    pub(crate) fn pause(&self) {
        self.link.body_pauses();
    }

    /// The next piece, or `None` at the end; trailers are dropped.
    pub(crate) async fn next(&mut self, limit: u64) -> Result<Option<Bytes>, Refusal> {
        loop {
            let Some(frame) = self.frame().await? else { return Ok(None) };
            let Ok(data) = frame.into_data() else { continue };
            return if self.received > limit { Err(Refusal::BODY_TOO_LARGE) } else { Ok(Some(data)) };
        }
    }

    /// The next piece, the trailers or the end, if it has arrived.
    pub(crate) fn at_hand(&mut self) -> Option<Result<Option<http_body::Frame<Bytes>>, Refusal>> {
        match self.poll_taken(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => Some(frame),
            Poll::Pending => None,
        }
    }

    /// The next piece or the trailers; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Result<Option<http_body::Frame<Bytes>>, Refusal> {
        poll_fn(|cx| match self.poll_taken(cx) {
            Poll::Pending if self.link.body_is_late() => Poll::Ready(Err(Refusal::BODY_TIMEOUT)),
            Poll::Pending => {
                self.link.body_waits(self.received - self.begun);
                Poll::Pending
            }
            taken @ Poll::Ready(_) => taken,
        })
        .await
    }

    /// Takes what has arrived, and counts it.
    fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<http_body::Frame<Bytes>>, Refusal>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let taken = polled.map(|frame| frame.transpose().map_err(|_| Refusal::BODY_BROKEN));
        if let Poll::Ready(Ok(Some(frame))) = &taken
            && let Some(data) = frame.data_ref()
        {
            self.count(data.len() as u64);
        }
        taken
    }

    fn count(&mut self, bytes: u64) {
        self.link.counts(bytes);
        self.received += bytes;
        if self.window.is_some_and(|window| self.received - self.begun >= window) {
            self.begun = self.received;
            self.link.body_ends();
        }
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.link.body_ends();
    }
}
