//! The life of one request, from its head to its response.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderName, Method, Request, Response};
use hyper::body::Incoming;
use serde_json::json;
use twinloop_mailbox::{Job, Kind, Text};
use twinloop_runtime::Level;

use crate::context::RequestContext;
use crate::endpoint::Endpoint;
use crate::refusal::{self, Body, Refusal};
use crate::request_id::RequestId;
use crate::respond::respond;
use crate::route::Routed;
use crate::server::Server;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one request, whatever it is.
pub(crate) async fn answer(
    server: &Server,
    remote: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    let id = RequestId::of(request.headers());
    let mut response = route(server, remote, id, request).await;
    response.headers_mut().insert(X_REQUEST_ID, id.header_value());
    response
}

async fn route(
    server: &Server,
    remote: SocketAddr,
    id: RequestId,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, _body) = request.into_parts();
    let (endpoint, captures) = match server.router.find(&head.method, head.uri.path()) {
        Routed::Endpoint(endpoint, captures) => (endpoint, captures),
        Routed::OtherMethod(allow) if head.method == Method::OPTIONS => return refusal::options(&allow),
        Routed::OtherMethod(allow) => return refusal::method_not_allowed(&allow),
        Routed::Unknown => return Refusal::NOT_FOUND.response(),
    };
    if let Some(files) = &endpoint.files {
        // Boxed, because its size would otherwise be part of every request's future.
        return Box::pin(files.answer(&head.method, captures.rest(), &head.headers)).await;
    }
    let context = RequestContext {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        remote,
        id,
        route: Arc::clone(&endpoint.route),
    };
    let text = Text { bytes: Vec::new(), ascii: true, tagged: false };
    run(server, endpoint, context, text).await
}

/// Hands the request to an isolate and waits for its answer.
async fn run(server: &Server, endpoint: &Endpoint, context: RequestContext, text: Text) -> Response<Body> {
    let Some(isolate) = server.core.isolates().pick() else { return Refusal::NOBODY_SERVES.response() };
    let job = Job {
        kind: Kind::Request,
        target: endpoint.target,
        text,
        context: Some(Arc::new(context)),
        timeout: endpoint.timeout,
    };
    let Ok(pending) = isolate.port.submit(job) else { return Refusal::OVERLOADED.response() };
    respond(pending.await, &isolate.blobs).unwrap_or_else(|failure| {
        let fields = json!({ "endpoint": endpoint.to_string(), "error": failure.message });
        server.core.log(Level::Error, "an endpoint gave an answer that cannot be sent", &fields);
        Refusal::BAD_ANSWER.response()
    })
}
