//! The answer to what is refused before it is routed: bytes that were no request, and heads of HTTP/2 that HTTP/1 would refuse.
//!
//! No endpoint was looked for, so the policies hold that hold for requests that no endpoint takes.

use std::sync::Arc;

use http::{HeaderValue, Response};

use crate::answer::observed_body::ObservedBody;
use crate::guard::Violation;
use crate::request::completion::complete;
use crate::request::context::RequestContext;
use crate::server::Server;
use crate::telemetry::ending::ExchangeEnding;

/// Makes the whole answer. `origin` is the page's, where it could be read.
pub(crate) async fn refuse(
    server: &Server,
    context: &Arc<RequestContext>,
    violation: Violation,
    origin: Option<HeaderValue>,
) -> Response<ObservedBody> {
    let ending = ExchangeEnding::of(context);
    let client = (context.peer.address.ip, context.peer.protocol);
    let policies = server.router.unrouted.as_deref();
    let visit = policies.map(|policies| policies.visit_unread(origin, client));
    let mut response = complete(server, context, (visit.as_ref(), None), violation.response()).await;
    if let Some(ending) = ending {
        ending.with(&mut response);
    }
    response
}
