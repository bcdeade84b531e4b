//! The context of a request: the parts of its head that stay in Rust until the handler asks for them.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use twinloop_mailbox::Context;

use crate::connection::tls::ClientCertificate;
use crate::request::body_form::KeptBody;
use crate::request::id::RequestId;
use crate::request::peer::Peer;

/// The head of one request.
pub(crate) struct RequestContext {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Peer,
    /// The host that a trusted proxy was asked for.
    pub(crate) forwarded_host: Option<Box<str>>,
    /// The client's certificate, where it has shown one.
    pub(crate) identity: Option<Arc<ClientCertificate>>,
    pub(crate) id: RequestId,
    pub(crate) route: Arc<str>,
    /// What stays here of a body that is not JSON.
    pub(crate) body: Option<Arc<KeptBody>>,
}

impl Context for RequestContext {
    /// Gives one value by name: `method`, `path` (as received, with its query), `remote` (`ip:port`, `ip` behind a proxy that tells no
    /// port, `unix`), `protocol` (`http`, `https`), `host`, `peer`
    /// (the client's certificate as JSON), `request-id`, `route`, `traceparent`, `tracestate`, `file:<number>`
    /// (the path of an uploaded file on the disk), or `header:<name>`
    /// with several values joined by `", "`.
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "method" => Some(self.method.as_str().to_owned()),
            "path" => Some(self.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()),
            "remote" => Some(self.peer.address.to_string()),
            "protocol" => Some(self.peer.protocol.as_str().to_owned()),
            "host" => self.host(),
            "peer" => self.identity.as_ref().map(|identity| identity.to_json()),
            "request-id" => Some(self.id.as_str().to_owned()),
            "route" => Some(self.route.to_string()),
            "traceparent" | "tracestate" => self.header(name),
            _ if name.starts_with("file:") => self.body.as_ref()?.path(name),
            _ => self.header(name.strip_prefix("header:")?),
        }
    }

    /// Gives bytes by name: `body`, or `file:<number>` of a file that is in memory.
    fn bytes(&self, name: &str) -> Option<Bytes> {
        self.body.as_ref()?.bytes(name)
    }

    /// Gives all headers as `[["name","value"],…]`, names in lower case, in the order received.
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
    /// The method and the headers, by which a file is sent.
    pub(crate) fn asked(&self) -> (&Method, &HeaderMap) {
        (&self.method, &self.headers)
    }

    /// The host that the client asked for, with its port where it is not the protocol's.
    fn host(&self) -> Option<String> {
        let authority = || self.uri.authority().map(|authority| authority.as_str().to_owned());
        self.forwarded_host.as_deref().map(str::to_owned).or_else(|| self.header("host")).or_else(authority)
    }

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
    use crate::connection::remote::{RemoteAddress, Scheme};
    use http::HeaderValue;

    fn context() -> RequestContext {
        let mut headers = HeaderMap::new();
        headers.append("x-tag", HeaderValue::from_static("a"));
        headers.append("x-tag", HeaderValue::from_static("b"));
        RequestContext {
            method: Method::POST,
            uri: Uri::from_static("/a%20b?c=d"),
            headers,
            peer: Peer { address: RemoteAddress::tcp([127, 0, 0, 1].into(), 9), protocol: Scheme::Http },
            forwarded_host: None,
            identity: None,
            id: RequestId::next(),
            route: "/:name".into(),
            body: None,
        }
    }

    #[test]
    fn answers_by_name() {
        let context = context();
        let cases = [
            ("method", Some("POST")),
            ("path", Some("/a%20b?c=d")),
            ("remote", Some("127.0.0.1:9")),
            ("protocol", Some("http")),
            ("host", None),
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
