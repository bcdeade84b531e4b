//! The job of a request: handed to an isolate, and waited for.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::Response;
use twinloop_mailbox::{Gone, Job, Outcome, Pending, Text};

use crate::answer::body::Body;
use crate::answer::event_stream;
use crate::answer::instruction::Means;
use crate::answer::refusal::Refusal;
use crate::answer::respond::{prepare, sendable};
use crate::answer::revival::Revival;
use crate::connection::link::Link;
use crate::policy::Policies;
use crate::request::context::RequestContext;
use crate::request::exchange::HttpExchange;
use crate::routing::endpoint::Endpoint;
use crate::telemetry::trace::Mark;

/// Hands the request to an isolate and waits for its answer.
///
/// A request whose isolate ends before the answer is given to another isolate if its method is safe (RFC 9110, section
/// 9.2.1), and only once: the request may have ended the first isolate.
pub(crate) async fn run(
    exchange: &HttpExchange<'_>,
    endpoint: &Endpoint,
    text: Text,
) -> io::Result<Response<Body>> {
    let HttpExchange { server, link, ref context, .. } = *exchange;
    let may_repeat = context.head.method.is_safe() && server.serving.len() > 1;
    let headers = endpoint.policies.as_ref().map_or(0, |_| Policies::HEADERS);
    exchange.keep(context);
    let asked = endpoint.sends_files.then(|| context.asked());
    let asks_for_revival = endpoint.revival.is_some() && Revival::is_asked(&context.head.headers);
    let mut spare = may_repeat.then(|| text.clone());
    let mut text = text;
    loop {
        let job = Job {
            component: server.serving.component(),
            is_counted: true,
            target: endpoint.target,
            text,
            context: Some(Arc::<RequestContext>::clone(context)),
            timeout: endpoint.timeout,
            intake: None,
        };
        context.trace.mark(Mark::Queued);
        let pending = match server.serving.submit(job) {
            Ok((_, pending)) => pending,
            Err(refused) => return Ok(Refusal::from(refused).response()),
        };
        let outcome = outcome(link, pending).await?;
        if let (Outcome::Gone(Gone::IsolateGone), Some(again)) = (&outcome, spare.take()) {
            text = again;
            continue;
        }
        if !matches!(outcome, Outcome::Stream(_)) {
            context.trace.mark(Mark::Answered);
        }
        let means = Means { keys: &server.cookie_keys, asked };
        let answered = match prepare(outcome, headers, |stream| event_stream::response(stream, link)) {
            Ok((response, None)) => Ok(response),
            // Boxed: its size would otherwise be part of every request's future.
            Ok((response, Some(instructions))) => Box::pin(instructions.follow(response, means)).await,
            Err(failure) => Err(failure),
        };
        let mut response = sendable(server.core, endpoint, answered);
        if let Some(revival) = &endpoint.revival
            && response.status().is_success()
        {
            revival.tell(asks_for_revival, &mut response);
        }
        return Ok(response);
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
