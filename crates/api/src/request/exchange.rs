//! An exchange: one request and its answer, as those see it who work on either.

use std::sync::{Arc, OnceLock};

use http::request::Parts as Head;
use http::{Request, Response};
use hyper::body::Incoming;
use twinloop_mailbox::Context;

use crate::answer::body::Body;
use crate::connection::link::Link;
use crate::request::context::RequestContext;
use crate::server::Server;

/// One request and its answer: the server and the connection, and what is known of the request.
pub(crate) struct HttpExchange<'s> {
    pub(crate) server: &'s Server,
    pub(crate) link: &'s Arc<Link>,
    pub(crate) context: Arc<RequestContext>,
    /// The context of the request, for the function of the app that shapes errors.
    kept: OnceLock<Arc<dyn Context>>,
}

impl<'s> HttpExchange<'s> {
    /// Begins an exchange, with the body of its request.
    pub(crate) fn begin(
        server: &'s Server,
        link: &'s Arc<Link>,
        request: Request<Incoming>,
    ) -> (Self, Incoming) {
        let (head, body) = request.into_parts();
        let context = Arc::new(RequestContext::begin(server, link, head));
        (Self { server, link, context, kept: OnceLock::new() }, body)
    }

    /// The head of the request.
    pub(crate) fn head(&self) -> &Head {
        &self.context.head
    }

    /// Keeps a context for the function of the app that shapes errors, where there is one.
    pub(crate) fn keep<C: Context + 'static>(&self, context: &Arc<C>) {
        if self.server.errors.has_function {
            let _ = self.kept.set(Arc::<C>::clone(context));
        }
    }

    /// Keeps the context of a request that is refused before an endpoint takes it.
    pub(crate) fn keep_refused(&self, answer: &Response<Body>) {
        if answer.body().is_refused() {
            self.keep(&self.context);
        }
    }

    /// The context that was kept.
    pub(crate) fn kept(&self) -> Option<Arc<dyn Context>> {
        self.kept.get().cloned()
    }
}
