//! The verdict on a caller: found out by an isolate before the request itself is answered in Rust.

use std::io;
use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use twinloop_mailbox::{Job, Outcome, Reply, ReplyForm, Text};
use twinloop_runtime::Failure;

use super::admission::Admission;
use super::caller::Caller;
use super::guard::AuthGuard;
use crate::answer::body::Body;
use crate::answer::instruction::Means;
use crate::answer::refusal::Refusal;
use crate::answer::respond::{respond, sendable};
use crate::request::context::RequestContext;
use crate::request::exchange::HttpExchange;
use crate::request::job::outcome;
use crate::routing::endpoint::Endpoint;
use crate::server::Server;
use crate::telemetry::trace::Mark;

/// Whom an auth handler has recognised, as an isolate writes it.
#[derive(Deserialize)]
struct Recognised {
    handler: u16,
    data: Box<RawValue>,
}

/// What an isolate is asked about a caller.
pub(crate) struct CallerQuestion<'q> {
    /// The endpoint that is asked for, whose time limit the answer has.
    pub(crate) endpoint: &'q Endpoint,
    pub(crate) guard: &'q AuthGuard,
    pub(crate) admission: &'q Admission,
}

/// Finds out who makes a request: `None` is nobody, where the endpoint lets nobody in. Asks an isolate only where Rust does not
/// know; the job counts as a request, and has the endpoint's time limit.
///
/// Errors: the response that refuses the caller; the outer error means that the client has closed the connection.
pub(crate) async fn verdict(
    exchange: &HttpExchange<'_>,
    CallerQuestion { endpoint, guard, admission }: CallerQuestion<'_>,
    context: impl FnOnce() -> Arc<RequestContext>,
) -> io::Result<Result<Option<Arc<Caller>>, Response<Body>>> {
    if admission.is_settled() {
        return Ok(Ok(admission.known().cloned()));
    }
    let HttpExchange { server, link, context: ref own, .. } = *exchange;
    let job = Job {
        component: server.serving.component(),
        is_counted: true,
        target: server.gateway.target,
        text: admission.envelope(Text::default()),
        context: Some(context()),
        timeout: endpoint.timeout,
        intake: None,
    };
    own.trace.mark(Mark::Queued);
    let pending = match server.serving.submit(job) {
        Ok((_, pending)) => pending,
        Err(refused) => return Ok(Err(Refusal::from(refused).response())),
    };
    let outcome = outcome(link, pending).await?;
    own.trace.mark(Mark::Answered);
    if let Outcome::Reply(Reply { form: ReplyForm::Json, body, .. }) = &outcome {
        let caller = recognised(server, body).inspect(|caller| own.record.recognise(caller));
        return Ok(caller.map(Some).ok_or_else(|| Refusal::BAD_ANSWER.response()));
    }
    let means = Means { keys: &server.cookie_keys, asked: None };
    let no_stream = |_| Err(Failure::internal("an auth handler has answered with a stream"));
    let mut refused = sendable(server.core, endpoint, respond(outcome, means, no_stream).await);
    if !guard.required && refused.status() == StatusCode::UNAUTHORIZED {
        return Ok(Ok(None));
    }
    guard.challenge(&mut refused);
    Ok(Err(refused))
}

fn recognised(server: &Server, body: &[u8]) -> Option<Arc<Caller>> {
    let Recognised { handler, data } = serde_json::from_slice(body).ok()?;
    let handler = server.gateway.handler(handler)?;
    Caller::read(handler.data.as_ref(), data.get().as_bytes()).map(Arc::new)
}
