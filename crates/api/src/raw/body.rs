//! The body of a raw request: whole where it is small and has arrived, otherwise piece by piece as the isolate asks.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use tokio::task::yield_now;
use twinloop_mailbox::{Feed, JobOver, Text};

use crate::answer::refusal::Refusal;
use crate::connection::link::Link;
use crate::raw::head;
use crate::request::body::Arriving;

/// Most bytes of a body that crosses within the text of its job.
const MAX_WHOLE_BYTES: usize = 16 << 10;

/// Most bytes of a piece; a frame that is larger passes as it is.
const MAX_PIECE_BYTES: usize = 64 << 10;

/// A frame of a body, or its end; the error refuses the rest of it.
type Next = Result<Option<Frame<Bytes>>, Refusal>;

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

impl Arrived {
    /// The number of bytes that had arrived.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Part(begun, _) => begun.len(),
        }
    }
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
    let mut arrived: Option<Next> =
        rest.arrived.map(|arrived| arrived.map(Some).map_err(|_| Refusal::BODY_BROKEN));
    let read = async {
        let mut left = limit;
        if !begun.is_empty() {
            credit(&mut feed).await.map_err(|JobOver| Broken::Over)?;
            push(&mut feed, begun, &mut left)?;
        }
        loop {
            credit(&mut feed).await.map_err(|JobOver| Broken::Over)?;
            let frame = match arrived.take() {
                Some(arrived) => arrived,
                None => body.frame().await,
            };
            body.pause();
            match frame.map_err(Broken::Refused)?.map(Frame::into_data) {
                None => return Ok(()),
                Some(Ok(data)) => {
                    let (piece, next) = joined(&mut body, data).await;
                    arrived = next;
                    push(&mut feed, piece, &mut left)?;
                }
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

/// Joins a small frame with the small ones that follow at once, since each piece costs a crossing: a client may send a byte in a
/// frame. Gives what comes behind them, if that has arrived.
async fn joined(body: &mut Arriving<'_>, first: Bytes) -> (Bytes, Option<Next>) {
    if first.len() >= MAX_WHOLE_BYTES {
        return (first, None);
    }
    let mut piece = Joined::One(first);
    loop {
        // The connection's task reads the next frame while this one stands back.
        yield_now().await;
        match body.at_hand() {
            None => return (piece.bytes(), None),
            Some(Ok(Some(frame))) => match piece.add(frame) {
                Ok(()) if piece.len() < MAX_WHOLE_BYTES => {}
                Ok(()) => return (piece.bytes(), None),
                Err(frame) => return (piece.bytes(), Some(Ok(Some(frame)))),
            },
            Some(end) => return (piece.bytes(), Some(end)),
        }
    }
}

/// One frame as it came, or the copies of several.
enum Joined {
    One(Bytes),
    Several(BytesMut),
}

impl Joined {
    fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Several(bytes) => bytes.len(),
        }
    }

    /// Adds a frame of data; gives back one that is none, or for which there is no room.
    fn add(&mut self, frame: Frame<Bytes>) -> Result<(), Frame<Bytes>> {
        let has_room = frame.data_ref().is_some_and(|data| self.len() + data.len() <= MAX_PIECE_BYTES);
        if !has_room {
            return Err(frame);
        }
        let data = frame.into_data()?;
        match self {
            Self::One(first) => {
                let mut several = BytesMut::with_capacity(first.len() + data.len());
                several.extend_from_slice(first);
                several.extend_from_slice(&data);
                *self = Self::Several(several);
            }
            Self::Several(several) => several.extend_from_slice(&data),
        }
        Ok(())
    }

    fn bytes(self) -> Bytes {
        match self {
            Self::One(bytes) => bytes,
            Self::Several(bytes) => bytes.freeze(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn data(size: usize) -> Frame<Bytes> {
        Frame::data(Bytes::from(vec![b'x'; size]))
    }

    #[test]
    fn small_frames_are_joined_as_far_as_there_is_room() {
        let mut piece = Joined::One(Bytes::from_static(b"a"));
        for _ in 0..3 {
            assert!(piece.add(data(2)).is_ok());
        }
        assert!(piece.add(data(MAX_PIECE_BYTES - 6)).is_err());
        assert!(piece.add(Frame::trailers(http::HeaderMap::new())).is_err());
        assert_eq!(piece.bytes(), "axxxxxx");
    }

    #[test]
    fn one_frame_is_not_copied() {
        let bytes = Bytes::from_static(b"abc");
        assert_eq!(Joined::One(bytes.clone()).bytes().as_ptr(), bytes.as_ptr());
    }
}
