//! An exchange that has ended, as all that is told of it is made from.

use std::borrow::Cow;
use std::net::IpAddr;
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

/// The text of an address. That of IPv4, which most are, is written without the formatting machinery.
pub(crate) fn address(ip: IpAddr) -> String {
    let IpAddr::V4(ip) = ip else { return ip.to_string() };
    let mut text = String::with_capacity("255.255.255.255".len());
    for (at, octet) in ip.octets().into_iter().enumerate() {
        if at > 0 {
            text.push('.');
        }
        text.push_str(itoa::Buffer::new().format(octet));
    }
    text
}

/// The client's program, as it calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    headers.get(http::header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_usual() {
        for ip in ["127.0.0.1", "0.10.255.9", "::1", "2001:db8::ff"] {
            assert_eq!(address(ip.parse().unwrap()), ip);
        }
    }
}
