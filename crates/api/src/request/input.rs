//! The input of a request: its body is read, and all of it validated, before an isolate sees any.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::request::Parts as Head;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use twinloop_mailbox::Text;
use twinloop_schema::{MIN_FRAME_BYTES, Parts};

use crate::answer::body::Body;
use crate::answer::refusal::{self, Refusal};
use crate::connection::link::Link;
use crate::request::body::{self, Received};
use crate::request::body_form::KeptBody;
use crate::request::budget::Reservation;
use crate::request::content_type::is_json;
use crate::request::exchange::HttpExchange;
use crate::request::headers::Headers;
use crate::routing::endpoint::Endpoint;
use crate::routing::route::Captures;
use crate::server::Server;
use crate::telemetry::trace::Mark;

/// What a request holds until it is answered: its share of the budget, and what stays in Rust of its body.
pub(crate) type Held = (Option<Reservation>, Option<Arc<KeptBody>>);

/// Reads and validates the endpoint's input; the error is the response that refuses it. Runs no JavaScript.
pub(crate) async fn input(
    exchange: &HttpExchange<'_>,
    endpoint: &Endpoint,
    captures: &Captures<'_, '_>,
    body: Incoming,
) -> Result<(Text, Held), Response<Body>> {
    let HttpExchange { server, link, .. } = *exchange;
    let (head, trace) = (exchange.head(), &exchange.context.trace);
    check_expectation(&head.headers).map_err(Refusal::response)?;
    let cookies =
        endpoint.sealed.as_ref().map(|sealed| sealed.open(&head.headers, &server.cookie_keys.current()));
    let cookies = cookies.unwrap_or_default();
    if let (Some(form), Some(shape)) = (&endpoint.body_form, &endpoint.shape) {
        let receive =
            form.receive((server.core, &server.bodies, link), endpoint.body_limit, shape, head, body);
        let arrived = Box::pin(receive).await?;
        let headers = Headers(&head.headers);
        let parts = Parts { path: captures.pairs(), query: head.uri.query(), headers: &headers };
        trace.mark(Mark::ValidationBegins);
        let read = form.validate(arrived, (shape, &parts), (head, endpoint.invalid_input), &cookies);
        trace.mark(Mark::ValidationEnds);
        let (text, kept) = read?;
        return Ok((text, (None, Some(Arc::new(kept)))));
    }
    let nothing = || Received { bytes: Bytes::new(), share: None };
    let Received { bytes: body, mut share } = if body.is_end_stream() {
        nothing()
    } else if endpoint.takes_body {
        check_body_headers(&head.headers).map_err(Refusal::response)?;
        let read = body::read(body, endpoint.body_limit, &server.bodies, link);
        read.await.map_err(Refusal::response)?
    } else {
        ignore(server, link, head, body).await.map_err(Refusal::response)?;
        nothing()
    };
    let mut bytes = Vec::new();
    let Some(shape) = &endpoint.shape else {
        return Ok((Text { bytes, ascii: true, tagged: false, framed: false }, (share, None)));
    };
    let headers = Headers(&head.headers);
    let parts = Parts { path: captures.pairs(), query: head.uri.query(), headers: &headers };
    trace.mark(Mark::ValidationBegins);
    if endpoint.takes_frames
        && body.len() >= MIN_FRAME_BYTES
        && let Some(bytes) = shape.read_frame(&parts, &cookies, &body)
        && share.as_mut().is_none_or(|share| share.grow(bytes.len() as u64).is_ok())
    {
        trace.mark(Mark::ValidationEnds);
        return Ok((Text { bytes, ascii: false, tagged: false, framed: true }, (share, None)));
    }
    bytes.reserve(body.len() + 64);
    let read = shape.read_with(&parts, &cookies, &body, &mut bytes);
    trace.mark(Mark::ValidationEnds);
    match read {
        Ok(text) => {
            Ok((Text { bytes, ascii: text.ascii, tagged: text.tagged, framed: false }, (share, None)))
        }
        Err(issues) => Err(refusal::invalid_input(&issues, endpoint.invalid_input)),
    }
}

/// Refuses an expectation that cannot be met (RFC 9110, section 10.1.1).
pub(crate) fn check_expectation(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_met = |expect: &HeaderValue| expect.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if headers.get(EXPECT).is_none_or(is_met) { Ok(()) } else { Err(Refusal::EXPECTATION) }
}

/// Checks the headers of a body before any of it is read.
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

/// Skips a body where the endpoint takes none; one that is too large is left unread, and the connection closes after the answer.
async fn ignore(server: &Server, link: &Link, head: &Head, body: Incoming) -> Result<(), Refusal> {
    // With `expect: 100-continue` the client has not sent the body yet.
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

/// Makes the answer of a request whose body was not read.
pub(crate) async fn unread(
    exchange: &HttpExchange<'_>,
    body: Incoming,
    mut answer: Response<Body>,
) -> Response<Body> {
    if !body.is_end_stream() {
        let limit = exchange.server.limits.max_ignored_body_bytes;
        let asks = exchange.head().headers.contains_key(EXPECT);
        if asks || body::skip(body, limit, exchange.link).await.is_err() {
            refusal::close(&mut answer);
        }
    }
    answer
}
