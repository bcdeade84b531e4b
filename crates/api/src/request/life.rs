//! Handling of one request, from its head to its response.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::request::Parts as Head;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use serde_json::json;
use twinloop_mailbox::{Gone, Job, Outcome, Pending, Text};
use twinloop_runtime::{Level, poll_contained};
use twinloop_schema::{HeaderValues, Parts};

use crate::answer::body::Body;
use crate::answer::error_form::{self, ErrorForms};
use crate::answer::event_stream;
use crate::answer::instruction::Instructions;
use crate::answer::refusal::{self, Refusal};
use crate::answer::respond::{respond, sendable};
use crate::connection::link::Link;
use crate::health::probe;
use crate::policy::{self, Visit};
use crate::raw::life::RawCall;
use crate::request::body::{self, Received};
use crate::request::body_form::KeptBody;
use crate::request::budget::Reservation;
use crate::request::content_type::is_json;
use crate::request::context::RequestContext;
use crate::request::guarded::{Guarded, admit};
use crate::request::id::RequestId;
use crate::request::peer::Peer;
use crate::request::preflight;
use crate::routing::canonical::canonical;
use crate::routing::endpoint::{Answers, Endpoint};
use crate::routing::route::{Captures, Routed};
use crate::server::Server;
use crate::websocket::answer as websocket;

/// Answers one request; an error means that the client has closed the connection.
pub(crate) async fn answer(
    server: &Server,
    link: &Arc<Link>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    link.begins();
    let id = server.request_ids.of(&server.trust, link, request.headers());
    let asked = ErrorForms::keep(server, link, id, &request);
    let mut visit = None;
    let handled = {
        let mut handled = pin!(route(server, link, (id, &mut visit), request));
        poll_fn(|cx| poll_contained(handled.as_mut(), cx)).await
    };
    let mut response = match handled {
        Ok(answered) => answered?,
        Err(panic) => {
            let fields = json!({ "request": id.as_str(), "panic": panic });
            server.core.log(Level::Error, "failed to answer a request: the runtime panicked", &fields);
            Refusal::PANICKED.response()
        }
    };
    if response.body().is_refused() {
        // Boxed: its size would otherwise be part of every request's future.
        response = Box::pin(error_form::shape(server, asked, id, response)).await;
    }
    match visit {
        None => policy::forbid_sniffing(response.headers_mut()),
        Some(visit) => response = Box::pin(visit.complete(server.core, response)).await,
    }
    link.answered();
    // An upgraded connection hears of the drain by itself, and says itself whether it lingers.
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        if link.is_draining() {
            refusal::close(&mut response);
        }
        if response.headers().contains_key(CONNECTION) {
            link.linger();
        }
    }
    server.request_ids.tell(id, response.headers_mut());
    Ok(response)
}

