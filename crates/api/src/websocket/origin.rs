//! The origin of the page that opens a WebSocket.
//!
//! The same-origin policy does not hold here: a page of any origin can open a WebSocket, and the browser sends the cookies of the
//! server along. So a stream that lets callers in by what a browser sends unasked refuses pages of other origins.
//!
//! Source: RFC 6455, section 10.2; RFC 6454.

use http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

/// Whether the request comes from a page of another origin than the host that it is sent to: the one that a trusted proxy tells, or
/// the `Host` header. Programs send no origin.
pub(crate) fn is_foreign(headers: &HeaderMap, forwarded_host: Option<&str>) -> bool {
    let host = forwarded_host.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => !is_same(origin, host),
        _ => true,
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
        is_foreign(&headers, None)
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
}
