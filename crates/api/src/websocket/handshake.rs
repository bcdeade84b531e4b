//! The opening handshake: what the client asks for, and the response that agrees.
//!
//! Source: RFC 6455, section 4.2.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts as Head;
use http::{Response, StatusCode, Version};
use sha1::{Digest, Sha1};

use crate::answer::body::Body;
use crate::answer::refusal::Refusal;
use crate::websocket::offer::{Agreement, agree};

/// The constant that is hashed with the client's key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The subprotocol that Encore's generated clients ask for.
const ENCORE: &str = "encore-ws";

/// The beginning of the pseudo subprotocol by which Encore's clients send headers, because browsers let a page set none.
const ENCORE_HEADERS: &str = "encore.dev.headers.";

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADES: HeaderValue = HeaderValue::from_static("upgrade");

/// A handshake that can be agreed to.
#[derive(Debug)]
pub(crate) struct AgreedHandshake {
    accept: HeaderValue,
    is_encore: bool,
    /// All headers, where the client has sent some as a subprotocol.
    headers: Option<HeaderMap>,
    pub(crate) agreement: Option<Agreement>,
}

impl AgreedHandshake {
    /// Reads the handshake, with the headers that a client has sent as a subprotocol.
    ///
    /// Errors: 426 without an upgrade, for another version and over HTTP/2 (RFC 8441 is not spoken), 400 for what is no valid
    /// handshake.
    pub(crate) fn read(head: &Head, compress: bool) -> Result<Self, Box<Response<Body>>> {
        let headers = &head.headers;
        if head.version > Version::HTTP_11 {
            return Err(upgrade_required(Refusal::NO_HTTP2_STREAM, head.version).into());
        }
        if head.version != Version::HTTP_11 || !has_token(headers, &UPGRADE, "websocket") {
            return Err(upgrade_required(Refusal::NO_UPGRADE, head.version).into());
        }
        if !has_token(headers, &CONNECTION, "upgrade") {
            return Err(Refusal::BAD_HANDSHAKE.response().into());
        }
        if only(headers, &SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(upgrade_required(Refusal::WEBSOCKET_VERSION, head.version).into());
        }
        let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| {
            key.len() == 24 && STANDARD.decode(key.as_bytes()).is_ok_and(|decoded| decoded.len() == 16)
        });
        let Some(accept) = key.and_then(accept) else { return Err(Refusal::BAD_HANDSHAKE.response().into()) };
        let agreement = if compress { agree(headers) } else { None };
        let protocols = protocols(headers);
        let is_encore = protocols.iter().any(|protocol| protocol == ENCORE);
        let mut merged = None;
        for packed in protocols.iter().filter_map(|protocol| protocol.strip_prefix(ENCORE_HEADERS)) {
            let merged = merged.get_or_insert_with(|| headers.clone());
            unpack(packed, merged).ok_or_else(|| Box::new(Refusal::BAD_PROTOCOL_HEADERS.response()))?;
        }
        Ok(Self { accept, is_encore, headers: merged, agreement })
    }

    /// The headers of the request, with those that the client has sent as a subprotocol.
    pub(crate) fn headers<'h>(&'h self, head: &'h Head) -> &'h HeaderMap {
        self.headers.as_ref().unwrap_or(&head.headers)
    }

    /// Takes the headers out; `None` where they are those of the request.
    pub(crate) fn take_headers(&mut self) -> Option<HeaderMap> {
        self.headers.take()
    }

    /// The response that agrees.
    pub(crate) fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(CONNECTION, UPGRADES);
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.is_encore {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(ENCORE));
        }
        if let Some(agreement) = self.agreement {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, agreement.header());
        }
        response
    }
}

/// The response 426, with the headers that say what to do (RFC 9110, section 15.5.22). HTTP/2 has no such headers.
fn upgrade_required(refusal: Refusal, version: Version) -> Response<Body> {
    let mut response = refusal.response();
    if version <= Version::HTTP_11 {
        let headers = response.headers_mut();
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(CONNECTION, UPGRADES);
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

/// The key of the response (RFC 6455, section 4.2.2, step 5).
fn accept(key: &str) -> Option<HeaderValue> {
    let hash = Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize();
    HeaderValue::from_str(&STANDARD.encode(hash)).ok()
}

/// The value of a header that occurs once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::trim),
        _ => None,
    }
}

/// Whether a list header holds a token, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case(token))
}

fn protocols(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|each| each.trim().to_owned()).collect()
}

/// Adds the headers in `packed`, base64url of a JSON object; one that the request has already stays. `None` where they cannot be
/// read, or where one of them is not a page's to set.
fn unpack(packed: &str, headers: &mut HeaderMap) -> Option<()> {
    let json = URL_SAFE_NO_PAD.decode(packed.trim_end_matches('=')).ok()?;
    let pairs: std::collections::HashMap<String, String> = serde_json::from_slice(&json).ok()?;
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if is_forbidden(name.as_str()) {
            return None;
        }
        let value = HeaderValue::from_str(&value).ok()?;
        headers.try_entry(name).ok()?.or_insert(value);
    }
    Some(())
}

/// Whether a page must not set a header: what the Fetch standard forbids, and what proxies tell a server.
fn is_forbidden(name: &str) -> bool {
    const NAMES: [&str; 24] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-encoding",
        "content-length",
        "cookie",
        "date",
        "dnt",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "origin",
        "permissions-policy",
        "referer",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
        "x-request-id",
    ];
    NAMES.contains(&name) || ["sec-", "proxy-", "x-forwarded-"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests;
