//! The answer to what is refused before it is routed: bytes that were no request, and heads of HTTP/2 that HTTP/1 would refuse.
//!
//! No endpoint was looked for, so the policies hold that hold for requests that no endpoint takes.

use std::net::IpAddr;

use http::{HeaderValue, Response};

use crate::answer::body::Body;
use crate::answer::error_form;
use crate::connection::remote::Scheme;
use crate::guard::Violation;
use crate::policy::forbid_sniffing;
use crate::request::id::RequestId;
use crate::server::Server;

/// Makes the whole answer. `origin` is the page's, where it could be read.
pub(crate) async fn refuse(
    server: &Server,
    violation: Violation,
    origin: Option<HeaderValue>,
    client: (IpAddr, Scheme),
) -> Response<Body> {
    let id = RequestId::next();
    let mut response = error_form::shape(server, None, id, violation.response()).await;
    match &server.router.unrouted {
        None => forbid_sniffing(response.headers_mut()),
        Some(policies) => {
            response = policies.visit_unread(origin, client).complete(server.core, response).await;
        }
    }
    server.request_ids.tell(id, response.headers_mut());
    response
}
