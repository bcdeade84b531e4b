//! The body of a raw request: whole where it is small and has arrived, otherwise piece by piece as the isolate asks.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use twinloop_mailbox::{Feed, JobOver, Text};

use crate::answer::refusal::Refusal;
use crate::connection::link::Link;
use crate::raw::head;
use crate::request::body::Arriving;

/// Most bytes of a body that crosses within the text of its job.
const MAX_WHOLE_BYTES: usize = 16 << 10;

/// The part of a body that had arrived with its head.
pub(crate) enum Arrived {
    /// The whole body.
    Whole(Bytes),
    /// The beginning of a body, and the rest of it.
    Part(BytesMut, Rest),
}

/// The rest of a body, with what had arrived of it and is no data: trailers, or the error that ends it.
pub(crate) struct Rest {
    pub(crate) arrived: Option<Result<Frame<Bytes>, hyper::Error>>,
    pub(crate) body: Incoming,
}

/// Takes what has arrived of a body, and waits for nothing. Polling a body asks the client for it (`100 Continue`), so one whose
/// client waits for that must not be given.
pub(crate) fn arrived(mut body: Incoming) -> Arrived {
    let mut bytes = BytesMut::new();
    let mut cx = Context::from_waker(Waker::noop());
    while bytes.len() <= MAX_WHOLE_BYTES && !body.is_end_stream() {
        match Pin::new(&mut body).poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) if frame.is_data() => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
            Poll::Ready(None) => return Arrived::Whole(bytes.freeze()),
            // Trailers and errors are rare: the pieces carry them.
            Poll::Ready(arrived) => return Arrived::Part(bytes, Rest { arrived, body }),
            Poll::Pending => break,
        }
    }
    if body.is_end_stream() {
        Arrived::Whole(bytes.freeze())
    } else {
        Arrived::Part(bytes, Rest { arrived: None, body })
    }
}

/// Feeds a body to the isolate, one frame for each credit, until its end or the job's.
pub(crate) async fn pump(begun: Bytes, rest: Rest, limit: u64, link: Arc<Link>, mut feed: Feed) {
    let mut body = Arriving::steady(rest.body, &link, begun.len() as u64);
    let mut arrived = rest.arrived;
    let read = async {
        let mut left = limit;
        if !begun.is_empty() {
            credit(&mut feed).await.map_err(|JobOver| Broken::Over)?;
            push(&mut feed, begun, &mut left)?;
        }
        loop {
            credit(&mut feed).await.map_err(|JobOver| Broken::Over)?;
            let frame = match arrived.take() {
                Some(arrived) => Some(arrived.map_err(|_| Broken::Refused(Refusal::BODY_BROKEN))?),
                None => body.frame().await.map_err(Broken::Refused)?,
            };
            body.pause();
            match frame.map(Frame::into_data) {
                None => return Ok(()),
                Some(Ok(data)) => push(&mut feed, data, &mut left)?,
                Some(Err(frame)) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        feed.push_text(head::trailers(&trailers)).map_err(|JobOver| Broken::Over)?;
                    }
                }
            }
        }
    };
    match read.await {
        Ok(()) => feed.end(),
        Err(Broken::Over) => {}
        Err(Broken::Refused(refusal)) => feed.break_off(Text::from(reason(refusal))),
    }
}

/// Feeds a whole body that has arrived and is not ASCII.
pub(crate) async fn push_whole(bytes: Bytes, mut feed: Feed) {
    let pushed = credit(&mut feed).await.and_then(|()| feed.push_bytes(bytes));
    if pushed.is_ok() {
        feed.end();
    }
}

enum Broken {
    /// The job is over, and nobody reads the body.
    Over,
    Refused(Refusal),
}

fn push(feed: &mut Feed, data: Bytes, left: &mut u64) -> Result<(), Broken> {
    *left = left.checked_sub(data.len() as u64).ok_or(Broken::Refused(Refusal::BODY_TOO_LARGE))?;
    feed.push_bytes(data).map_err(|JobOver| Broken::Over)
}

async fn credit(feed: &mut Feed) -> Result<(), JobOver> {
    poll_fn(|cx| feed.poll_credit(cx)).await
}

/// The reason in the word that the isolate reads; a client that has left is the empty one.
fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::BODY_TOO_LARGE => "large",
        Refusal::BODY_TIMEOUT => "slow",
        _ => "",
    }
}
