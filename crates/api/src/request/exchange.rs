//! An exchange: one request and its answer, as those see it who work on either.

use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use hyper::body::Incoming;
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
    /// The context of the request, for the function of the app that shapes errors.
    kept: OnceLock<Arc<dyn Context>>,
}

impl<'s> HttpExchange<'s> {
    /// Begins an exchange, with the context and the body of its request; the headers of proxies are read here, and nowhere else.
    pub(crate) fn begin(
        server: &'s Server,
        link: &'s Arc<Link>,
        request: Request<Incoming>,
    ) -> (Self, Arc<RequestContext>, Incoming) {
        let direct = Peer { address: link.remote, protocol: link.protocol };
        let Trace { peer, forwarded_host, is_trusted } = server.trust.trace(direct, request.headers());
        let id = server.request_ids.of(is_trusted, request.headers());
        let (head, body) = request.into_parts();
        let identity = link.identity.clone();
        let context =
            Arc::new(RequestContext { head, peer, forwarded_host, identity, id, route: None, body: None });
        (Self { server, link, id, peer, kept: OnceLock::new() }, context, body)
    }

    /// Keeps a context for the function of the app that shapes errors, where there is one.
    pub(crate) fn keep<C: Context + 'static>(&self, context: &Arc<C>) {
        if self.server.errors.has_function {
            let _ = self.kept.set(Arc::<C>::clone(context));
        }
    }

    /// Keeps the context of a request that is refused before an endpoint takes it.
    pub(crate) fn keep_refused(&self, context: &Arc<RequestContext>, answer: &Response<Body>) {
        if answer.body().is_refused() {
            self.keep(context);
        }
    }

    /// Takes the context that was kept.
    pub(crate) fn take_kept(self) -> Option<Arc<dyn Context>> {
        self.kept.into_inner()
    }
}
