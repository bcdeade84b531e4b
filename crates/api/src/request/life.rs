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
use twinloop_mailbox::Text;
use twinloop_runtime::{Level, poll_contained};

use crate::answer::body::Body;
use crate::answer::observed_body::ObservedBody;
use crate::answer::refusal::{self, Refusal};
use crate::auth::admission::Admission;
use crate::connection::link::Link;
use crate::health::answer as probe;
use crate::policy::Visit;
use crate::raw::life::RawCall;
use crate::request::completion::complete;
use crate::request::exchange::HttpExchange;
use crate::request::file::file_of;
use crate::request::guarded::{Examined, Guarded, Unfit, admit};
use crate::request::input::{Held, input, unread};
use crate::request::job::run;
use crate::request::preflight;
use crate::routing::canonical::canonical;
use crate::routing::endpoint::{Answers, Endpoint};
use crate::routing::route::{Captures, Routed};
use crate::server::Server;
use crate::telemetry::ending::ExchangeEnding;
use crate::websocket::StreamEndpoint;
use crate::websocket::answer::{self as websocket, Opening, PendingUpgrade};

/// Answers one request; an error means that the client has closed the connection.
pub(crate) fn answer<'s>(
    server: &'s Server,
    link: &'s Arc<Link>,
    request: Request<Incoming>,
) -> impl Future<Output = io::Result<Response<ObservedBody>>> + Send + 's {
    link.begins();
    let (exchange, body) = HttpExchange::begin(server, link, request);
    let ending = ExchangeEnding::of(&exchange.context);
    handle(exchange, ending, body)
}

async fn handle(
    exchange: HttpExchange<'_>,
    ending: Option<ExchangeEnding>,
    body: Incoming,
) -> io::Result<Response<ObservedBody>> {
    let HttpExchange { server, link, .. } = exchange;
    let mut visit = None;
    let handled = {
        let mut handled = pin!(route(&exchange, &mut visit, body));
        poll_fn(|cx| poll_contained(handled.as_mut(), cx)).await
    };
    let response = match handled {
        Ok(answered) => answered?,
        Err(panic) => {
            let fields = json!({ "request": exchange.context.id.as_str(), "panic": panic });
            server.core.log(Level::Error, "failed to answer a request: the runtime panicked", &fields);
            Refusal::PANICKED.response()
        }
    };
    let asked = exchange.kept();
    let mut response = complete(server, &exchange.context, (visit.as_deref(), asked), response).await;
    link.answered();
    // An upgraded connection hears of the drain by itself, says itself whether it lingers, and ends its exchange.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        PendingUpgrade::end_with(ending, response.extensions());
        return Ok(response);
    }
    if link.is_draining() {
        refusal::close(&mut response);
    }
    if response.headers().contains_key(CONNECTION) {
        link.linger();
    }
    if let Some(ending) = ending {
        ending.with(&mut response);
    }
    Ok(response)
}

/// Routes a request, and has it answered unless a policy of the edge answers or refuses it. `visit` is set to the policies under
/// which the answer is completed, before anything else may fail.
async fn route<'e>(
    exchange: &'e HttpExchange<'_>,
    visit: &mut Option<Box<Visit<'e>>>,
    body: Incoming,
) -> io::Result<Response<Body>> {
    let server = exchange.server;
    let head = exchange.head();
    let path = canonical(head.uri.path());
    if let Some(response) = preflight::answer(server.core, &server.router, head, &path) {
        return Ok(unread(exchange, body, response).await);
    }
    let routed = match &exchange.link.grant {
        Some(grant) => server.router.called(grant.target, &path),
        None => server.router.find(&head.method, &path),
    };
    let errors = routed.endpoint().and_then(|endpoint| {
        exchange.context.record.arrive(endpoint.place);
        endpoint.errors
    });
    // Boxed, so that a request without policies has the size of one pointer more.
    let policies = server.router.policies(&routed);
    *visit = policies.map(|policies| Box::new(policies.visit(head, exchange.context.peer)));
    let visit = visit.as_deref();
    let admitted = match visit {
        Some(visit) => visit.admit(server.core, &head.headers, routed.is_guarded()).await,
        None => Ok(()),
    };
    let prepared = match (admitted, &routed) {
        (Err(refused), _) => answered(unread(exchange, body, refused.response()).await),
        (Ok(()), Routed::Endpoint(endpoint, captures)) => {
            prepare(exchange, (endpoint, captures), visit, body).await?
        }
        (Ok(()), nowhere) => answered(unread(exchange, body, without_endpoint(head, nowhere)).await),
    };
    let mut answered = conclude(exchange, prepared).await?;
    if let Some(form) = errors {
        answered.body_mut().prefer(form);
    }
    Ok(answered)
}

