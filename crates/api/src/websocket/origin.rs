//! The origin of the page that opens a WebSocket.
//!
//! Browsers do not hold the same-origin policy here: a page of any origin can open a WebSocket, and the cookies of the server go
//! along. So the server holds it. A page may open a stream where it may read answers: that of the server's own origin always, and
//! another where the policy of CORS lets it. A stream that knows its caller, by cookies or by an auth handler, is for origins that
//! are allowed credentials.
//!
//! Source: RFC 6455, section 10.2; RFC 6454; WHATWG Fetch, section 3.3.

use http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

use crate::policy::OriginStanding;
use crate::policy::cors::Cors;

/// Whether a handshake comes from a page that may not open the stream. Programs send no origin and may open all.
///
/// The server's own origin has the host that a trusted proxy tells, or else that of the `Host` header.
pub(crate) fn is_refused(
    headers: &HeaderMap,
    forwarded_host: Option<&str>,
    cors: Option<&Cors>,
    is_personal: bool,
) -> bool {
    let host = forwarded_host.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => !is_same(origin, host) && !is_admitted(origin, cors, is_personal),
        _ => true,
    }
}

fn is_admitted(origin: &HeaderValue, cors: Option<&Cors>, is_personal: bool) -> bool {
    match cors.map_or(OriginStanding::Refused, |cors| cors.admit(Some(origin))) {
        OriginStanding::WithCredentials => true,
        OriginStanding::AsAnyone | OriginStanding::ByName => !is_personal,
        OriginStanding::Refused => false,
    }
}

/// Compares host and port. The scheme is not compared: a proxy may have ended the TLS of the page's origin.
fn is_same(origin: &HeaderValue, host: Option<&str>) -> bool {
    let (Ok(origin), Some(host)) = (origin.to_str(), host) else { return false };
    let (authority, default_port) = match origin.split_once("://") {
        Some(("https", authority)) => (authority, ":443"),
        Some(("http", authority)) => (authority, ":80"),
        _ => return false,
    };
    let bare = |text: &str| text.strip_suffix(default_port).unwrap_or(text).to_ascii_lowercase();
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(origins: &[&'static str], host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        is_refused(&headers, None, None, false)
    }

    #[test]
    fn the_own_origin_is_not_foreign() {
        for (origin, host) in [
            ("https://app.example.com", "app.example.com"),
            ("https://app.example.com", "app.example.com:443"),
            ("http://app.example.com", "APP.example.com:80"),
            ("http://localhost:4000", "localhost:4000"),
            ("http://[::1]:4000", "[::1]:4000"),
        ] {
            assert!(!foreign(&[origin], host), "{origin} {host}");
        }
        assert!(!foreign(&[], "a"));
    }

    #[test]
    fn any_other_is() {
        for (origin, host) in [
            ("https://evil.example", "app.example.com"),
            ("https://app.example.com.evil.example", "app.example.com"),
            ("https://app.example.com:8443", "app.example.com"),
            ("http://localhost:3000", "localhost:4000"),
            ("null", "null"),
            ("file://", ""),
            ("", ""),
            ("app.example.com", "app.example.com"),
        ] {
            assert!(foreign(&[origin], host), "{origin} {host}");
        }
        assert!(foreign(&["https://a", "https://a"], "a"));
    }

    #[test]
    fn cors_lets_pages_of_other_origins_in() {
        let config = serde_json::json!({
            "allowOriginsWithoutCredentials": ["https://reads.example"],
            "allowOriginsWithCredentials": ["https://*.own.example"],
            "allowHeaders": [], "exposeHeaders": [],
        });
        let cors = Cors::new(&serde_json::from_value(config).unwrap(), &[]).unwrap();
        for (origin, is_personal, is_let_in) in [
            ("https://app.own.example", true, true),
            ("https://app.own.example", false, true),
            ("https://reads.example", false, true),
            ("https://reads.example", true, false),
            ("https://evil.example", false, false),
            ("https://a", true, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("a"));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            assert_eq!(!is_refused(&headers, None, Some(&cors), is_personal), is_let_in, "{origin}");
            headers.append(ORIGIN, HeaderValue::from_static("https://a"));
            assert!(is_refused(&headers, None, Some(&cors), is_personal), "{origin} twice");
        }
    }
}