/// Routes a request, and has it answered unless a policy of the edge answers or refuses it. `visit` is set to the policies under
/// which the answer is completed, before anything else may fail.
async fn route<'s>(
    server: &'s Server,
    link: &Arc<Link>,
    (id, visit): (RequestId, &mut Option<Box<Visit<'s>>>),
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let peer = server.trust.peer(link, &head.headers);
    let path = canonical(head.uri.path());
    if let Some(response) = preflight::answer(server.core, &server.router, &head, &path) {
        return Ok(unread(server, link, &head, body, response).await);
    }
    let routed = server.router.find(&head.method, &path);
    // Boxed, so that a request without policies has the size of one pointer more.
    *visit = server.router.policies(&routed).map(|policies| Box::new(policies.visit(&head, peer)));
    let visit = visit.as_deref();
    let admitted = match visit {
        Some(visit) => visit.admit(server.core, &head.headers, routed.is_guarded()).await,
        None => Ok(()),
    };
    Ok('answered: {
        let response = match (admitted, routed) {
            (Err(refused), routed) => in_form_of(routed.endpoint(), refused.response()),
            (Ok(()), Routed::Endpoint(Endpoint { answers: Answers::Health(probe), .. }, _)) => {
                // Boxed, as the next: its size would otherwise be part of every request's future.
                Box::pin(probe::answer(server, *probe)).await
            }
            (Ok(()), Routed::Endpoint(endpoint @ Endpoint { answers: Answers::Raw, .. }, _)) => {
                let asked = (endpoint, visit);
                let answered = Box::pin(raw(server, link, asked, (peer, id), (head, body))).await?;
                break 'answered in_form_of(Some(endpoint), answered);
            }
            (
                Ok(()),
                Routed::Endpoint(endpoint @ Endpoint { answers: Answers::Stream(stream), .. }, captures),
            ) => {
                let asked = (endpoint, &**stream, visit);
                let opened =
                    Box::pin(websocket::open(server, link, asked, &captures, (&head, &body, peer))).await;
                let concluded =
                    websocket::conclude(server, link, (endpoint, stream), opened, (head, peer, id));
                break 'answered in_form_of(Some(endpoint), Box::pin(concluded).await?);
            }
            (Ok(()), Routed::Endpoint(endpoint @ Endpoint { guard: Some(guard), .. }, captures)) => {
                let guarded = Guarded { endpoint, guard, id, peer, visit };
                let examined = Box::pin(guarded.examine(server, link, &captures, (&head, body))).await?;
                let answered = Box::pin(guarded.conclude(server, link, head, examined)).await?;
                break 'answered in_form_of(Some(endpoint), answered);
            }
            (Ok(()), Routed::Endpoint(Endpoint { answers: Answers::Files(files), .. }, captures)) => {
                Box::pin(files.answer(&head.method, captures.rest(), &head.headers)).await
            }
            (Ok(()), Routed::Endpoint(endpoint, captures)) => {
                // The body's share of the budget, and its files, are held until the request is answered.
                let (text, (_share, kept)) = match input(server, link, endpoint, &captures, &head, body).await
                {
                    Ok(read) => read,
                    Err(refused) => break 'answered in_form_of(Some(endpoint), refused),
                };
                let context = RequestContext {
                    body: kept,
                    ..server.context(link, (peer, id), &endpoint.route, (head.method, head.uri, head.headers))
                };
                break 'answered in_form_of(
                    Some(endpoint),
                    run(server, link, endpoint, context, text).await?,
                );
            }
            (Ok(()), Routed::OtherMethod(allow)) if head.method == Method::OPTIONS => {
                refusal::options(&allow)
            }
            (Ok(()), Routed::OtherMethod(allow)) => refusal::method_not_allowed(&allow),
            (Ok(()), Routed::Unknown) if head.uri.path() == "*" => refusal::no_content(),
            (Ok(()), Routed::Unknown) => Refusal::NOT_FOUND.response(),
        };
        unread(server, link, &head, body, response).await
    })
}

/// Notes the form of the endpoint's errors on an answer that is one.
fn in_form_of(endpoint: Option<&Endpoint>, mut answer: Response<Body>) -> Response<Body> {
    if let Some(form) = endpoint.and_then(|endpoint| endpoint.errors) {
        answer.body_mut().prefer(form);
    }
    answer
}

