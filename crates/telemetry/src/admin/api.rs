//! The answers of `/api` that need no JavaScript, and `/metrics`.

use std::sync::Arc;

use http::StatusCode;
use http::header::ACCEPT;
use http::request::Parts;
use serde_json::json;
use twinloop_runtime::telemetry::{TraceId, telemetry};
use twinloop_runtime::{Code, Failure};

use crate::admin::answer::{self, AdminAnswer};
use crate::admin::body::AdminBody;
use crate::admin::json_metrics;
use crate::admin::query::Query;
use crate::admin::state::AdminState;
use crate::prometheus::text::{self, TextForm};
use crate::store::RecentStore;
use crate::store::lines::LineFilter;
use crate::store::live::event;
use crate::store::traces::TraceFilter;

fn store(state: &AdminState) -> Result<&Arc<RecentStore>, Failure> {
    state.store.as_ref().ok_or_else(|| {
        Failure::unimplemented(
            "recent traces and lines are not kept here: start with `telemetry: { store: true }`",
        )
    })
}

/// The recent traces.
pub(crate) fn traces(state: &AdminState, query: Option<&str>) -> Result<AdminAnswer, Failure> {
    let query = Query::read(query);
    let filter = TraceFilter {
        limit: query.limit()?,
        before: query.parsed("before")?,
        needle: query.needle(),
        errors: query.is_set("errors"),
        min_ms: query.parsed("minMs")?,
        kind: query.text("kind").map(str::to_owned),
    };
    let (traces, next) = store(state)?.traces().list(&filter);
    Ok(answer::json_of(&json!({ "traces": traces, "next": next.map(|next| next.to_string()) })))
}

/// One trace with its spans.
pub(crate) fn trace(state: &AdminState, id: &str) -> Result<AdminAnswer, Failure> {
    let trace = TraceId::read(id).ok_or_else(|| {
        Failure::invalid_argument(format!("{id:?} is no id of a trace: 32 hexadecimal digits"))
    })?;
    let found = store(state)?.traces().get(trace);
    let found =
        found.ok_or_else(|| Failure::not_found(format!("the trace {id} is not kept, or no longer")))?;
    Ok(answer::json_of(&found))
}

/// The recent lines.
pub(crate) fn logs(state: &AdminState, query: Option<&str>) -> Result<AdminAnswer, Failure> {
    let query = Query::read(query);
    let trace = match query.text("traceId") {
        Some(id) => Some(
            TraceId::read(id)
                .ok_or_else(|| Failure::invalid_argument(format!("{id:?} is no id of a trace")))?,
        ),
        None => None,
    };
    let filter = LineFilter {
        limit: query.limit()?,
        before: query.parsed("before")?,
        needle: query.needle(),
        level: query.parsed("level")?,
        trace,
    };
    let (lines, next) = store(state)?.lines().list(&filter);
    // The lines are JSON already.
    let next = next.map_or("null".to_owned(), |next| next.to_string());
    Ok(answer::json_text(StatusCode::OK, format!(r#"{{"lines":[{}],"next":{next}}}"#, lines.join(","))))
}

/// All metrics.
pub(crate) fn metrics() -> AdminAnswer {
    answer::json_of(&json_metrics::answer())
}

/// All metrics in the form of Prometheus's text that the scraper accepts.
pub(crate) fn metrics_text(state: &AdminState, request: &Parts) -> AdminAnswer {
    let accept = request.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let form = TextForm::accepted(accept);
    let text = text::write(form, &telemetry().metrics.collect(), &state.resource);
    answer::bytes(StatusCode::OK, form.media_type(), AdminBody::whole(text))
}

/// Events as they come: the app first, then traces and lines.
pub(crate) fn live(state: &AdminState) -> Result<AdminAnswer, Failure> {
    let watcher = store(state)?
        .live
        .watch()
        .ok_or_else(|| Failure::new(Code::ResourceExhausted, "16 pages watch already: close one of them"))?;
    let first = event("app", &state.app().to_string());
    Ok(answer::bytes(StatusCode::OK, "text/event-stream", AdminBody::live(first, watcher)))
}
