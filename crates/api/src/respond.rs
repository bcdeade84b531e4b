//! From what the isolate answered to an HTTP response.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{self, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use twinloop_mailbox::{Gone, Outcome, Reply, ReplyForm, Stream};
use twinloop_runtime::{Blobs, Failure};

use crate::refusal::{Body, Refusal, json};

/// Headers that speak about the connection or are computed here; an endpoint cannot set them.
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

/// The response for an outcome; the failure is what to log, and is answered by 500.
pub(crate) fn respond(
    outcome: Outcome,
    blobs: &Blobs,
    streamed: impl FnOnce(Stream) -> Response<Body>,
) -> Result<Response<Body>, Failure> {
    match outcome {
        Outcome::Stream(stream) => Ok(streamed(stream)),
        Outcome::Reply(reply) => from_reply(reply, blobs),
        Outcome::Gone(Gone::Overloaded) => Ok(Refusal::OVERLOADED.response()),
        Outcome::Gone(Gone::TimedOut) => Ok(Refusal::TIMED_OUT.response()),
        Outcome::Gone(Gone::IsolateGone) => Ok(Refusal::ISOLATE_GONE.response()),
    }
}

fn from_reply(reply: Reply, blobs: &Blobs) -> Result<Response<Body>, Failure> {
    // Taken before anything can fail, so that a bad answer does not leave its body behind.
    let body = match reply.form {
        ReplyForm::Json | ReplyForm::Error => reply.body,
        ReplyForm::Blob => take_blob(&reply.body, blobs)?,
    };
    let status =
        StatusCode::from_u16(reply.status).ok().filter(|status| !status.is_informational()).ok_or_else(
            || Failure::new("internal", format!("{} is no status of a final response", reply.status)),
        )?;
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let body = if bodiless { Bytes::new() } else { body };
    let is_blob = reply.form == ReplyForm::Blob;
    let mut response = if body.is_empty() || is_blob {
        let mut response = Response::new(Body::new(body));
        *response.status_mut() = status;
        if is_blob && !bodiless {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        }
        response
    } else {
        json(status, body)
    };
    if !reply.headers.is_empty() {
        set_headers(&reply.headers, response.headers_mut())?;
    }
    Ok(response)
}

fn take_blob(number: &[u8], blobs: &Blobs) -> Result<Bytes, Failure> {
    let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
    number.and_then(|number| blobs.take(number)).ok_or_else(|| {
        Failure::new("internal", "the answer refers to a blob that was never stored or is taken already")
    })
}

/// Sets `[["name","value"],…]`: the first occurrence of a name replaces a default, later ones add to it.
fn set_headers(json: &[u8], headers: &mut HeaderMap) -> Result<(), Failure> {
    let bad = |what: String| Failure::new("internal", format!("a response header cannot be sent: {what}"));
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = serde_json::from_slice(json)
        .map_err(|error| bad(format!("the list of headers is not readable: {error}")))?;
    let mut set: Vec<HeaderName> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad(format!("{name:?} is no header name")))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| bad(format!("the value of {name} has a line break or a control character")))?;
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
    use http_body_util::BodyExt;

    fn reply(form: ReplyForm, status: u16, headers: &'static str, body: &'static str) -> Outcome {
        let (headers, body) = (Bytes::from_static(headers.as_bytes()), Bytes::from_static(body.as_bytes()));
        Outcome::Reply(Reply { form, status, headers, body })
    }

    fn unstreamed(_: Stream) -> Response<Body> {
        panic!("expected one answer")
    }

    fn sent(outcome: Outcome) -> Response<Body> {
        respond(outcome, &Blobs::default(), unstreamed).unwrap()
    }

    #[test]
    fn a_json_reply_is_sent_as_it_is() {
        let response = sent(reply(ReplyForm::Json, 201, "", "{}"));
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    }

    #[test]
    fn an_empty_body_has_no_type() {
        assert!(sent(reply(ReplyForm::Json, 200, "", "")).headers().is_empty());
    }

    #[tokio::test]
    async fn statuses_without_body_drop_it() {
        for status in [204, 304] {
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
    fn header_splitting_is_an_error() {
        for headers in
            [r#"[["x","a\r\nb: c"]]"#, r#"[["x\n","a"]]"#, r#"[["","a"]]"#, r#"[["x","\u0000"]]"#, "not json"]
        {
            assert!(
                respond(reply(ReplyForm::Json, 200, headers, "{}"), &Blobs::default(), unstreamed).is_err(),
                "{headers}"
            );
        }
    }

    #[test]
    fn impossible_statuses_are_errors() {
        for status in [0, 99, 101, 1000] {
            assert!(
                respond(reply(ReplyForm::Json, status, "", "{}"), &Blobs::default(), unstreamed).is_err(),
                "{status}"
            );
        }
    }

    #[tokio::test]
    async fn a_blob_is_taken_once() {
        let blobs = Blobs::default();
        let number = blobs.put(Bytes::from_static(&[0, 255]));
        let outcome = |number: u32| {
            let body = Bytes::from(number.to_string());
            Outcome::Reply(Reply { form: ReplyForm::Blob, status: 200, headers: Bytes::new(), body })
        };
        let response = respond(outcome(number), &blobs, unstreamed).unwrap();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/octet-stream");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().as_ref(), [0, 255]);
        assert!(respond(outcome(number), &blobs, unstreamed).is_err());
    }

    #[test]
    fn no_answer_has_its_own_status() {
        assert_eq!(sent(Outcome::Gone(Gone::Overloaded)).status(), 503);
        assert_eq!(sent(Outcome::Gone(Gone::TimedOut)).status(), 504);
        assert_eq!(sent(Outcome::Gone(Gone::IsolateGone)).status(), 503);
    }
}
