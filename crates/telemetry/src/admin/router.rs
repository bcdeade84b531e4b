//! Which path answers what.

use http::request::Parts;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use twinloop_runtime::Failure;

use crate::admin::answer::{self, AdminAnswer, with_headers};
use crate::admin::body::AdminBody;
use crate::admin::guard::Secrecy;
use crate::admin::state::AdminState;
use crate::admin::{api, ask, health, profile};

/// Answers a request.
pub(crate) async fn answer(state: &AdminState, request: Request<Incoming>) -> AdminAnswer {
    let (parts, body) = request.into_parts();
    let answered = match state.guard.admit(&parts, secrecy_of(parts.uri.path())) {
        Err(refused) => *refused,
        Ok(()) => route(state, &parts, body).await.unwrap_or_else(|failure| answer::refusal(&failure)),
    };
    with_headers(answered)
}

fn secrecy_of(path: &str) -> Secrecy {
    match path {
        "/metrics" => Secrecy::Metrics,
        _ if path.starts_with("/debug/") => Secrecy::Memory,
        _ if path.starts_with("/api/") => Secrecy::Inner,
        _ => Secrecy::Open,
    }
}

async fn route(state: &AdminState, request: &Parts, body: Incoming) -> Result<AdminAnswer, Failure> {
    let (path, query) = (request.uri.path(), request.uri.query());
    if request.method == Method::POST && path == "/api/ask" {
        return ask::answer(state, body).await;
    }
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let message = format!("{} {path} is not there", request.method);
        return Err(Failure::unimplemented(message));
    }
    match path {
        "/healthz" => Ok(health::live(state)),
        "/readyz" => Ok(health::ready(state).await),
        "/metrics" => Ok(api::metrics_text(state, request)),
        "/debug/cpu" => profile::cpu(state, query).await,
        "/debug/heap" => profile::heap(state, query).await,
        "/api/app" => Ok(answer::json_of(&state.app())),
        "/api/traces" => api::traces(state, query),
        "/api/logs" => api::logs(state, query),
        "/api/metrics" => Ok(api::metrics()),
        "/api/live" => api::live(state),
        _ => match path.strip_prefix("/api/traces/") {
            Some(id) => api::trace(state, id),
            None if path.starts_with("/api/") || path.starts_with("/debug/") => Err(not_there(path)),
            None => file(state, path),
        },
    }
}

fn file(state: &AdminState, path: &str) -> Result<AdminAnswer, Failure> {
    match state.files.get(path) {
        Some(file) => {
            Ok(answer::bytes(StatusCode::OK, &file.media_type, AdminBody::whole(file.bytes.clone())))
        }
        None if path == "/" && state.files.is_empty() => {
            let failure = Failure::not_found("there is no dashboard here");
            Ok(answer::refusal_with(
                &failure,
                "install @twinloop/dashboard; /metrics and /healthz work without it",
            ))
        }
        None => Err(not_there(path)),
    }
}

fn not_there(path: &str) -> Failure {
    Failure::not_found(format!("{path} is not there"))
}
