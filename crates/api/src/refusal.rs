//! The answers the edge gives by itself.

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

pub(crate) use crate::response_body::Body;

/// A refusal whose text is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: &'static str,
    /// The connection cannot be used any more, because the request was not read to its end.
    pub(crate) closes: bool,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal $message:literal $(, $closes:ident)?;)*) => {
        impl Refusal {
            $(
                $(#[$doc])*
                pub(crate) const $name: Self = Self {
                    status: StatusCode::$status,
                    body: concat!(r#"{"code":""#, $code, r#"","message":""#, $message, r#"","details":null}"#),
                    closes: false $(|| stringify!($closes).len() > 0)?,
                };
            )*
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

refusals! {
    NOT_FOUND = NOT_FOUND "not_found" "no endpoint has this path";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "unimplemented" "the endpoint does not answer this method: see the allow header";
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "out_of_range" "the body is larger than this endpoint accepts", closes;
    BODY_TIMEOUT = REQUEST_TIMEOUT "deadline_exceeded" "the body did not arrive in time", closes;
    BODY_BROKEN = BAD_REQUEST "invalid_argument" "the body ended early or was badly framed", closes;
    NOT_JSON = UNSUPPORTED_MEDIA_TYPE "invalid_argument" "the body must be sent as content-type: application/json", closes;
    ENCODED = UNSUPPORTED_MEDIA_TYPE "invalid_argument" "the body must be sent without a content-encoding", closes;
    EXPECTATION = EXPECTATION_FAILED "invalid_argument" "the only expectation that can be met is 100-continue", closes;
    OVERLOADED = SERVICE_UNAVAILABLE "unavailable" "too many requests are waiting: try again in a second";
    NOBODY_SERVES = SERVICE_UNAVAILABLE "unavailable" "nothing serves requests at the moment: try again in a second";
    ISOLATE_GONE = SERVICE_UNAVAILABLE "unavailable" "the worker that had the request ended before it answered";
    NO_FILE = NOT_FOUND "not_found" "there is no file at this path";
    UNREADABLE = INTERNAL_SERVER_ERROR "internal" "the file could not be read";
    TIMED_OUT = GATEWAY_TIMEOUT "deadline_exceeded" "the endpoint did not answer in time";
    PANICKED = INTERNAL_SERVER_ERROR "internal" "the request could not be handled", closes;
    BAD_ANSWER = INTERNAL_SERVER_ERROR "internal" "the endpoint gave an answer that cannot be sent";
}

impl Refusal {
    /// The response, ready to send but for its request id.
    pub(crate) fn response(self) -> Response<Body> {
        let mut response = json(self.status, Bytes::from_static(self.body.as_bytes()));
        if self.closes {
            close(&mut response);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// 405 with the methods there are.
pub(crate) fn method_not_allowed(allow: &HeaderValue) -> Response<Body> {
    let mut response = Refusal::METHOD_NOT_ALLOWED.response();
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}

/// 204 with the methods there are.
pub(crate) fn options(allow: &HeaderValue) -> Response<Body> {
    let mut response = no_content();
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}

/// 204.
pub(crate) fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// 400 with what is wrong with the input; `issues` is a JSON array.
pub(crate) fn invalid_input(summary: &str, issues: &[u8]) -> Response<Body> {
    let mut body = Vec::with_capacity(issues.len() + summary.len() + 80);
    body.extend_from_slice(br#"{"code":"invalid_argument","message":"#);
    body.extend_from_slice(serde_json::Value::from(summary).to_string().as_bytes());
    body.extend_from_slice(br#","details":{"issues":"#);
    body.extend_from_slice(issues);
    body.extend_from_slice(b"}}");
    json(StatusCode::BAD_REQUEST, Bytes::from(body))
}

/// A JSON response.
pub(crate) fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The connection ends with this response.
pub(crate) fn close(response: &mut Response<Body>) {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_well_formed_error() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../../contract/errors.json")).unwrap();
        let codes: Vec<&str> =
            contract["codes"].as_array().unwrap().iter().filter_map(|entry| entry["code"].as_str()).collect();
        for refusal in Refusal::ALL {
            let body: serde_json::Value = serde_json::from_str(refusal.body).unwrap();
            assert!(codes.contains(&body["code"].as_str().unwrap()), "{refusal:?}");
            assert!(body["message"].is_string() && body["details"].is_null());
        }
    }

    #[test]
    fn only_503_asks_to_come_again() {
        assert_eq!(Refusal::OVERLOADED.response().headers()[RETRY_AFTER], "1");
        assert!(!Refusal::NOT_FOUND.response().headers().contains_key(RETRY_AFTER));
    }

    #[test]
    fn what_was_not_read_closes() {
        assert_eq!(Refusal::BODY_TOO_LARGE.response().headers()[CONNECTION], "close");
        assert!(!Refusal::NOT_FOUND.response().headers().contains_key(CONNECTION));
    }
}
