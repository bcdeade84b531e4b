//! The status and the headers of an answer, as an isolate writes them.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, StatusCode};
use twinloop_runtime::Failure;

/// Headers in their order, names in any case.
type HeaderList<'j> = Vec<(Cow<'j, str>, Cow<'j, str>)>;

/// Reads a list of headers, JSON `[["name","value"],…]`.
pub(crate) fn read(json: &[u8]) -> Result<HeaderList<'_>, Failure> {
    serde_json::from_slice(json)
        .map_err(|error| bad(&format!("the list of headers is not readable: {error}")))
}

/// Reads a header; the value is bytes, which need not be ASCII.
pub(crate) fn header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), Failure> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(&format!("{name:?} is no header name")))?;
    let value = HeaderValue::from_bytes(value)
        .map_err(|_| bad(&format!("the value of {parsed} has a line break or a control character")))?;
    Ok((parsed, value))
}

/// The error for a header that cannot be sent, and why.
pub(crate) fn bad(what: &str) -> Failure {
    Failure::internal(format!("a response header cannot be sent: {what}"))
}

/// Reads the status of a final response.
pub(crate) fn final_status(status: u16) -> Result<StatusCode, Failure> {
    StatusCode::from_u16(status)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or_else(|| Failure::internal(format!("{status} is no status of a final response")))
}

/// Whether a response of this status has neither a body nor a length (RFC 9110, section 8.6).
pub(crate) fn has_no_length(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}
