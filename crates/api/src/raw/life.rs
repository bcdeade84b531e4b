//! Handling of one request to a raw endpoint, from its head to its response.

use std::io;
use std::sync::Arc;

use http::Response;
use http::header::EXPECT;
use http::request::Parts as Head;
use http_body::Body as _;
use hyper::body::Incoming;
use twinloop_mailbox::{Feed, Job, Outcome, Refused, ReplyForm, Text, feed};

use crate::answer::body::Body;
use crate::answer::instruction::Means;
use crate::answer::refusal::{self, Refusal};
use crate::answer::respond::{respond, sendable};
use crate::auth::admission::Admission;
use crate::connection::link::Link;
use crate::raw::answer;
use crate::raw::body::{Arrived, Rest, arrived, pump};
use crate::raw::context::RawContext;
use crate::raw::head::{self, RawBody, RawHead};
use crate::request::context::RequestContext;
use crate::request::exchange::HttpExchange;
use crate::request::input::check_expectation;
use crate::request::job::outcome;
use crate::routing::endpoint::Endpoint;
use crate::server::Server;
use crate::telemetry::trace::Mark;

/// A request of a raw endpoint whose body has not been read.
pub(crate) struct RawCall<'e> {
    pub(crate) endpoint: &'e Endpoint,
    /// The credentials; `None` where the endpoint asks for none.
    pub(crate) admission: Option<Admission>,
}

impl RawCall<'_> {
    /// Answers the request; an error means that the connection is to be closed without an answer.
    pub(crate) async fn answer(
        self,
        exchange: &HttpExchange<'_>,
        body: Incoming,
    ) -> io::Result<Response<Body>> {
        let guard = self.endpoint.guard.as_ref();
        let mut response = handle(exchange, self, body).await?;
        if let Some(guard) = guard {
            guard.challenge(&mut response);
        }
        Ok(response)
    }
}

async fn handle(
    exchange: &HttpExchange<'_>,
    RawCall { endpoint, admission }: RawCall<'_>,
    body: Incoming,
) -> io::Result<Response<Body>> {
    let HttpExchange { server, link, .. } = *exchange;
    let context = Arc::new(RawContext::new(Arc::clone(&exchange.context)));
    let trace = &exchange.context.trace;
    exchange.keep(&context);
    if let Err(refused) = check_expectation(&context.request.head.headers) {
        return Ok(refused.response());
    }
    if body.size_hint().lower() > endpoint.body_limit {
        return Ok(Refusal::BODY_TOO_LARGE.response());
    }
    let waits = context.request.head.headers.contains_key(EXPECT);
    let body = if body.is_end_stream() {
        None
    } else if waits {
        Some(Arrived::Part(bytes::BytesMut::new(), Rest { arrived: None, body }))
    } else {
        Some(arrived(body))
    };
    link.counts(body.as_ref().map_or(0, Arrived::length) as u64);
    // The head of a body may announce no length, and then all of it may have arrived.
    if matches!(&body, Some(Arrived::Whole(bytes)) if bytes.len() as u64 > endpoint.body_limit) {
        return Ok(Refusal::BODY_TOO_LARGE.response());
    }
    let kind = match &body {
        None => RawBody::None,
        Some(Arrived::Whole(bytes)) if bytes.is_empty() => RawBody::None,
        Some(Arrived::Whole(bytes)) if bytes.is_ascii() => RawBody::Whole(bytes),
        Some(_) => RawBody::Pieces,
    };
    let in_pieces = kind == RawBody::Pieces;
    let text = written(&context.request, kind);
    let text = match admission {
        Some(admission) => admission.envelope(text),
        None => text,
    };
    let (input, intake) = feed();
    let job = Job {
        component: server.serving.component(),
        is_counted: true,
        target: endpoint.target,
        text,
        context: Some(Arc::<RawContext>::clone(&context)),
        timeout: endpoint.timeout,
        // Without an intake the feed finds its job over, and sends nothing.
        intake: in_pieces.then_some(intake),
    };
    trace.mark(Mark::Queued);
    let pending = match server.serving.submit(job) {
        Ok((_, pending)) => pending,
        Err(refused) => return Ok(refuse(refused, body.is_some())),
    };
    feed_body(server, link, endpoint.body_limit, body, input);
    let outcome = outcome(link, pending).await?;
    context.answered();
    if !matches!(outcome, Outcome::Stream(_)) {
        trace.mark(Mark::Answered);
    }
    let answered = match outcome {
        Outcome::Stream(stream) => answer::pieces(stream, link)?,
        Outcome::Reply(reply) if reply.form != ReplyForm::Error => {
            answer::whole(reply, &context.request.head.method)
        }
        other => {
            let means = Means { keys: &server.cookie_keys, asked: None };
            respond(other, means, |_| Ok(Response::default())).await
        }
    };
    Ok(sendable(server.core, endpoint, answered))
}

fn written(context: &RequestContext, body: RawBody<'_>) -> Text {
    let Head { method, uri, version, headers, .. } = &context.head;
    let peer = &context.peer;
    let (remote, protocol) = (&*peer.address.to_string(), peer.protocol.as_str());
    head::text(RawHead { method, uri, version: *version, headers, remote, protocol }, body)
}

/// Begins to feed a body that did not cross with its head.
fn feed_body(server: &Server, link: &Arc<Link>, limit: u64, body: Option<Arrived>, input: Feed) {
    match body {
        Some(Arrived::Part(begun, rest)) => {
            let link = Arc::clone(link);
            server.core.spawn("raw body", pump(begun.freeze(), rest, limit, link, input));
        }
        Some(Arrived::Whole(bytes)) if !bytes.is_ascii() => {
            server.core.spawn("raw body", crate::raw::body::push_whole(bytes, input));
        }
        _ => input.end(),
    }
}

fn refuse(refused: Refused, has_body: bool) -> Response<Body> {
    let mut response = Refusal::from(refused).response();
    if has_body {
        refusal::close(&mut response);
    }
    response
}
