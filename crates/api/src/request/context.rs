//! The context of a request: the parts of its head that stay in Rust until the handler asks for them.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::request::Parts as Head;
use http::{HeaderMap, Method, Request, Uri};
use twinloop_mailbox::Context;
use twinloop_runtime::telemetry::{OperationTrace, TraceId};

use crate::connection::link::Link;
use crate::request::body_form::KeptBody;
use crate::request::id::RequestId;
use crate::request::peer::{Peer, Trace};
use crate::server::Server;
use crate::telemetry::record::ExchangeRecord;
use crate::telemetry::trace::RequestTrace;

/// The head of one request, which stays where it is from the arrival of the request to its answer.
pub(crate) struct RequestContext {
    pub(crate) head: Head,
    /// Whether the head is the client's. Of one that cannot be read there is a stand-in.
    pub(crate) is_legible: bool,
    pub(crate) link: Arc<Link>,
    pub(crate) peer: Peer,
    /// The host that a trusted proxy was asked for.
    pub(crate) forwarded_host: Option<Box<str>>,
    pub(crate) id: RequestId,
    /// The request's place in its trace.
    pub(crate) trace: RequestTrace,
    /// What is noted of the exchange, such as the endpoint that takes the request.
    pub(crate) record: ExchangeRecord,
    /// What stays here of a body that is not JSON, once it has come.
    body: OnceLock<Arc<KeptBody>>,
}

impl Context for RequestContext {
    /// Gives one value by name: `method`, `path` (as received, with its query), `remote` (`ip:port`, `ip` behind a proxy that tells no
    /// port, `unix`), `protocol` (`http`, `https`), `host`, `peer`
    /// (the client's certificate as JSON), `request-id`, `route`, `traceparent` (the caller's), `tracestate`, `trace-id`, `span-id` and `sampled` (`1` or `0`) of the request's
    /// own span, `handler-span-id` of the part of a traced request that its handler runs in, `file:<number>`
    /// (the path of an uploaded file on the disk), or `header:<name>`
    /// with several values joined by `", "`.
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "method" => Some(self.head.method.as_str().to_owned()),
            "path" => Some(self.head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()),
            "remote" => Some(self.peer.address.to_string()),
            "protocol" => Some(self.peer.protocol.as_str().to_owned()),
            "host" => self.host(),
            "peer" => self.link.identity.as_ref().map(|identity| identity.to_json()),
            "request-id" => Some(self.id.as_str().to_owned()),
            "route" => Some(self.record.route().unwrap_or_default().to_owned()),
            "traceparent" | "tracestate" => self.header(name),
            "trace-id" => Some(self.trace.id().to_string()),
            "span-id" => Some(self.trace.context().span.to_string()),
            "handler-span-id" => {
                self.trace.traced.as_ref().map(|traced| traced.operation.code().span.to_string())
            }
            "sampled" => Some(if self.trace.context().is_sampled() { "1" } else { "0" }.to_owned()),
            _ if name.starts_with("file:") => self.body.get()?.path(name),
            _ => self.header(name.strip_prefix("header:")?),
        }
    }

    /// Gives bytes by name: `body`, or `file:<number>` of a file that is in memory.
    fn bytes(&self, name: &str) -> Option<Bytes> {
        self.body.get()?.bytes(name)
    }

    fn taken(&self) {
        if let Some(traced) = &self.trace.traced {
            traced.taken();
        }
    }

    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let traced = self.trace.traced.as_ref()?;
        Some(Arc::<OperationTrace>::clone(&traced.operation))
    }

    /// The endpoint, as `service.name`.
    fn label(&self) -> Option<String> {
        self.record.place().endpoint().map(str::to_owned)
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
    /// Begins the context of a request that has come by `link`. The headers of proxies are read here, and nowhere else.
    pub(crate) fn begin(server: &Server, link: &Arc<Link>, head: Head) -> Self {
        let direct = Peer { address: link.remote, protocol: link.protocol };
        let Trace { peer, forwarded_host, is_trusted } = server.trust.trace(direct, &head.headers);
        let (id, trace) = server.request_ids.identify(is_trusted, &head.headers);
        let record = ExchangeRecord::begin(&trace);
        let (link, body) = (Arc::clone(link), OnceLock::new());
        Self { head, is_legible: true, link, peer, forwarded_host, id, trace, record, body }
    }

    /// The context of what was no request, of which at most the request line could be read.
    pub(crate) fn unread(link: &Arc<Link>, request_line: Option<&(Method, Uri)>) -> Self {
        let mut head = Request::new(()).into_parts().0;
        if let Some((method, uri)) = request_line {
            (head.method, head.uri) = (method.clone(), uri.clone());
        }
        let trace = TraceId::random();
        let id = RequestId::of(trace);
        let trace = RequestTrace::begin(None, trace, &head.headers);
        let record = ExchangeRecord::begin(&trace);
        let peer = Peer { address: link.remote, protocol: link.protocol };
        let (link, body) = (Arc::clone(link), OnceLock::new());
        let is_legible = request_line.is_some();
        Self { head, is_legible, link, peer, forwarded_host: None, id, trace, record, body }
    }

    /// Keeps what stays here of the body. A request has one body, which is kept once.
    pub(crate) fn keep_body(&self, body: Option<Arc<KeptBody>>) {
        if let Some(body) = body {
            let _ = self.body.set(body);
        }
    }

    /// A copy, while the request goes on to be read, with these headers in place of its own where there are some. It has nothing of
    /// a body, and no end.
    pub(crate) fn copied(&self, headers: Option<HeaderMap>) -> Arc<Self> {
        let record = ExchangeRecord::default();
        record.arrive(self.record.place());
        let mut head = self.head.clone();
        if let Some(headers) = headers {
            head.headers = headers;
        }
        Arc::new(Self {
            head,
            is_legible: self.is_legible,
            link: Arc::clone(&self.link),
            peer: self.peer,
            forwarded_host: self.forwarded_host.clone(),
            id: self.id,
            trace: self.trace.clone(),
            record,
            body: OnceLock::new(),
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
    use crate::connection::clock::CoarseClock;
    use crate::connection::remote::{RemoteAddress, Scheme};
    use crate::connection::socket::LinkSocket;
    use crate::telemetry::place::{Place, PlaceName};

    fn context() -> RequestContext {
        let request = Request::post("/a%20b?c=d").header("x-tag", "a").header("x-tag", "b");
        let address = RemoteAddress::tcp([127, 0, 0, 1].into(), 9);
        let clock = Arc::new(CoarseClock::new(&crate::config::Limits::default()));
        let trace = TraceId::random();
        let record = ExchangeRecord::default();
        record.arrive(Place::of(PlaceName { route: Some("/:name".into()), ..PlaceName::default() }));
        RequestContext {
            head: request.body(()).unwrap().into_parts().0,
            is_legible: true,
            link: Arc::new(Link::new(LinkSocket::Multiplexed, address, clock)),
            peer: Peer { address, protocol: Scheme::Http },
            forwarded_host: None,
            id: RequestId::of(trace),
            trace: RequestTrace::begin(None, trace, &HeaderMap::new()),
            record,
            body: OnceLock::new(),
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
        assert_eq!(context.get("trace-id"), context.get("request-id"));
        assert_eq!(context.get("span-id").unwrap().len(), 16);
        assert_eq!(context.copied(None).get("span-id"), context.get("span-id"));
        assert_eq!(context.copied(None).get("route").as_deref(), Some("/:name"));
    }

    #[test]
    fn lists_every_header_value() {
        assert_eq!(context().all(), r#"[["x-tag","a"],["x-tag","b"]]"#);
    }
}
