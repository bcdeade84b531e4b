//! `/debug/cpu` and `/debug/heap`: what an isolate's JavaScript engine knows of itself, asked of the isolate.

use std::time::{Duration, Instant};

use http::HeaderValue;
use http::header::CONTENT_DISPOSITION;
use serde_json::json;
use twinloop_mailbox::Refused;
use twinloop_runtime::Failure;

use crate::admin::answer::AdminAnswer;
use crate::admin::ask::{job, outcome};
use crate::admin::query::Query;
use crate::admin::state::AdminState;

/// The target of profiles.
const PROFILE: u16 = 1;
/// Most seconds of a profile.
const MAX_SECONDS: f64 = 300.0;
/// How long a snapshot may take, and a profile beyond its seconds.
const TAKEN_WITHIN: Duration = Duration::from_secs(120);

/// Profiles the CPU for `?seconds=5`, in the isolate `?isolate=0`.
///
/// Errors: `invalid_argument` for seconds beyond 0 to 300; `not_found` for an isolate that does not answer.
pub(crate) async fn cpu(state: &AdminState, query: Option<&str>) -> Result<AdminAnswer, Failure> {
    let query = Query::read(query);
    let seconds = query.parsed("seconds")?.unwrap_or(5.0);
    if !(seconds > 0.0 && seconds <= MAX_SECONDS) {
        return Err(Failure::invalid_argument("seconds is more than 0 and at most 300"));
    }
    let within = TAKEN_WITHIN + Duration::from_secs_f64(seconds);
    take(state, &query, json!({ "what": "cpu", "seconds": seconds }).to_string(), within, "cpuprofile").await
}

/// Takes a snapshot of the heap of the isolate `?isolate=0`. The isolate stands still meanwhile.
///
/// Errors: as of [`cpu`].
pub(crate) async fn heap(state: &AdminState, query: Option<&str>) -> Result<AdminAnswer, Failure> {
    let query = Query::read(query);
    take(state, &query, json!({ "what": "heap" }).to_string(), TAKEN_WITHIN, "heapsnapshot").await
}

async fn take(
    state: &AdminState,
    query: &Query<'_>,
    asked: String,
    within: Duration,
    extension: &str,
) -> Result<AdminAnswer, Failure> {
    let place: usize = query.parsed("isolate")?.unwrap_or(0);
    let serving = state.app_side.serving.unanswered(Instant::now());
    let isolate = serving.get(place).and_then(|(id, _)| state.core.isolates().get(*id)).ok_or_else(|| {
        Failure::not_found(format!("there is no isolate {place}: {} give profiles", serving.len()))
    })?;
    let pending =
        isolate.port.submit(job(&state.app_side.serving, PROFILE, asked, within)).map_err(|refused| {
            match refused {
                Refused::Overloaded => Failure::resource_exhausted("too many jobs wait for the isolate"),
                Refused::Closed => Failure::unavailable("the isolate ended"),
            }
        })?;
    let mut answer = outcome(pending, "application/json").await?;
    let name = format!("attachment; filename=\"isolate-{place}.{extension}\"");
    if answer.status().is_success()
        && let Ok(value) = HeaderValue::from_str(&name)
    {
        answer.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(answer)
}
