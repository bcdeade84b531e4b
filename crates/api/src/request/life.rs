//! Handling of one request, from its head to its response.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use http::header::CONNECTION;
use http::request::Parts as Head;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::json;
use twinloop_runtime::{Level, poll_contained};

use crate::answer::body::Body;
use crate::answer::error_form;
use crate::answer::refusal::{self, Refusal};
use crate::connection::link::Link;
use crate::health::answer as probe;
use crate::policy::{self, Visit};
use crate::raw::life::RawCall;
use crate::request::context::RequestContext;
use crate::request::guarded::{Guarded, admit};
use crate::request::id::RequestId;
use crate::request::input::{input, unread};
use crate::request::job::run;
use crate::request::peer::Peer;
use crate::request::preflight;
use crate::routing::canonical::canonical;
use crate::routing::endpoint::{Answers, Endpoint};
use crate::routing::route::Routed;
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
    let asked = error_form::keep(server, link, id, &request);
    let mut handled = pin!(route(server, link, id, request));
    let (mut response, visit) = match poll_fn(|cx| poll_contained(handled.as_mut(), cx)).await {
        Ok(answered) => answered?,
        Err(panic) => {
            let fields = json!({ "request": id.as_str(), "panic": panic });
            server.core.log(Level::Error, "failed to answer a request: the runtime panicked", &fields);
            (Refusal::PANICKED.response(), None)
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

/// An answer, with the policies under which it is completed, if any.
type Routing<'s> = (Response<Body>, Option<Box<Visit<'s>>>);

/// Routes a request, and has it answered unless a policy of the edge answers or refuses it.
async fn route<'s>(
    server: &'s Server,
    link: &Arc<Link>,
    id: RequestId,
    request: Request<Incoming>,
) -> io::Result<Routing<'s>> {
    let (head, body) = request.into_parts();
    let peer = server.trust.peer(link, &head.headers);
    let path = canonical(head.uri.path());
    if let Some(response) = preflight::answer(server.core, &server.router, &head, &path) {
        return Ok((unread(server, link, &head, body, response).await, None));
    }
    let routed = server.router.find(&head.method, &path);
    // Boxed, so that a request without policies has the size of one pointer more.
    let visit = server.router.policies(&routed).map(|policies| Box::new(policies.visit(&head, peer)));
    let admitted = match &visit {
        Some(visit) => visit.admit(server.core, &head.headers, routed.is_guarded()).await,
        None => Ok(()),
    };
    let answered = 'answered: {
        let response = match (admitted, routed) {
            (Err(refused), routed) => in_form_of(routed.endpoint(), refused.response()),
            (Ok(()), Routed::Endpoint(Endpoint { answers: Answers::Health(probe), .. }, _)) => {
                // Boxed, as the next: its size would otherwise be part of every request's future.
                Box::pin(probe::answer(server, *probe)).await
            }
            (Ok(()), Routed::Endpoint(endpoint @ Endpoint { answers: Answers::Raw, .. }, _)) => {
                let asked = (endpoint, visit.as_deref());
                let answered = Box::pin(raw(server, link, asked, (peer, id), (head, body))).await?;
                break 'answered in_form_of(Some(endpoint), answered);
            }
            (
                Ok(()),
                Routed::Endpoint(endpoint @ Endpoint { answers: Answers::Stream(stream), .. }, captures),
            ) => {
                let asked = (endpoint, &**stream, visit.as_deref());
                let opened =
                    Box::pin(websocket::open(server, link, asked, &captures, (&head, &body, peer))).await;
                let concluded =
                    websocket::conclude(server, link, (endpoint, stream), opened, (head, peer, id));
                break 'answered in_form_of(Some(endpoint), Box::pin(concluded).await?);
            }
            (Ok(()), Routed::Endpoint(endpoint @ Endpoint { guard: Some(guard), .. }, captures)) => {
                let guarded = Guarded { endpoint, guard, id, peer, visit: visit.as_deref() };
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
    };
    Ok((answered, visit))
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
