//! The answers of the health probes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use twinloop_runtime::Lost;

use crate::answer::body::Body;
use crate::answer::refusal::json as json_response;
use crate::config::HealthConfig;
use crate::health::checks::CheckCall;
use crate::health::probe::Probe;
use crate::routing::endpoint::Endpoint;
use crate::server::Server;

/// The probes of the configuration as endpoints, except on paths that the app declares itself.
pub(crate) fn endpoints(config: Option<&HealthConfig>, declared: &[Endpoint]) -> Vec<Endpoint> {
    let Some(HealthConfig { live, ready, stall_timeout_ms, checks }) = config else { return Vec::new() };
    let is_declared = |path: &str| declared.iter().any(|one| one.answers_get_of(path));
    let live_probe = Probe::Live { stall_timeout: Duration::from_millis(*stall_timeout_ms) };
    let ready_probe = Probe::Ready { checks: checks.as_ref().map(CheckCall::from) };
    [(live, live_probe), (ready, ready_probe)]
        .into_iter()
        .filter_map(|(path, probe)| path.as_deref().map(|path| (path, probe)))
        .filter(|(path, _)| !is_declared(path))
        .map(|(path, probe)| Endpoint::of_health(path, probe))
        .collect()
}

/// Answers a probe with 200 or 503 and a JSON body with the reason.
pub(crate) async fn answer(server: &Server, probe: Probe) -> Response<Body> {
    let (status, body) = match probe {
        Probe::Live { stall_timeout } => liveness(&server.serving.unanswered(Instant::now()), stall_timeout),
        Probe::Ready { checks } => readiness(server, checks).await,
    };
    let mut response = json_response(status, Bytes::from(body.to_string()));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The readiness of the process: the app has started, its dependencies can be reached, and its own checks pass.
pub(super) async fn readiness(server: &Server, checks: Option<CheckCall>) -> (StatusCode, Value) {
    let (status, told) = server.readiness.told();
    if status != StatusCode::OK {
        return (status, json!({ "status": told }));
    }
    let lost = server.core.lost_dependencies();
    if !lost.is_empty() {
        return unavailable("lost", &lost.iter().map(describe).collect::<Vec<_>>());
    }
    let failed = match checks {
        Some(ask) => server.checks.failed(&server.serving, ask).await,
        None => Vec::new(),
    };
    if failed.is_empty() { (status, json!({ "status": told })) } else { unavailable("failed", &failed) }
}

fn unavailable(what: &str, which: &[Value]) -> (StatusCode, Value) {
    (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unavailable", what: which }))
}

fn describe(lost: &Lost) -> Value {
    json!({ "name": lost.name, "reason": lost.reason, "seconds": lost.since.as_secs() })
}

/// The liveness of the process: one isolate that responds is enough.
pub(super) fn liveness(isolates: &[(u32, Duration)], stall_timeout: Duration) -> (StatusCode, Value) {
    if isolates.iter().any(|(_, silent)| *silent < stall_timeout) {
        return (StatusCode::OK, json!({ "status": "ok" }));
    }
    let stalled: Vec<Value> = isolates
        .iter()
        .map(|(id, silent)| {
            let silent_ms = u64::try_from(silent.as_millis()).unwrap_or(u64::MAX);
            json!({ "isolate": id, "silentMs": silent_ms })
        })
        .collect();
    let status = if stalled.is_empty() { "nobody serves" } else { "stalled" };
    (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": status, "isolates": stalled }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[test]
    fn one_isolate_that_answers_is_enough() {
        let (status, body) = liveness(&[(1, Duration::from_secs(31)), (2, Duration::ZERO)], LIMIT);
        assert_eq!((status, body), (StatusCode::OK, json!({ "status": "ok" })));
    }

    #[test]
    fn isolates_that_are_all_silent_are_told_one_by_one() {
        let (status, body) = liveness(&[(1, Duration::from_secs(31)), (2, Duration::from_secs(40))], LIMIT);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let isolates = json!([{ "isolate": 1, "silentMs": 31_000 }, { "isolate": 2, "silentMs": 40_000 }]);
        assert_eq!(body, json!({ "status": "stalled", "isolates": isolates }));
    }

    #[test]
    fn nobody_is_not_well() {
        assert_eq!(liveness(&[], LIMIT).0, StatusCode::SERVICE_UNAVAILABLE);
    }
}