/// The answer to a request that no endpoint takes.
fn without_endpoint(head: &Head, routed: &Routed<'_, '_>) -> Response<Body> {
    match routed {
        Routed::OtherMethod(allow) if head.method == Method::OPTIONS => refusal::options(allow),
        Routed::OtherMethod(allow) => refusal::method_not_allowed(allow),
        _ if head.uri.path() == "*" => refusal::no_content(),
        _ => Refusal::NOT_FOUND.response(),
    }
}

/// A request as far as it is handled by its head and body, before an isolate is asked.
enum Prepared<'r> {
    /// Boxed, as all that is large and rare.
    Answered(Box<Response<Body>>),
    /// The text for an isolate, and what is held of the body until the request is answered.
    Fits(&'r Endpoint, Text, Held),
    Unfit(Guarded<'r>, Box<Unfit>),
    Raw(&'r Endpoint, Option<Admission>, Incoming),
    Opened((&'r Endpoint, &'r Arc<StreamEndpoint>), Result<Box<Opening>, Box<Response<Body>>>),
}

fn answered<'r>(response: Response<Body>) -> Prepared<'r> {
    Prepared::Answered(Box::new(response))
}

/// Prepares a request by the kind of its endpoint. What is large and rare is boxed: its size would otherwise be part of every
/// request's future.
async fn prepare<'r>(
    exchange: &'r HttpExchange<'_>,
    (endpoint, captures): (&'r Endpoint, &Captures<'_, '_>),
    visit: Option<&'r Visit<'_>>,
    body: Incoming,
) -> io::Result<Prepared<'r>> {
    let head = exchange.head();
    let answer = match (&endpoint.answers, &endpoint.guard) {
        (Answers::Health(probe), _) => Box::pin(probe::answer(exchange.server, *probe)).await,
        (Answers::Document(document), _) => Box::pin(document.answer(&head.method, &head.headers)).await,
        (Answers::Raw, None) => return Ok(Prepared::Raw(endpoint, None, body)),
        (Answers::Raw, Some(guard)) => {
            let admitted = admit(exchange, guard, visit, &head.headers);
            match Box::pin(admitted).await {
                Ok(admission) => return Ok(Prepared::Raw(endpoint, Some(admission), body)),
                Err(refused) => refused,
            }
        }
        (Answers::Stream(stream), _) => {
            let asked = (endpoint, &**stream, visit);
            let opened = Box::pin(websocket::open(exchange, asked, captures, &body)).await;
            return Ok(Prepared::Opened((endpoint, stream), opened));
        }
        (_, Some(guard)) => {
            let guarded = Guarded { exchange, endpoint, guard, visit };
            let examined = Box::pin(guarded.examine(captures, body)).await?;
            return Ok(match examined {
                // An isolate runs auth handler and endpoint in one job.
                Examined::Fits(admission, text, kept) => {
                    Prepared::Fits(endpoint, admission.envelope(text), kept)
                }
                Examined::Unfit(unfit) => Prepared::Unfit(guarded, unfit),
            });
        }
        (Answers::Files(files), None) => Box::pin(file_of(exchange.server, files, captures, head)).await,
        (Answers::Isolate, None) => {
            return Ok(match input(exchange, endpoint, captures, body).await {
                Ok((text, kept)) => Prepared::Fits(endpoint, text, kept),
                Err(refused) => answered(refused),
            });
        }
    };
    Ok(answered(unread(exchange, body, answer).await))
}

/// Hands a prepared request on, and makes its answer.
async fn conclude(exchange: &HttpExchange<'_>, prepared: Prepared<'_>) -> io::Result<Response<Body>> {
    match prepared {
        Prepared::Answered(answer) => {
            exchange.keep_refused(&answer);
            Ok(*answer)
        }
        Prepared::Fits(endpoint, text, (_share, kept)) => {
            exchange.context.keep_body(kept);
            let mut response = run(exchange, endpoint, text).await?;
            if let Some(guard) = &endpoint.guard {
                guard.challenge(&mut response);
            }
            Ok(response)
        }
        Prepared::Unfit(guarded, unfit) => Box::pin(guarded.conclude(*unfit)).await,
        Prepared::Raw(endpoint, admission, body) => {
            Box::pin(RawCall { endpoint, admission }.answer(exchange, body)).await
        }
        Prepared::Opened(asked, opened) => Box::pin(websocket::conclude(exchange, asked, opened)).await,
    }
}
