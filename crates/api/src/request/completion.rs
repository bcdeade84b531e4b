//! The completion of an answer, whoever gives it: an endpoint, the edge, or the guard of a head that was no request.

use http::Response;

use crate::answer::body::Body;
use crate::answer::error_form::{self, Asked};
use crate::answer::observed_body::ObservedBody;
use crate::policy::{self, Visit};
use crate::request::context::RequestContext;
use crate::server::Server;
use crate::telemetry::ending::observed;

/// Makes an answer whole: an error gets its form, the policies their headers, the client the request's id. `visit` has the policies;
/// `asked` is what a function of the app that shapes errors may see of the request.
pub(crate) async fn complete(
    server: &Server,
    context: &RequestContext,
    (visit, asked): (Option<&Visit<'_>>, Asked),
    mut response: Response<Body>,
) -> Response<ObservedBody> {
    if response.body().is_refused() {
        if let Some(reason) = response.body().reason() {
            context.record.refuse(reason);
        }
        // Boxed: its size would otherwise be part of every request's future.
        response = Box::pin(error_form::shape(server, asked, context.id, response)).await;
    }
    match visit {
        None => policy::forbid_sniffing(response.headers_mut()),
        Some(visit) => response = visit.complete(server.core, response).await,
    }
    server.request_ids.tell(context.id, response.headers_mut());
    observed(response)
}
