//! The health probes, as the app's own server answers them.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value as Json, json};

use crate::admin::answer::{AdminAnswer, json_text};
use crate::admin::state::AdminState;

/// How long the event loops of an app without a server may stand.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Whether the event loops respond.
pub(crate) fn live(state: &AdminState) -> AdminAnswer {
    if let Some(front) = state.core.front() {
        return answered(front.live());
    }
    // An app without endpoints: the isolates that answer here stand for all.
    let silent = state.app_side.serving.unanswered(Instant::now());
    let is_live = silent.is_empty() || silent.iter().any(|(_, silent)| *silent < STALL_TIMEOUT);
    if is_live {
        answered((200, json!({ "status": "ok" })))
    } else {
        answered((503, json!({ "status": "stalled" })))
    }
}

/// Whether the process should get work.
pub(crate) async fn ready(state: &AdminState) -> AdminAnswer {
    if let Some(front) = state.core.front() {
        return answered(front.ready().await);
    }
    if let Some(stage) = state.app_side.unready() {
        return answered((503, json!({ "status": stage })));
    }
    let lost: Vec<Json> = state
        .core
        .lost_dependencies()
        .iter()
        .map(|lost| json!({ "name": lost.name, "reason": lost.reason, "seconds": lost.since.as_secs() }))
        .collect();
    if lost.is_empty() {
        answered((200, json!({ "status": "ready" })))
    } else {
        answered((503, json!({ "status": "unavailable", "lost": lost })))
    }
}

fn answered((status, body): (u16, Json)) -> AdminAnswer {
    json_text(StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE), body.to_string())
}
