//! Requests for static files, at paths that endpoints may have too.

use http::request::Parts as Head;
use http::{Response, StatusCode};

use crate::answer::body::Body;
use crate::answer::refusal;
use crate::routing::canonical::canonical;
use crate::routing::route::Captures;
use crate::server::Server;
use crate::static_files::StaticFiles;

/// Answers by a file. Where there is none, and endpoints have the path for other methods, the answer is 405.
pub(crate) async fn file_of(
    server: &Server,
    files: &StaticFiles,
    captures: &Captures<'_, '_>,
    head: &Head,
) -> Response<Body> {
    let response = files.answer(&head.method, captures.rest(), &head.headers).await;
    if response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    let allow = server.router.allowed_by_endpoints(&canonical(head.uri.path()));
    allow.map_or(response, |allow| refusal::method_not_allowed(&allow))
}
