//! The life of one request, from its head to its response.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::request::Parts as Head;
use http::{HeaderMap, HeaderName, Method, Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use serde_json::json;
use twinloop_mailbox::{Gone, Job, Kind, Outcome, Pending, Refused, Text};
use twinloop_runtime::{Level, poll_contained};
use twinloop_schema::{HeaderValues, Parts};

use crate::body;
use crate::content_type::is_json;
use crate::context::RequestContext;
use crate::endpoint::{Answers, Endpoint};
use crate::event_stream;
use crate::health;
use crate::link::Link;
use crate::refusal::{self, Body, Refusal};
use crate::request_id::RequestId;
use crate::respond::respond;
use crate::route::{Captures, Routed};
use crate::server::Server;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one request; the error ends the connection, because its client has.
pub(crate) async fn answer(
    server: &Server,
    link: &Arc<Link>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    link.begins();
    let id = RequestId::of(request.headers());
    let mut handled = pin!(route(server, link, id, request));
    let mut response = match poll_fn(|cx| poll_contained(handled.as_mut(), cx)).await {
        Ok(answered) => answered?,
        Err(panic) => {
            let fields = json!({ "request": id.as_str(), "panic": panic });
            server.core.log(Level::Error, "a request panicked in the runtime", &fields);
            Refusal::PANICKED.response()
        }
    };
    link.answered();
    if link.is_draining() {
        refusal::close(&mut response);
    }
    if response.headers().contains_key(CONNECTION) {
        link.linger();
    }
    response.headers_mut().insert(X_REQUEST_ID, id.header_value());
    Ok(response)
}

async fn route(
    server: &Server,
    link: &Arc<Link>,
    id: RequestId,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let response = match server.router.find(&head.method, head.uri.path()) {
        Routed::Endpoint(Endpoint { answers: Answers::Health(probe), .. }, _) => {
            health::answer(server, *probe)
        }
        Routed::Endpoint(Endpoint { answers: Answers::Files(files), .. }, captures) => {
            // Boxed, because its size would otherwise be part of every request's future.
            Box::pin(files.answer(&head.method, captures.rest(), &head.headers)).await
        }
        Routed::Endpoint(endpoint, captures) => {
            let text = match input(server, link, endpoint, &captures, &head, body).await {
                Ok(text) => text,
                Err(refused) => return Ok(refused),
            };
            let context = RequestContext {
                method: head.method,
                uri: head.uri,
                headers: head.headers,
                remote: link.remote,
                id,
                route: Arc::clone(&endpoint.route),
            };
            return run(server, link, endpoint, context, text).await;
        }
        Routed::OtherMethod(allow) if head.method == Method::OPTIONS => refusal::options(&allow),
        Routed::OtherMethod(allow) => refusal::method_not_allowed(&allow),
        Routed::Unknown if head.uri.path() == "*" => refusal::no_content(),
        Routed::Unknown => Refusal::NOT_FOUND.response(),
    };
    Ok(unread(server, link, &head, body, response).await)
}

/// Reads and validates what the endpoint takes, or says what is wrong with it. No JavaScript has run until then.
async fn input(
    server: &Server,
    link: &Link,
    endpoint: &Endpoint,
    captures: &Captures<'_, '_>,
    head: &Head,
    body: Incoming,
) -> Result<Text, Response<Body>> {
    if head.headers.get(EXPECT).is_some_and(|expect| !expect.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    {
        return Err(Refusal::EXPECTATION.response());
    }
    let body = if body.is_end_stream() {
        Bytes::new()
    } else if endpoint.takes_body {
        check_body_headers(&head.headers).map_err(Refusal::response)?;
        body::read(body, endpoint.body_limit, link).await.map_err(Refusal::response)?
    } else {
        ignore(server, link, head, body).await.map_err(Refusal::response)?;
        Bytes::new()
    };
    let mut bytes = Vec::new();
    let Some(shape) = &endpoint.shape else { return Ok(Text { bytes, ascii: true, tagged: false }) };
    let headers = Headers(&head.headers);
    let parts = Parts { path: captures.pairs(), query: head.uri.query(), headers: &headers };
    bytes.reserve(body.len() + 64);
    match shape.read(&parts, &body, &mut bytes) {
        Ok(text) => Ok(Text { bytes, ascii: text.ascii, tagged: text.tagged }),
        Err(issues) => {
            let mut list = Vec::new();
            issues.to_json(&mut list);
            Err(refusal::invalid_input(&issues.to_string(), &list))
        }
    }
}

/// What a body's headers must say before any of it is read.
fn check_body_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    if !encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::ENCODED);
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(only), None) if is_json(only.as_bytes()) => Ok(()),
        _ => Err(Refusal::NOT_JSON),
    }
}

