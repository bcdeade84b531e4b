//! Refusals: error responses that the edge gives without an isolate.

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use twinloop_mailbox::Refused;
use twinloop_runtime::Code;
use twinloop_schema::Issues;

use crate::answer::body::Body;
use crate::answer::reason::RefusalReason;

/// A refusal with a constant body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: &'static str,
    /// The reason, for logs and metrics.
    pub(crate) reason: RefusalReason,
    /// Whether the connection closes after the response, because the request was not read to its end.
    pub(crate) closes: bool,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal $reason:ident $message:literal $(, $closes:ident)?;)*) => {
        impl Refusal {
            $(
                $(#[$doc])*
                pub(crate) const $name: Self = Self {
                    status: StatusCode::$status,
                    body: concat!(r#"{"code":""#, $code, r#"","message":""#, $message, r#"","details":null}"#),
                    reason: RefusalReason::$reason,
                    closes: false $(|| stringify!($closes).len() > 0)?,
                };
            )*
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];
        }
        $(const _: () = assert!(is_code($code), "a refusal has a code that is not in contract/errors.json");)*
    };
}

/// Whether `text` is one of the codes that both languages know; for constants, so without comparing strings.
const fn is_code(text: &str) -> bool {
    let mut at = 0;
    while at < Code::ALL.len() {
        let (one, other) = (Code::ALL[at].as_str().as_bytes(), text.as_bytes());
        let mut same = 0;
        while one.len() == other.len() && same < one.len() && one[same] == other[same] {
            same += 1;
        }
        if same == one.len() && one.len() == other.len() {
            return true;
        }
        at += 1;
    }
    false
}

refusals! {
    NOT_FOUND = NOT_FOUND "not_found" NotFound "no endpoint has this path";
    UNAUTHENTICATED = UNAUTHORIZED "unauthenticated" Auth "the endpoint needs valid credentials";
    NO_KEYS = SERVICE_UNAVAILABLE "unavailable" Unavailable "credentials cannot be checked at the moment: try again in a second";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "unimplemented" Method "the endpoint does not answer this method: see the allow header";
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "out_of_range" BodyLimit "the body is larger than this endpoint accepts", closes;
    BODY_TIMEOUT = REQUEST_TIMEOUT "deadline_exceeded" BodyTimeout "the body did not arrive in time", closes;
    BODY_BROKEN = BAD_REQUEST "invalid_argument" Body "the body ended early or was badly framed", closes;
    NOT_JSON = UNSUPPORTED_MEDIA_TYPE "invalid_argument" MediaType "the body must be sent as content-type: application/json", closes;
    ENCODED = UNSUPPORTED_MEDIA_TYPE "invalid_argument" MediaType "the body must be sent without a content-encoding", closes;
    NOT_FORM = UNSUPPORTED_MEDIA_TYPE "invalid_argument" MediaType "the body must be sent as content-type: application/x-www-form-urlencoded", closes;
    NOT_MULTIPART = UNSUPPORTED_MEDIA_TYPE "invalid_argument" MediaType "the body must be sent as content-type: multipart/form-data with a boundary", closes;
    NOT_TEXT = UNSUPPORTED_MEDIA_TYPE "invalid_argument" MediaType "the body must be sent as content-type: text/plain, or another text type, in UTF-8", closes;
    BAD_TEXT = BAD_REQUEST "invalid_argument" Validation "the body is not UTF-8";
    BAD_FORM = BAD_REQUEST "invalid_argument" Validation "the form has a name that is not UTF-8, or an incomplete escape in one";
    BAD_MULTIPART = BAD_REQUEST "invalid_argument" Body "the multipart body is malformed or incomplete", closes;
    TOO_MANY_FIELDS = PAYLOAD_TOO_LARGE "out_of_range" BodyLimit "the form has more fields than this endpoint accepts", closes;
    TOO_MANY_FILES = PAYLOAD_TOO_LARGE "out_of_range" BodyLimit "the form has more files than this endpoint accepts", closes;
    FIELD_TOO_LARGE = PAYLOAD_TOO_LARGE "out_of_range" BodyLimit "a field of the form is larger than this endpoint accepts", closes;
    FILE_TOO_LARGE = PAYLOAD_TOO_LARGE "out_of_range" BodyLimit "a file is larger than this endpoint accepts", closes;
    NO_SPACE = INSUFFICIENT_STORAGE "resource_exhausted" Storage "there is no space to store the upload", closes;
    NOT_STORED = INTERNAL_SERVER_ERROR "internal" Storage "the upload could not be stored", closes;
    EXPECTATION = EXPECTATION_FAILED "invalid_argument" Expectation "the only expectation that can be met is 100-continue", closes;
    TOO_MANY_REQUESTS = TOO_MANY_REQUESTS "resource_exhausted" RateLimit "too many requests: try again when the retry-after header says";
    LIMIT_UNKNOWN = SERVICE_UNAVAILABLE "unavailable" Unavailable "the rate limit cannot be checked at the moment: try again in a second";
    OVERLOADED = SERVICE_UNAVAILABLE "unavailable" Overloaded "too many requests are waiting: try again in a second";
    NO_ROOM = SERVICE_UNAVAILABLE "unavailable" Overloaded "too many bodies are being received: try again in a second", closes;
    NOBODY_SERVES = SERVICE_UNAVAILABLE "unavailable" Unavailable "nothing serves requests at the moment: try again in a second";
    ISOLATE_GONE = SERVICE_UNAVAILABLE "unavailable" IsolateGone "the worker that had the request ended before it answered";
    NO_FILE = NOT_FOUND "not_found" NotFound "there is no file at this path";
    UNREADABLE = INTERNAL_SERVER_ERROR "internal" Storage "the file could not be read";
    NO_UPGRADE = UPGRADE_REQUIRED "failed_precondition" Handshake "this path is a WebSocket: connect to it by ws: or wss:";
    NO_HTTP2_STREAM = UPGRADE_REQUIRED "failed_precondition" Handshake "this path is a WebSocket, which is served over HTTP/1.1 and not over HTTP/2: connect to it by ws: or wss:";
    WEBSOCKET_VERSION = UPGRADE_REQUIRED "failed_precondition" Handshake "the only WebSocket version that is spoken is 13";
    BAD_HANDSHAKE = BAD_REQUEST "invalid_argument" Handshake "the WebSocket handshake is not valid", closes;
    BAD_PROTOCOL_HEADERS = BAD_REQUEST "invalid_argument" Handshake "the headers in sec-websocket-protocol cannot be read or must not be set so";
    FOREIGN_ORIGIN = FORBIDDEN "permission_denied" Origin "pages of this origin may not open the stream: the option cors says which may";
    TIMED_OUT = GATEWAY_TIMEOUT "deadline_exceeded" Timeout "the endpoint did not answer in time";
    PANICKED = INTERNAL_SERVER_ERROR "internal" Panic "the request could not be handled", closes;
    BAD_ANSWER = INTERNAL_SERVER_ERROR "internal" BadAnswer "the endpoint gave an answer that cannot be sent";
}

