//! An exchange: one request and its answer, as those see it who work on either.

use std::sync::{Arc, OnceLock};

use http::request::Parts as Head;
use http::{HeaderMap, Response};
use twinloop_mailbox::Context;

use crate::answer::body::Body;
use crate::connection::link::Link;
use crate::request::context::RequestContext;
use crate::request::id::RequestId;
use crate::request::peer::{Peer, Trace};
use crate::server::Server;

/// One request and its answer: the server and the connection, the request's id, and who sends it.
pub(crate) struct HttpExchange<'s> {
    pub(crate) server: &'s Server,
    pub(crate) link: &'s Arc<Link>,
    pub(crate) id: RequestId,
    pub(crate) peer: Peer,
    /// The host that a trusted proxy was asked for.
    pub(crate) forwarded_host: Option<Box<str>>,
    /// The context of the request, for the function of the app that shapes errors.
    kept: OnceLock<Arc<dyn Context>>,
}

impl<'s> HttpExchange<'s> {
    /// Begins an exchange; the headers of proxies are read here, and nowhere else.
    pub(crate) fn begin(server: &'s Server, link: &'s Arc<Link>, headers: &HeaderMap) -> Self {
        let direct = Peer { address: link.remote, protocol: link.protocol };
        let Trace { peer, forwarded_host, is_trusted } = server.trust.trace(direct, headers);
        let id = server.request_ids.of(is_trusted, headers);
        Self { server, link, id, peer, forwarded_host, kept: OnceLock::new() }
    }

    /// Makes the context of the request for `route`; it has nothing of a body.
    pub(crate) fn context(&self, route: &Arc<str>, head: Head) -> RequestContext {
        RequestContext {
            peer: self.peer,
            identity: self.link.identity.clone(),
            forwarded_host: self.forwarded_host.clone(),
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            id: self.id,
            route: Arc::clone(route),
            body: None,
        }
    }

    /// Keeps a context for the function of the app that shapes errors, where there is one.
    pub(crate) fn keep<C: Context + 'static>(&self, context: &Arc<C>) {
        if self.server.errors.has_function {
            let _ = self.kept.set(Arc::<C>::clone(context));
        }
    }

    /// Keeps the head of a request that is refused before it has a context. Copies it, and so only for a refusal.
    pub(crate) fn keep_head(&self, head: &Head, answer: &Response<Body>) {
        if self.server.errors.has_function && answer.body().is_refused() && self.kept.get().is_none() {
            self.keep(&Arc::new(self.context(&"".into(), head.clone())));
        }
    }

    /// Takes the context that was kept.
    pub(crate) fn take_kept(self) -> Option<Arc<dyn Context>> {
        self.kept.into_inner()
    }
}