/// Skips a body the endpoint has no use for; one that is too large is left unread, and the connection ends with the answer.
async fn ignore(server: &Server, link: &Link, head: &Head, body: Incoming) -> Result<(), Refusal> {
    // Who asks before sending is spared the sending.
    let skipped = if head.headers.contains_key(EXPECT) {
        Err(Refusal::BODY_TOO_LARGE)
    } else {
        body::skip(body, server.limits.max_ignored_body_bytes, link).await
    };
    if skipped == Err(Refusal::BODY_TOO_LARGE) {
        link.linger();
        return Ok(());
    }
    skipped
}

/// An answer given before the body was read.
async fn unread(
    server: &Server,
    link: &Link,
    head: &Head,
    body: Incoming,
    mut answer: Response<Body>,
) -> Response<Body> {
    if !body.is_end_stream() {
        let limit = server.limits.max_ignored_body_bytes;
        let asks = head.headers.contains_key(EXPECT);
        if asks || body::skip(body, limit, link).await.is_err() {
            refusal::close(&mut answer);
        }
    }
    answer
}

/// Hands the request to an isolate and waits for its answer.
///
/// An isolate that ends while it has the request leaves it unanswered. One that is safe (RFC 9110, section 9.2.1) is then
/// given to another isolate, once: it may be what ended the first.
async fn run(
    server: &Server,
    link: &Arc<Link>,
    endpoint: &Endpoint,
    context: RequestContext,
    text: Text,
) -> io::Result<Response<Body>> {
    let may_repeat = context.method.is_safe() && server.serving.len() > 1;
    let mut given = (text, Arc::new(context));
    let mut spare = may_repeat.then(|| given.clone());
    loop {
        let (text, context) = given;
        let job = Job {
            kind: Kind::Request,
            target: endpoint.target,
            text,
            context: Some(context),
            timeout: endpoint.timeout,
        };
        let (isolate, pending) = match server.serving.submit(job) {
            Ok(submitted) => submitted,
            Err(Refused::Overloaded) => return Ok(Refusal::OVERLOADED.response()),
            Err(Refused::Closed) => return Ok(Refusal::NOBODY_SERVES.response()),
        };
        let outcome = outcome(link, pending).await?;
        if let (Outcome::Gone(Gone::IsolateGone), Some(again)) = (&outcome, spare.take()) {
            given = again;
            continue;
        }
        let streamed = |stream| event_stream::response(stream, link);
        return Ok(respond(outcome, &isolate.blobs, streamed).unwrap_or_else(|failure| {
            let fields = json!({ "endpoint": endpoint.to_string(), "error": failure.message });
            server.core.log(Level::Error, "an endpoint gave an answer that cannot be sent", &fields);
            Refusal::BAD_ANSWER.response()
        }));
    }
}

/// Waits for the answer or for the end of the client, which gives the job up.
async fn outcome(link: &Link, pending: Pending) -> io::Result<Outcome> {
    let mut pending = pin!(pending);
    poll_fn(|cx| match pending.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(Ok(outcome)),
        Poll::Pending => link.poll_reset(cx).map(Err),
    })
    .await
}

/// The headers as the validator asks for them.
struct Headers<'h>(&'h HeaderMap);

impl HeaderValues for Headers<'_> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.get_all(name).iter().for_each(|value| visit(value.as_bytes()));
    }
}
