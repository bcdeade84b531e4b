//! The admin server's answers: their headers, and errors.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use twinloop_runtime::{Code, Failure};

use crate::admin::body::AdminBody;

/// An answer.
pub(crate) type AdminAnswer = Response<AdminBody>;

/// What a page of the dashboard may load: its own files, and nothing of other places.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An answer with a body of this media type.
pub(crate) fn bytes(status: StatusCode, media_type: &str, body: AdminBody) -> AdminAnswer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    if let Ok(value) = HeaderValue::from_str(media_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}

/// An answer of JSON that is written already.
pub(crate) fn json_text(status: StatusCode, text: String) -> AdminAnswer {
    bytes(status, "application/json", AdminBody::whole(text))
}

/// An answer of JSON.
pub(crate) fn json_of(value: &impl Serialize) -> AdminAnswer {
    match serde_json::to_string(value) {
        Ok(text) => json_text(StatusCode::OK, text),
        Err(error) => refusal(&Failure::internal(error.to_string())),
    }
}

/// The answer to a request that fails: `{"code","message","hint"?}` with the status of the code.
pub(crate) fn refusal(failure: &Failure) -> AdminAnswer {
    json_text(
        status_of(failure.code),
        json!({ "code": failure.code, "message": failure.message }).to_string(),
    )
}

/// The answer to a request that fails, with what to do.
pub(crate) fn refusal_with(failure: &Failure, hint: &str) -> AdminAnswer {
    let body = json!({ "code": failure.code, "message": failure.message, "hint": hint });
    json_text(status_of(failure.code), body.to_string())
}

/// Adds the headers that each answer has.
pub(crate) fn with_headers(mut answer: AdminAnswer) -> AdminAnswer {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    answer
}

/// The HTTP status of a code, as `contract/errors.json` has it.
fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Canceled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_those_of_the_contract() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../../../contract/errors.json")).unwrap();
        for entry in contract["codes"].as_array().unwrap() {
            let code = Code::named(entry["code"].as_str().unwrap());
            assert_eq!(u64::from(status_of(code).as_u16()), entry["http"].as_u64().unwrap(), "{code}");
        }
    }
}
