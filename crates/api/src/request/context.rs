//! The context of a request: the parts of its head that stay in Rust until the handler asks for them.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts as Head;
use http::{HeaderMap, Method};
use twinloop_mailbox::Context;

use crate::connection::tls::ClientCertificate;
use crate::request::body_form::KeptBody;
use crate::request::id::RequestId;
use crate::request::peer::Peer;

/// The head of one request, which stays where it is from the arrival of the request to its answer.
pub(crate) struct RequestContext {
    pub(crate) head: Head,
    pub(crate) peer: Peer,
    /// The host that a trusted proxy was asked for.
    pub(crate) forwarded_host: Option<Box<str>>,
    /// The client's certificate, where it has shown one.
    pub(crate) identity: Option<Arc<ClientCertificate>>,
    pub(crate) id: RequestId,
    /// The path that the endpoint declares; `None` before one takes the request.
    pub(crate) route: Option<Arc<str>>,
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
            "method" => Some(self.head.method.as_str().to_owned()),
            "path" => Some(self.head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()),
            "remote" => Some(self.peer.address.to_string()),
            "protocol" => Some(self.peer.protocol.as_str().to_owned()),
            "host" => self.host(),
            "peer" => self.identity.as_ref().map(|identity| identity.to_json()),
            "request-id" => Some(self.id.as_str().to_owned()),
            "route" => Some(self.route.as_deref().unwrap_or_default().to_owned()),
            "traceparent" | "tracestate" => self.header(name),
            _ if name.starts_with("file:") => self.body.as_ref()?.path(name),
            _ => self.header(name.strip_prefix("header:")?),
        }
    }

    /// Gives bytes by name: `body`, or `file:<number>` of a file that is in memory.
    fn bytes(&self, name: &str) -> Option<Bytes> {
        self.body.as_ref()?.bytes(name)
    }

    /// The endpoint, by its method and route.
    fn label(&self) -> Option<String> {
        self.route.as_ref().map(|route| format!("{} {route}", self.head.method))
    }

    /// Gives all headers as `[["name","value"],…]`, names in lower case, in the order received.
    fn all(&self) -> String {
        let pairs: Vec<(&str, _)> = self
            .head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        serde_json::to_string(&pairs).unwrap_or_else(|_| "[]".to_owned())
    }
}

impl RequestContext {
    /// Notes the route of the endpoint that takes the request, and what is kept of its body. Nobody else has the context yet.
    pub(crate) fn taken(mut context: Arc<Self>, route: &Arc<str>, body: Option<Arc<KeptBody>>) -> Arc<Self> {
        if let Some(own) = Arc::get_mut(&mut context) {
            own.route = Some(Arc::clone(route));
            own.body = body;
        }
        context
    }

    /// A copy for `route`, while the request goes on to be read. It has nothing of a body.
    pub(crate) fn copied(&self, route: &Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            head: self.head.clone(),
            peer: self.peer,
            forwarded_host: self.forwarded_host.clone(),
            identity: self.identity.clone(),
            id: self.id,
            route: Some(Arc::clone(route)),
            body: None,
        })
    }

    /// The method and the headers, by which a file is sent.
    pub(crate) fn asked(&self) -> (&Method, &HeaderMap) {
        (&self.head.method, &self.head.headers)
    }

    /// The host that the client asked for, with its port where it is not the protocol's.
    fn host(&self) -> Option<String> {
        let authority = || self.head.uri.authority().map(|authority| authority.as_str().to_owned());
        self.forwarded_host.as_deref().map(str::to_owned).or_else(|| self.header("host")).or_else(authority)
    }

    fn header(&self, name: &str) -> Option<String> {
        let mut values = self.head.headers.get_all(name).iter();
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
    use http::Request;

    fn context() -> RequestContext {
        let request = Request::post("/a%20b?c=d").header("x-tag", "a").header("x-tag", "b");
        RequestContext {
            head: request.body(()).unwrap().into_parts().0,
            peer: Peer { address: RemoteAddress::tcp([127, 0, 0, 1].into(), 9), protocol: Scheme::Http },
            forwarded_host: None,
            identity: None,
            id: RequestId::next(),
            route: Some("/:name".into()),
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
