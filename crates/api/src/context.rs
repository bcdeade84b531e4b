//! What stays in Rust with a request until its handler asks for it.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Method, Uri};
use twinloop_mailbox::Context;

use crate::request_id::RequestId;

/// The head of one request.
pub(crate) struct RequestContext {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) remote: SocketAddr,
    pub(crate) id: RequestId,
    pub(crate) route: Arc<str>,
}

impl Context for RequestContext {
    /// `method`, `path` (as received, with its query), `remote` (`ip:port`), `request-id`, `route`, or `header:<name>` with
    /// several values joined by `", "`.
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "method" => Some(self.method.as_str().to_owned()),
            "path" => Some(self.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()),
            "remote" => Some(self.remote.to_string()),
            "request-id" => Some(self.id.as_str().to_owned()),
            "route" => Some(self.route.to_string()),
            _ => self.header(name.strip_prefix("header:")?),
        }
    }

    /// All headers as `[["name","value"],…]`, names in lower case, in the order received.
    fn all(&self) -> String {
        let pairs: Vec<(&str, _)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        serde_json::to_string(&pairs).unwrap_or_else(|_| "[]".to_owned())
    }
}

impl RequestContext {
    fn header(&self, name: &str) -> Option<String> {
        let mut values = self.headers.get_all(name).iter();
        let mut joined = String::from_utf8_lossy(values.next()?.as_bytes()).into_owned();
        for value in values {
            joined.push_str(", ");
            joined.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
        Some(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn context() -> RequestContext {
        let mut headers = HeaderMap::new();
        headers.append("x-tag", HeaderValue::from_static("a"));
        headers.append("x-tag", HeaderValue::from_static("b"));
        RequestContext {
            method: Method::POST,
            uri: Uri::from_static("/a%20b?c=d"),
            headers,
            remote: ([127, 0, 0, 1], 9).into(),
            id: RequestId::next(),
            route: "/:name".into(),
        }
    }

    #[test]
    fn answers_by_name() {
        let context = context();
        let cases = [
            ("method", Some("POST")),
            ("path", Some("/a%20b?c=d")),
            ("remote", Some("127.0.0.1:9")),
            ("route", Some("/:name")),
            ("header:x-tag", Some("a, b")),
            ("header:X-Tag", Some("a, b")),
            ("header:absent", None),
            ("header:not a name", None),
            ("unheard-of", None),
        ];
        for (name, expected) in cases {
            assert_eq!(context.get(name).as_deref(), expected, "{name}");
        }
        assert_eq!(context.get("request-id").unwrap().len(), 32);
    }

    #[test]
    fn lists_every_header_value() {
        assert_eq!(context().all(), r#"[["x-tag","a"],["x-tag","b"]]"#);
    }
}
