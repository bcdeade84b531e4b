//! An exchange that has ended, as all that is told of it is made from.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, Version};

use crate::request::context::RequestContext;
use crate::telemetry::meters::ErrorType;

/// How an exchange has ended.
pub(crate) struct EndedExchange<'e> {
    pub(crate) context: &'e RequestContext,
    pub(crate) status: u16,
    pub(crate) took: Duration,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) is_cut: bool,
    pub(crate) error: Option<ErrorType>,
}

/// The version of HTTP, as `network.protocol.version` has it.
pub(crate) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}

/// The client's program, as it calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    headers.get(http::header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()))
}
