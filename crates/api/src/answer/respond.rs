//! Conversion of an isolate's answer to an HTTP response.

use bytes::Bytes;
use http::header::{self, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json;
use twinloop_mailbox::{Gone, Outcome, Reply, ReplyForm, Stream};
use twinloop_runtime::{Core, Failure, Level};

use crate::answer::body::Body;
use crate::answer::header_list;
use crate::answer::instruction::{Instructions, Means};
use crate::answer::refusal::Refusal;
use crate::routing::endpoint::Endpoint;

/// Headers of the connection, or computed by the edge; endpoints cannot set them.
const NOT_SETTABLE: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Makes the response for an outcome, and follows its instructions. A failure is to be logged, and answered by 500.
pub(crate) async fn respond(
    outcome: Outcome,
    means: Means<'_>,
    streamed: impl FnOnce(Stream) -> Result<Response<Body>, Failure>,
) -> Result<Response<Body>, Failure> {
    follow(prepare(outcome, 0, streamed)?, means).await
}

/// A response, with the instructions that are still to be followed; most have none.
pub(crate) type PreparedAnswer = (Response<Body>, Option<Box<Instructions>>);

/// Makes the response for an outcome, with the instructions that are still to be followed; most have none. Room is made for
/// `headers` that will be added: a map that grows is moved.
pub(crate) fn prepare(
    outcome: Outcome,
    headers: usize,
    streamed: impl FnOnce(Stream) -> Result<Response<Body>, Failure>,
) -> Result<PreparedAnswer, Failure> {
    let response = match outcome {
        Outcome::Reply(reply) => return read(reply, headers),
        Outcome::Stream(stream) => streamed(stream)?,
        Outcome::Gone(Gone::Overloaded) => Refusal::OVERLOADED.response(),
        Outcome::Gone(Gone::TimedOut) => Refusal::TIMED_OUT.response(),
        Outcome::Gone(Gone::IsolateGone) => Refusal::ISOLATE_GONE.response(),
    };
    Ok((response, None))
}

/// Makes the response for a reply, and follows its instructions. A failure is to be logged, and answered by 500.
pub(crate) async fn from_reply(reply: Reply, means: Means<'_>) -> Result<Response<Body>, Failure> {
    follow(read(reply, 0)?, means).await
}

async fn follow(prepared: PreparedAnswer, means: Means<'_>) -> Result<Response<Body>, Failure> {
    match prepared {
        (response, None) => Ok(response),
        (response, Some(instructions)) => instructions.follow(response, means).await,
    }
}

/// The answer of an endpoint, or 500 and a line in the log where it cannot be sent.
pub(crate) fn sendable(
    core: &Core,
    endpoint: &Endpoint,
    answered: Result<Response<Body>, Failure>,
) -> Response<Body> {
    answered.unwrap_or_else(|failure| {
        let fields = json!({ "endpoint": endpoint.to_string(), "error": failure.message });
        let message = "failed to send the answer of an endpoint: it is no valid response";
        core.log(Level::Error, message, &fields);
        Refusal::BAD_ANSWER.response()
    })
}

/// Reads a reply: the response, and what it asks for beside.
fn read(reply: Reply, headers: usize) -> Result<PreparedAnswer, Failure> {
    let status = header_list::final_status(reply.status)?;
    let has_no_length = header_list::has_no_length(status);
    let bodiless = has_no_length || status == StatusCode::RESET_CONTENT;
    let body = if bodiless { Bytes::new() } else { reply.body };
    let is_blob = reply.form == ReplyForm::Blob;
    let is_text = !body.is_empty() && !is_blob;
    let is_refused = is_text && reply.form == ReplyForm::Error;
    let mut response = Response::new(if is_refused { Body::refused(body, None) } else { Body::new(body) });
    *response.status_mut() = status;
    if headers > 0 {
        response.headers_mut().reserve(headers + 1);
    }
    let own = response.headers_mut();
    if is_text {
        own.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    } else if is_blob && !bodiless {
        own.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    } else if !has_no_length {
        // Hyper omits the header on HEAD; HEAD has to carry the headers of GET.
        own.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE && reply.form == ReplyForm::Error {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if reply.headers.is_empty() {
        return Ok((response, None));
    }
    let mut instructions = Instructions::default();
    set_headers_and_read(&reply.headers, response.headers_mut(), &mut instructions)?;
    Ok((response, (!instructions.is_empty()).then(|| Box::new(instructions))))
}

/// Sets headers from JSON `[["name","value"],…]`: the first occurrence of a name replaces a default, later ones are appended.
pub(crate) fn set_headers(json: &[u8], headers: &mut HeaderMap) -> Result<(), Failure> {
    let mut instructions = Instructions::default();
    set_headers_and_read(json, headers, &mut instructions)?;
    let failure = || Failure::internal("a file or a sealed cookie cannot be sent with a stream");
    if instructions.is_empty() { Ok(()) } else { Err(failure()) }
}

/// Sets headers as [`set_headers`] does, and reads the instructions among them.
fn set_headers_and_read(
    json: &[u8],
    headers: &mut HeaderMap,
    instructions: &mut Instructions,
) -> Result<(), Failure> {
    let pairs = header_list::read(json)?;
    let mut set: Vec<HeaderName> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if name.starts_with(':') && instructions.read(&name, &value)? {
            continue;
        }
        let (name, value) = header_list::header(&name, value.as_bytes())?;
        if NOT_SETTABLE.contains(&name) {
            continue;
        }
        if set.contains(&name) {
            headers.append(name, value);
        } else {
            headers.insert(name.clone(), value);
            set.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie::keys::{CookieKeyRing, keys_of};
    use http_body_util::BodyExt;

    fn reply(form: ReplyForm, status: u16, headers: &'static str, body: &'static str) -> Reply {
        let (headers, body) = (Bytes::from_static(headers.as_bytes()), Bytes::from_static(body.as_bytes()));
        Reply { form, status, headers, body }
    }

    fn sent(reply: Reply) -> Response<Body> {
        read(reply, 0).unwrap().0
    }

    #[test]
    fn a_json_reply_is_sent_as_it_is() {
        let response = sent(reply(ReplyForm::Json, 201, "", "{}"));
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    }

    #[test]
    fn an_empty_body_has_no_type() {
        let response = sent(reply(ReplyForm::Json, 200, "", ""));
        assert_eq!(
            (response.headers().len(), &response.headers()[CONTENT_LENGTH]),
            (1, &"0".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn statuses_without_body_drop_it() {
        for status in [204, 205, 304] {
            let response = sent(reply(ReplyForm::Json, status, "", "{}"));
            assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
        }
    }

    #[test]
    fn headers_replace_defaults_and_repeat() {
        let headers = r#"[["content-type","text/plain"],["set-cookie","a=1"],["Set-Cookie","b=2"],["Connection","close"]]"#;
        let response = sent(reply(ReplyForm::Json, 200, headers, "hi"));
        assert_eq!(response.headers()[CONTENT_TYPE], "text/plain");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert!(!response.headers().contains_key("connection"));
    }

    #[test]
    fn an_error_of_503_says_when_to_come_again() {
        assert_eq!(sent(reply(ReplyForm::Error, 503, "", "{}")).headers()[RETRY_AFTER], "1");
        assert!(!sent(reply(ReplyForm::Error, 504, "", "{}")).headers().contains_key(RETRY_AFTER));
    }

    #[test]
    fn header_splitting_is_an_error() {
        for headers in
            [r#"[["x","a\r\nb: c"]]"#, r#"[["x\n","a"]]"#, r#"[["","a"]]"#, r#"[["x","\u0000"]]"#, "not json"]
        {
            assert!(read(reply(ReplyForm::Json, 200, headers, "{}"), 0).is_err(), "{headers}");
        }
    }

    #[test]
    fn impossible_statuses_are_errors() {
        for status in [0, 99, 101, 1000] {
            assert!(read(reply(ReplyForm::Json, status, "", "{}"), 0).is_err(), "{status}");
        }
    }

    #[tokio::test]
    async fn a_blob_is_sent_as_bytes() {
        let body = Bytes::from_static(&[0, 255]);
        let response = sent(Reply { form: ReplyForm::Blob, status: 200, headers: Bytes::new(), body });
        assert_eq!(response.headers()[CONTENT_TYPE], "application/octet-stream");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().as_ref(), [0, 255]);
    }

    #[tokio::test]
    async fn no_answer_has_its_own_status() {
        let keys = CookieKeyRing::default();
        for (gone, status) in [(Gone::Overloaded, 503), (Gone::TimedOut, 504), (Gone::IsolateGone, 503)] {
            let means = Means { keys: &keys, asked: None };
            let response = respond(Outcome::Gone(gone), means, |_| panic!("expected no stream")).await;
            assert_eq!(response.unwrap().status(), status);
        }
    }

    #[tokio::test]
    async fn an_error_seals_its_cookies_too_and_a_file_needs_an_endpoint_that_sends_some() {
        let keys = CookieKeyRing::new(keys_of(&["a secret of thirty-two bytes or more"]));
        let means = Means { keys: &keys, asked: None };
        let cookie = r#"[[":cookie","{\"kind\":\"signed\",\"name\":\"a\",\"value\":\"1\",\"attributes\":\"; Path=/\"}"]]"#;
        let response = from_reply(reply(ReplyForm::Error, 409, cookie, "{}"), means).await.unwrap();
        let set = response.headers()["set-cookie"].to_str().unwrap();
        assert!(set.starts_with("a=s1.") && set.ends_with("; Path=/"), "{set}");
        let file = r#"[[":file","{\"path\":\"/etc/hostname\"}"]]"#;
        assert!(from_reply(reply(ReplyForm::Json, 200, file, ""), means).await.is_err());
    }
}
