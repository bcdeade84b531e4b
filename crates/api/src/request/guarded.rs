//! Requests for endpoints that ask who calls.

use std::io;
use std::sync::Arc;

use http::header::CONNECTION;
use http::{HeaderMap, Response};
use hyper::body::Incoming;
use twinloop_mailbox::Text;
use twinloop_schema::Parts;

use crate::answer::body::Body;
use crate::answer::refusal::{self, Refusal};
use crate::auth::admission::Admission;
use crate::auth::guard::AuthGuard;
use crate::auth::verdict::{CallerQuestion, verdict};
use crate::policy::Visit;
use crate::request::context::RequestContext;
use crate::request::exchange::HttpExchange;
use crate::request::file::file_of;
use crate::request::headers::Headers;
use crate::request::input::{Held, input, unread};
use crate::routing::endpoint::{Answers, Endpoint};
use crate::routing::route::Captures;
use crate::telemetry::trace::Mark;

/// A request for an endpoint with a guard.
#[derive(Clone, Copy)]
pub(crate) struct Guarded<'e> {
    pub(crate) exchange: &'e HttpExchange<'e>,
    pub(crate) endpoint: &'e Endpoint,
    pub(crate) guard: &'e AuthGuard,
    /// The policies of the edge that hold for the request.
    pub(crate) visit: Option<&'e Visit<'e>>,
}

/// How far Rust has come with a request, without an isolate.
pub(crate) enum Examined {
    /// The request fits. What it holds of its body is held until it is answered.
    Fits(Admission, Text, Held),
    /// The request goes no further. Boxed, as all that is large and rare.
    Unfit(Box<Unfit>),
}

/// A request that no isolate runs an endpoint for.
pub(crate) enum Unfit {
    /// The request is answered.
    Answered(Response<Body>),
    /// The response refuses the request, but its caller may learn so only when he is known.
    Misfits(Admission, Response<Body>),
}

/// Admits a caller, as far as Rust knows him by the head of his request, and takes the rate limit of whom it knows; the error is
/// the response that refuses the request. The headers are those of the request, or what stands for them.
pub(crate) async fn admit(
    exchange: &HttpExchange<'_>,
    guard: &AuthGuard,
    visit: Option<&Visit<'_>>,
    headers: &HeaderMap,
) -> Result<Admission, Response<Body>> {
    let HttpExchange { server, link, context, .. } = exchange;
    context.trace.mark(Mark::AuthBegins);
    let admission = if let Some(grant) = &link.grant {
        grant.admit(guard)
    } else {
        let candidates = guard.candidates(&Parts {
            path: &[],
            query: context.head.uri.query(),
            headers: &Headers(headers),
        });
        guard.admit(candidates).await
    };
    context.trace.mark(Mark::AuthEnds);
    let admission = admission.map_err(|refusal| guard.refuse(refusal))?;
    if let Some(caller) = admission.known() {
        context.record.recognise(caller);
    }
    if let Some(visit) = visit {
        let principal = admission.known().map(|caller| &*caller.user_id);
        visit.admit_principal(server.core, principal).await.map_err(Refusal::response)?;
    }
    Ok(admission)
}

fn answered(response: Response<Body>) -> Examined {
    Examined::Unfit(Box::new(Unfit::Answered(response)))
}

impl<'e> Guarded<'e> {
    /// Looks for credentials, then reads and checks the rest of the request.
    pub(crate) async fn examine(self, captures: &Captures<'_, '_>, body: Incoming) -> io::Result<Examined> {
        let Self { exchange, endpoint, guard, .. } = self;
        let head = exchange.head();
        let admission = match admit(exchange, guard, self.visit, &head.headers).await {
            Ok(admission) => admission,
            Err(refused) => {
                return Ok(answered(unread(exchange, body, refused).await));
            }
        };
        if let Answers::Files(files) = &endpoint.answers {
            let response = match verdict(exchange, self.question(&admission), || self.kept()).await? {
                Ok(_) => file_of(exchange.server, files, captures, head).await,
                Err(refused) => refused,
            };
            return Ok(answered(unread(exchange, body, response).await));
        }
        Ok(match input(exchange, endpoint, captures, body).await {
            Ok((text, kept)) => Examined::Fits(admission, text, kept),
            Err(refused) if guard.required => Examined::Unfit(Box::new(Unfit::Misfits(admission, refused))),
            Err(refused) => answered(refused),
        })
    }

    /// Answers a request that goes no further.
    pub(crate) async fn conclude(self, unfit: Unfit) -> io::Result<Response<Body>> {
        match unfit {
            Unfit::Answered(response) => {
                self.exchange.keep_refused(&response);
                Ok(response)
            }
            Unfit::Misfits(admission, refused) => {
                let known = verdict(self.exchange, self.question(&admission), || self.kept()).await?;
                let Err(mut unknown) = known else {
                    return Ok(refused);
                };
                if refused.headers().contains_key(CONNECTION) {
                    refusal::close(&mut unknown);
                }
                Ok(unknown)
            }
        }
    }

    fn question<'q>(self, admission: &'q Admission) -> CallerQuestion<'q>
    where
        'e: 'q,
    {
        CallerQuestion { endpoint: self.endpoint, guard: self.guard, admission }
    }

    /// The context of the request, which is kept for a function of the app that shapes errors.
    fn kept(self) -> Arc<RequestContext> {
        self.exchange.keep(&self.exchange.context);
        Arc::clone(&self.exchange.context)
    }
}