impl Refusal {
    /// Makes the response, complete but for its request id.
    pub(crate) fn response(self) -> Response<Body> {
        let mut response = refused(self.status, Bytes::from_static(self.body.as_bytes()), self.reason);
        if self.closes {
            close(&mut response);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The refusal of a request that no isolate takes.
impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Overloaded => Self::OVERLOADED,
            Refused::Closed => Self::NOBODY_SERVES,
        }
    }
}

/// Makes the response 405 with the header `allow`.
pub(crate) fn method_not_allowed(allow: &HeaderValue) -> Response<Body> {
    let mut response = Refusal::METHOD_NOT_ALLOWED.response();
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}

/// Makes the response 204 to OPTIONS, with the header `allow`.
pub(crate) fn options(allow: &HeaderValue) -> Response<Body> {
    let mut response = no_content();
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}

/// Makes the response 204 without content.
pub(crate) fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Makes the response for invalid input: 400 where it is malformed, and otherwise the status that the endpoint asked for.
pub(crate) fn invalid_input(issues: &Issues, misfit: StatusCode) -> Response<Body> {
    let status = if issues.is_malformed() { StatusCode::BAD_REQUEST } else { misfit };
    refused(status, Bytes::from(invalid_input_body(issues)), RefusalReason::Validation)
}

/// Makes the error for invalid input as JSON.
pub(crate) fn invalid_input_body(issues: &Issues) -> Vec<u8> {
    let (summary, mut list) = (issues.to_string(), Vec::new());
    issues.to_json(&mut list);
    let mut body = Vec::with_capacity(list.len() + summary.len() + 80);
    body.extend_from_slice(br#"{"code":"invalid_argument","message":"#);
    body.extend_from_slice(serde_json::Value::from(summary).to_string().as_bytes());
    body.extend_from_slice(br#","details":{"issues":"#);
    body.extend_from_slice(&list);
    body.extend_from_slice(b"}}");
    body
}

/// Makes an error response in the default form, `{"code","message","details"}`, which the form of the app may replace.
pub(crate) fn refused(status: StatusCode, error: Bytes, reason: RefusalReason) -> Response<Body> {
    let mut response = Response::new(Body::refused(error, Some(reason)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Makes a JSON response that is no error; an error is made by [`refused`].
pub(crate) fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Makes the connection close after this response.
pub(crate) fn close<B>(response: &mut Response<B>) {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_well_formed_error() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../../../contract/errors.json")).unwrap();
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