/// Admits a request of a raw endpoint and has it answered.
async fn raw(
    server: &Server,
    link: &Arc<Link>,
    (endpoint, visit): (&Endpoint, Option<&Visit<'_>>),
    (peer, id): (Peer, RequestId),
    (head, body): (Head, Incoming),
) -> io::Result<Response<Body>> {
    let admission = match &endpoint.guard {
        None => None,
        Some(guard) => match admit(server, guard, visit, (&head.uri, &head.headers)).await {
            Ok(admission) => Some(admission),
            Err(refused) => return Ok(unread(server, link, &head, body, refused).await),
        },
    };
    let version = head.version;
    let context = server.context(link, (peer, id), &endpoint.route, (head.method, head.uri, head.headers));
    RawCall { endpoint, context, version, admission }.answer(server, link, body).await
}

/// What a request holds until it is answered: its share of the budget, and what stays in Rust of its body.
pub(crate) type Held = (Option<Reservation>, Option<Arc<KeptBody>>);

/// Reads and validates the endpoint's input; the error is the response that refuses it. Runs no JavaScript.
pub(crate) async fn input(
    server: &Server,
    link: &Link,
    endpoint: &Endpoint,
    captures: &Captures<'_, '_>,
    head: &Head,
    body: Incoming,
) -> Result<(Text, Held), Response<Body>> {
    check_expectation(&head.headers).map_err(Refusal::response)?;
    let cookies = endpoint.sealed.as_ref().map(|sealed| sealed.open(&head.headers, &server.cookie_keys));
    let cookies = cookies.unwrap_or_default();
    if let (Some(form), Some(shape)) = (&endpoint.body_form, &endpoint.shape) {
        let receive =
            form.receive((server.core, &server.bodies, link), endpoint.body_limit, shape, head, body);
        let arrived = Box::pin(receive).await?;
        let headers = Headers(&head.headers);
        let parts = Parts { path: captures.pairs(), query: head.uri.query(), headers: &headers };
        let (text, kept) =
            form.validate(arrived, (shape, &parts), (head, endpoint.invalid_input), &cookies)?;
        return Ok((text, (None, Some(Arc::new(kept)))));
    }
    let nothing = || Received { bytes: Bytes::new(), share: None };
    let Received { bytes: body, share } = if body.is_end_stream() {
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
        return Ok((Text { bytes, ascii: true, tagged: false }, (share, None)));
    };
    let headers = Headers(&head.headers);
    let parts = Parts { path: captures.pairs(), query: head.uri.query(), headers: &headers };
    bytes.reserve(body.len() + 64);
    match shape.read_with(&parts, &cookies, &body, &mut bytes) {
        Ok(text) => Ok((Text { bytes, ascii: text.ascii, tagged: text.tagged }, (share, None))),
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
/// A request whose isolate ends before the answer is given to another isolate if its method is safe (RFC 9110, section
/// 9.2.1), and only once: the request may have ended the first isolate.
pub(crate) async fn run(
    server: &Server,
    link: &Arc<Link>,
    endpoint: &Endpoint,
    context: RequestContext,
    text: Text,
) -> io::Result<Response<Body>> {
    let may_repeat = context.method.is_safe() && server.serving.len() > 1;
    let mut given = (text, Arc::new(context));
    let asked = endpoint.sends_files.then(|| Arc::clone(&given.1));
    let mut spare = may_repeat.then(|| given.clone());
    loop {
        let (text, context) = given;
        let job = Job {
            component: server.serving.component(),
            is_counted: true,
            target: endpoint.target,
            text,
            context: Some(context),
            timeout: endpoint.timeout,
            intake: None,
        };
        let pending = match server.serving.submit(job) {
            Ok((_, pending)) => pending,
            Err(refused) => return Ok(Refusal::from(refused).response()),
        };
        let outcome = outcome(link, pending).await?;
        if let (Outcome::Gone(Gone::IsolateGone), Some(again)) = (&outcome, spare.take()) {
            given = again;
            continue;
        }
        let streamed = |stream| event_stream::response(stream, link);
        let mut answered = respond(outcome, streamed);
        if let Ok(response) = &mut answered
            && let Some(instructions) = response.extensions_mut().remove::<Instructions>()
        {
            let asked = asked.as_deref().map(|asked| (&asked.method, &asked.headers));
            let response = std::mem::take(response);
            answered = Box::pin(instructions.follow(response, &server.cookie_keys, asked)).await;
        }
        return Ok(sendable(server.core, endpoint, answered));
    }
}

/// Waits for the answer; where the client disconnects first, the job is aborted.
pub(crate) async fn outcome(link: &Link, pending: Pending) -> io::Result<Outcome> {
    let mut pending = pin!(pending);
    poll_fn(|cx| match pending.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(Ok(outcome)),
        Poll::Pending => link.poll_reset(cx).map(Err),
    })
    .await
}

/// The headers of a request, for the validator.
pub(crate) struct Headers<'h>(pub(crate) &'h HeaderMap);

impl HeaderValues for Headers<'_> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.get_all(name).iter().for_each(|value| visit(value.as_bytes()));
    }
}
