//! Server-sent events: the pieces of an isolate's stream as a body.
//!
//! Source: WHATWG HTML, section 9.2 "Server-sent events".

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, Sleep, sleep};
use twinloop_mailbox::{AbortReason, Stream};
use twinloop_runtime::Failure;

use crate::answer::body::{Body, LiveBody};
use crate::answer::break_off::BreakOff;
use crate::answer::respond::set_headers;
use crate::connection::link::Link;

/// Silence after which a comment line is sent, so that proxies keep the connection open and a client that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

const COMMENT: &[u8] = b":\n\n";

/// The header that tells buffering proxies such as nginx to pass each event on at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A stream of events on its way to one client.
pub(crate) struct EventStream {
    pieces: Option<Stream>,
    link: Arc<Link>,
    heartbeat: Pin<Box<Sleep>>,
    is_told_to_stop: bool,
    breaking: Option<BreakOff>,
}

/// Makes the response that carries a stream. A failure is to be logged, and answered by 500.
pub(crate) fn response(pieces: Stream, link: &Arc<Link>) -> Result<Response<Body>, Failure> {
    let status = StatusCode::from_u16(pieces.status).unwrap_or(StatusCode::OK);
    let own = pieces.headers.clone();
    let stream = EventStream {
        pieces: Some(pieces),
        link: Arc::clone(link),
        heartbeat: Box::pin(sleep(HEARTBEAT)),
        is_told_to_stop: false,
        breaking: None,
    };
    let mut response = Response::new(Body::live(stream));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    if !own.is_empty() {
        set_headers(&own, headers)?;
    }
    Ok(response)
}

impl EventStream {
    /// Polls for the next bytes to send; `None` at the end. An error closes the connection, so that the client knows that the
    /// stream is incomplete.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(pieces) = &mut self.pieces else { return Poll::Ready(None) };
        if let Poll::Ready(error) = self.link.poll_reset(cx) {
            return Poll::Ready(Some(Err(error)));
        }
        if let Some(breaking) = &mut self.breaking {
            return breaking.poll(&self.link, cx).map(|error| Some(Err(error)));
        }
        let is_draining = self.link.is_draining();
        if is_draining && !std::mem::replace(&mut self.is_told_to_stop, true) {
            // Pieces sent before are delivered; the handler can add no more.
            pieces.abort(AbortReason::Stopping);
        }
        match pieces.poll_piece(cx) {
            Poll::Ready(Some(piece)) => {
                self.heartbeat.as_mut().reset(Instant::now() + HEARTBEAT);
                if let Some(lines) = piece.ok().and_then(|event| format(&event.bytes).ok()) {
                    return Poll::Ready(Some(Ok(lines)));
                }
                let breaking = self.breaking.insert(BreakOff::new());
                breaking.poll(&self.link, cx).map(|error| Some(Err(error)))
            }
            Poll::Pending if !is_draining => {
                if self.heartbeat.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.heartbeat.as_mut().reset(Instant::now() + HEARTBEAT);
                Poll::Ready(Some(Ok(Bytes::from_static(COMMENT))))
            }
            Poll::Ready(None) | Poll::Pending => {
                self.pieces = None;
                Poll::Ready(None)
            }
        }
    }
}

impl LiveBody for EventStream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.poll_bytes(cx).map_ok(Frame::data)
    }

    fn has_ended(&self) -> bool {
        self.pieces.is_none()
    }
}

/// An event in the isolate's JSON form.
#[derive(Deserialize)]
struct Event<'e> {
    #[serde(rename = "event")]
    name: Option<String>,
    id: Option<Id>,
    retry: Option<u64>,
    #[serde(borrow)]
    data: Option<&'e RawValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(serde_json::Number),
}

