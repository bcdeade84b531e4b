//! The rules of heads in HTTP/2: what HTTP/1 would be refused for is refused here as well.
//!
//! h2 has refused pseudo headers out of order or twice, names in capitals, headers of the connection, and `te` other than
//! `trailers`. A fragment in a path is dropped by the type that h2 reads it into. Source: RFC 9113, sections 8.2 and
//! 8.3.

use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HOST, ORIGIN};
use http::{Method, Request, Response};
use hyper::body::Incoming;

use crate::answer::observed_body::ObservedBody;
use crate::config::Limits;
use crate::connection::link::Link;
use crate::connection::unrouted;
use crate::guard::{Violation, decimal, is_authority, is_control, is_path};
use crate::request::exchange::HttpExchange;
use crate::server::Server;

/// Checks the head of a request, whose framing h2 has checked.
pub(crate) fn check<B>(request: &Request<B>, limits: &Limits) -> Result<(), Violation> {
    let (uri, headers) = (request.uri(), request.headers());
    if request.method() == Method::CONNECT {
        return Err(Violation::Tunnel);
    }
    if headers.len() > limits.max_headers {
        return Err(Violation::TooManyHeaders);
    }
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let is_asterisk = path == "*" && request.method() == Method::OPTIONS;
    let is_origin = path.starts_with('/') && is_path(path.as_bytes());
    if !is_asterisk && !is_origin {
        return Err(Violation::Target);
    }
    let names = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    if path.len() + names.sum::<usize>() > limits.max_head_bytes {
        return Err(Violation::HeadTooLarge);
    }
    if headers.values().any(|value| value.as_bytes().iter().any(|&byte| is_control(byte))) {
        return Err(Violation::Control);
    }
    host(request)?;
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (Some(_), Some(_)) => Err(Violation::LengthRepeated),
        (Some(length), None) if decimal(length.as_bytes()).is_none() => Err(Violation::LengthInvalid),
        _ => Ok(()),
    }
}

/// Makes the response that refuses a head.
pub(crate) async fn refusal(
    server: &Server,
    link: &Arc<Link>,
    violation: Violation,
    request: Request<Incoming>,
) -> Response<ObservedBody> {
    let (exchange, _body) = HttpExchange::begin(server, link, request);
    let mut origins = exchange.head().headers.get_all(ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (Some(origin), None) => Some(origin.clone()),
        _ => None,
    };
    unrouted::refuse(server, &exchange.context, violation, origin).await
}

/// Checks that the authority and the host header are well formed and agree, and that one of them is there.
fn host<B>(request: &Request<B>) -> Result<(), Violation> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    if authority.is_some_and(|authority| !is_authority(authority.as_bytes())) {
        return Err(Violation::HostInvalid);
    }
    match (hosts.next(), hosts.next(), authority) {
        (Some(_), Some(_), _) => Err(Violation::HostRepeated),
        (None, _, None) => Err(Violation::HostMissing),
        (Some(host), None, _) if !is_authority(host.as_bytes()) => Err(Violation::HostInvalid),
        (Some(host), None, Some(authority))
            if !host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()) =>
        {
            Err(Violation::HostDiffers)
        }
        (None, _, Some(_)) | (Some(_), None, _) => Ok(()),
    }
}
