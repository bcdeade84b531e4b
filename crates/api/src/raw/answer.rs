//! The answers of raw endpoints as HTTP responses, in one piece or in several.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{self, CONNECTION, CONTENT_LENGTH, TRAILER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use http_body::Frame;
use hyper::ext::ReasonPhrase;
use twinloop_mailbox::{Reply, Stream, StreamForm};
use twinloop_runtime::Failure;

use crate::answer::body::{Body, LiveBody};
use crate::answer::break_off::BreakOff;
use crate::answer::header_list::{self, bad};
use crate::connection::link::Link;

/// The name under which the isolate sends a reason phrase that is not the status's own.
const REASON: &str = ":reason";

/// Headers that Hyper writes itself from what it is given to send.
const OF_THE_EDGE: [HeaderName; 4] = [
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Makes the response of an answer in one piece.
pub(crate) fn whole(reply: Reply, method: &Method) -> Result<Response<Body>, Failure> {
    let mut response = response(reply.status, &reply.headers, Body::default())?;
    let is_head = *method == Method::HEAD;
    if !is_head {
        let length = response.headers().get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
        if length.is_some_and(|length| length != reply.body.len().to_string().as_bytes()) {
            let message = format!(
                "the header content-length does not name the {} bytes that were sent",
                reply.body.len()
            );
            return if header_list::has_no_length(response.status()) {
                Ok(response)
            } else {
                Err(Failure::internal(message))
            };
        }
        *response.body_mut() = Body::new(reply.body);
    }
    Ok(response)
}

/// Makes the response of an answer in pieces. Status 0 closes the connection without an answer.
pub(crate) fn pieces(stream: Stream, link: &Arc<Link>) -> io::Result<Result<Response<Body>, Failure>> {
    if stream.status == 0 {
        return Err(io::Error::other("the handler closed the connection"));
    }
    let (status, headers) = (stream.status, stream.headers.clone());
    let body = RawAnswer::new(stream, link);
    Ok(response(status, &headers, Body::live(body)))
}

fn response(status: u16, headers: &[u8], body: Body) -> Result<Response<Body>, Failure> {
    let status = header_list::final_status(status)?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if !headers.is_empty() {
        set_headers(headers, &mut response)?;
    }
    Ok(response)
}

/// Sets headers from JSON `[["name","value"],…]`, in which characters are bytes of Latin-1.
fn set_headers(json: &[u8], response: &mut Response<Body>) -> Result<(), Failure> {
    for (name, value) in header_list::read(json)? {
        let bytes = latin1(&value).ok_or_else(|| bad(&format!("the value of {name} is not Latin-1")))?;
        if name == REASON {
            let reason = ReasonPhrase::try_from(bytes)
                .map_err(|_| bad("the reason phrase has a control character"))?;
            response.extensions_mut().insert(reason);
            continue;
        }
        let (name, value) = header_list::header(&name, &bytes)?;
        let closes = name == CONNECTION && value.as_bytes().eq_ignore_ascii_case(b"close");
        if OF_THE_EDGE.contains(&name) || (name == CONNECTION && !closes) {
            continue;
        }
        response.headers_mut().append(name, value);
    }
    Ok(())
}

/// An answer in pieces on its way to one client.
pub(crate) struct RawAnswer {
    stream: Option<Stream>,
    link: Arc<Link>,
    breaking: Option<BreakOff>,
}

impl RawAnswer {
    pub(crate) fn new(stream: Stream, link: &Arc<Link>) -> Self {
        Self { stream: Some(stream), link: Arc::clone(link), breaking: None }
    }
}

impl LiveBody for RawAnswer {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(breaking) = &mut self.breaking {
            return breaking.poll(&self.link, cx).map(|error| Some(Err(error)));
        }
        let Some(stream) = &mut self.stream else { return Poll::Ready(None) };
        if let Poll::Ready(error) = self.link.poll_reset(cx) {
            return Poll::Ready(Some(Err(error)));
        }
        match stream.poll_piece(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(piece))) if piece.form == StreamForm::Control => {
                Poll::Ready(Some(Ok(Frame::trailers(trailers(&piece.bytes)))))
            }
            Poll::Ready(Some(Ok(piece))) => Poll::Ready(Some(Ok(Frame::data(piece.bytes)))),
            Poll::Ready(Some(Err(_))) => {
                let breaking = self.breaking.insert(BreakOff::new());
                breaking.poll(&self.link, cx).map(|error| Some(Err(error)))
            }
            Poll::Ready(None) => {
                self.stream = None;
                Poll::Ready(None)
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.stream.is_none()
    }
}

/// Reads trailers from JSON `[["name","value"],…]`; one that cannot be sent is left out, since the head is gone.
fn trailers(json: &[u8]) -> HeaderMap {
    let pairs = header_list::read(json).unwrap_or_default();
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let Some(bytes) = latin1(&value) else { continue };
        match header_list::header(&name, &bytes) {
            Ok((name, value)) if name != TRAILER => headers.append(name, value),
            _ => false,
        };
    }
    headers
}

/// The bytes of a text whose characters stand for bytes; `None` where one is none.
fn latin1(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    text.chars().map(|one| u8::try_from(u32::from(one)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use twinloop_mailbox::ReplyForm;

    fn sent(
        status: u16,
        headers: &'static str,
        body: &'static str,
        method: &Method,
    ) -> Result<Response<Body>, Failure> {
        let (headers, body) = (Bytes::from_static(headers.as_bytes()), Bytes::from_static(body.as_bytes()));
        whole(Reply { form: ReplyForm::Json, status, headers, body }, method)
    }

    #[test]
    fn headers_are_sent_as_they_are_but_for_those_of_the_connection() {
        let headers = r#"[["Set-Cookie","a=1"],["set-cookie","b=2"],["connection","close"],["transfer-encoding","chunked"],["x","é"]]"#;
        let response = sent(200, headers, "hi", &Method::GET).unwrap();
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(response.headers()["connection"], "close");
        assert_eq!(response.headers()["x"].as_bytes(), [0xe9]);
        assert!(!response.headers().contains_key("transfer-encoding"));
        assert!(!response.headers().contains_key("content-type"));
    }

    #[test]
    fn a_reason_phrase_is_the_handlers_own() {
        let response = sent(200, r#"[[":reason","Fine"]]"#, "", &Method::GET).unwrap();
        assert_eq!(response.extensions().get::<ReasonPhrase>().unwrap().as_bytes(), b"Fine");
    }

    #[test]
    fn a_length_that_is_not_the_bodys_is_refused_but_for_head() {
        let headers = r#"[["content-length","5"]]"#;
        assert!(sent(200, headers, "hi", &Method::GET).is_err());
        assert!(sent(200, headers, "hello", &Method::GET).is_ok());
        assert_eq!(sent(200, headers, "", &Method::HEAD).unwrap().headers()["content-length"], "5");
        assert!(sent(304, headers, "", &Method::GET).is_ok());
    }

    #[test]
    fn header_splitting_and_impossible_statuses_are_errors() {
        for headers in [
            r#"[["x","a\r\nb: c"]]"#,
            r#"[["x\n","a"]]"#,
            r#"[["x","\u4e00"]]"#,
            r#"[[":reason","a\n"]]"#,
            "x",
        ] {
            assert!(sent(200, headers, "", &Method::GET).is_err(), "{headers}");
        }
        for status in [0, 99, 101, 1000] {
            assert!(sent(status, "", "", &Method::GET).is_err(), "{status}");
        }
    }
}