/// Formats an event as lines. JSON has no line breaks, so the data is one line.
fn format(json: &[u8]) -> io::Result<Bytes> {
    let event: Event<'_> = serde_json::from_slice(json).map_err(io::Error::other)?;
    let mut lines = String::with_capacity(json.len() + 16);
    let mut line = |name: &str, value: &str| -> io::Result<()> {
        if value.contains(['\r', '\n', '\0']) {
            return Err(io::Error::other(format!("the {name} of an event has a line break")));
        }
        for part in [name, ": ", value, "\n"] {
            lines.push_str(part);
        }
        Ok(())
    };
    match &event.id {
        Some(Id::Text(id)) => line("id", id)?,
        Some(Id::Number(id)) => line("id", &id.to_string())?,
        None => {}
    }
    if let Some(name) = &event.name {
        line("event", name)?;
    }
    if let Some(retry_ms) = event.retry {
        line("retry", &retry_ms.to_string())?;
    }
    line("data", event.data.map_or("null", RawValue::get))?;
    lines.push('\n');
    Ok(Bytes::from(lines))
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::net::{TcpListener, TcpStream};
    use twinloop_mailbox::{Batch, Bells, Job, Limits, Outcome, Outgoing, Port, Text};

    use super::*;
    use crate::connection::clock::CoarseClock;
    use crate::connection::remote::RemoteAddress;
    use crate::connection::socket::LinkSocket;

    /// A stream that an isolate has begun, on a real connection whose client is returned.
    async fn begun() -> (EventStream, Arc<Port>, i32, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, remote) = listener.accept().await.unwrap();
        let clock = Arc::new(CoarseClock::new(&crate::config::Limits::default()));
        let remote = RemoteAddress::tcp(remote.ip(), remote.port());
        let link = Arc::new(Link::new(LinkSocket::Tcp(stream.into_split().1), remote, clock));

        let bell = || -> Box<dyn Fn() + Send + Sync> { Box::new(|| ()) };
        let port = Port::new(Limits::default(), Bells { notify: bell(), distribute: bell(), sweep: bell() });
        let job = Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context: None,
            timeout: None,
            intake: None,
        };
        let pending = port.submit(job).unwrap();
        let mut batch = Batch::default();
        port.drain(&mut batch, 1);
        let id = batch.ints()[1];
        port.settle(&[Outgoing::Begin as i32 | (1 << 8), id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
        let Outcome::Stream(pieces) = pending.await else { panic!("expected a stream") };
        let stream = EventStream {
            pieces: Some(pieces),
            link,
            heartbeat: Box::pin(sleep(HEARTBEAT)),
            is_told_to_stop: false,
            breaking: None,
        };
        (stream, port, id, client)
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_filled_with_comments() {
        let (mut stream, port, id, _client) = begun().await;
        let began = Instant::now();
        for beat in 1..=2 {
            assert_eq!(poll_fn(|cx| stream.poll_bytes(cx)).await.unwrap().unwrap(), COMMENT);
            assert_eq!(began.elapsed().as_secs(), 15 * beat);
        }
        let piece = Bytes::from_static(b"{\"data\":1}\n");
        tokio::time::sleep(Duration::from_secs(10)).await;
        port.settle(&[Outgoing::Piece as i32 | (1 << 8), id, 0], 1, &piece).unwrap();
        assert_eq!(poll_fn(|cx| stream.poll_bytes(cx)).await.unwrap().unwrap(), "data: 1\n\n");
        assert_eq!(poll_fn(|cx| stream.poll_bytes(cx)).await.unwrap().unwrap(), COMMENT);
        assert_eq!(began.elapsed().as_secs(), 55, "an event is a sign of life too");
    }

    fn formatted(json: &str) -> String {
        String::from_utf8(format(json.as_bytes()).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn an_event_is_one_line_for_each_field() {
        assert_eq!(formatted(r#"{"data":{"a":"\n"}}"#), "data: {\"a\":\"\\n\"}\n\n");
        assert_eq!(
            formatted(r#"{"data":1,"event":"tick","id":"a b","retry":500}"#),
            "id: a b\nevent: tick\nretry: 500\ndata: 1\n\n"
        );
        assert_eq!(formatted(r#"{"id":7,"data":null}"#), "id: 7\ndata: null\n\n");
    }

    #[test]
    fn a_line_break_in_a_name_cannot_forge_another_field() {
        for json in
            [r#"{"event":"a\ndata: 1","data":0}"#, r#"{"id":"a\r","data":0}"#, r#"{"id":"\u0000","data":0}"#]
        {
            assert!(format(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        for json in ["", "1", "{", r#"{"retry":-1}"#, r#"{"event":1}"#] {
            assert!(format(json.as_bytes()).is_err(), "{json}");
        }
    }
}
