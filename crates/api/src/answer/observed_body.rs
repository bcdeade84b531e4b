//! The body of an answer on its way to the client, whose end somebody is told.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::answer::body::Body;

/// The observer of an answer, which is told of its end.
pub(crate) trait AnswerObserver: Send + Sync {
    /// Notes that `bytes` of the body have been handed to the connection, and whether those are all. Called once.
    fn ended(&self, bytes: u64, is_whole: bool);
}

/// A body that tells its end: when its last byte is handed to the connection, or when it is given up before.
pub(crate) struct ObservedBody {
    body: Body,
    watch: Watch,
}

struct Watch {
    observer: Option<Arc<dyn AnswerObserver>>,
    sent: u64,
    is_whole: bool,
}

impl ObservedBody {
    /// A body of which nobody is told.
    pub(crate) fn new(body: Body) -> Self {
        Self { body, watch: Watch { observer: None, sent: 0, is_whole: false } }
    }

    /// From now on `observer` is told of the end. Of an answer that has no body on the wire, such as one to HEAD, nothing is
    /// awaited.
    pub(crate) fn observe(&mut self, observer: Arc<dyn AnswerObserver>, has_body: bool) {
        self.watch.is_whole = !has_body || self.body.is_end_stream();
        self.watch.observer = Some(observer);
    }
}

impl Watch {
    fn saw(&mut self, frame: Option<&Frame<Bytes>>, has_ended: bool) {
        self.sent += frame.and_then(Frame::data_ref).map_or(0, |data| data.len() as u64);
        self.is_whole |= has_ended;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = self.observer.take() {
            observer.ended(self.sent, self.is_whole);
        }
    }
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Self { body, watch } = self.get_mut();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        if watch.observer.is_some() {
            match &polled {
                Poll::Ready(None) => watch.saw(None, true),
                // The connection does not ask again for a body that says it has ended.
                Poll::Ready(Some(Ok(frame))) => watch.saw(Some(frame), body.is_end_stream()),
                Poll::Ready(Some(Err(_))) | Poll::Pending => {}
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::answer::body::LiveBody;

    #[derive(Default)]
    struct Told(Mutex<Vec<(u64, bool)>>);

    impl AnswerObserver for Told {
        fn ended(&self, bytes: u64, is_whole: bool) {
            self.0.lock().unwrap().push((bytes, is_whole));
        }
    }

    /// Gives so many pieces of two bytes, then the end.
    struct Pieces(u32);

    impl LiveBody for Pieces {
        fn poll_frame(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
            self.0 = left;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"ab")))))
        }

        fn has_ended(&self) -> bool {
            false
        }
    }

    fn observed(body: Body, has_body: bool) -> (ObservedBody, Arc<Told>) {
        let told = Arc::new(Told::default());
        let mut body = ObservedBody::new(body);
        body.observe(Arc::<Told>::clone(&told), has_body);
        (body, told)
    }

    #[tokio::test]
    async fn the_end_is_told_once_with_its_bytes() {
        for body in [Body::new(Bytes::from_static(b"abcd")), Body::live(Pieces(2))] {
            let (mut body, told) = observed(body, true);
            while body.frame().await.is_some() {}
            drop(body);
            assert_eq!(*told.0.lock().unwrap(), [(4, true)]);
        }
    }

    #[tokio::test]
    async fn a_body_that_is_given_up_is_not_whole() {
        let (mut body, told) = observed(Body::live(Pieces(2)), true);
        body.frame().await.unwrap().unwrap();
        drop(body);
        assert_eq!(*told.0.lock().unwrap(), [(2, false)]);
    }

    #[test]
    fn what_has_no_body_on_the_wire_is_whole_at_once() {
        for (body, has_body) in [(Body::default(), true), (Body::new(Bytes::from_static(b"a")), false)] {
            let (body, told) = observed(body, has_body);
            drop(body);
            assert_eq!(*told.0.lock().unwrap(), [(0, true)]);
        }
    }
}
