//! Measures single pieces of the Rust runtime, each with and without, and prints nanoseconds as JSON.

mod crossing;
#[allow(dead_code, reason = "the runtime's own source, of which only the making of an id is measured here")]
#[path = "../../../crates/api/src/request/id.rs"]
mod request_id;
mod timing;

use std::hint::black_box;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use twinloop_runtime::telemetry::TraceId;

use crate::crossing::Crossing;
use crate::request_id::RequestId;
use crate::timing::{Piece, compare};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The default of an endpoint.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Jobs that cross together.
const BATCH: usize = 64;

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn main() -> Result<(), String> {
    let pieces = [request_ids(), time_limits()?, held_requests()?];
    println!("{}", serde_json::to_string(&pieces).map_err(|error| error.to_string())?);
    Ok(())
}

fn request_ids() -> Piece {
    let answer = |id: Option<RequestId>| {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(id) = id {
            headers.insert(X_REQUEST_ID, id.header_value());
        }
        black_box(headers.len());
    };
    compare("request id", 1, || answer(Some(RequestId::of(TraceId::random()))), || answer(None))
}

fn time_limits() -> Result<Piece, String> {
    let (mut limited, mut unlimited) = (Crossing::new(BATCH), Crossing::new(BATCH));
    let piece = compare(
        "time limit",
        BATCH,
        || limited.carry(BATCH, Some(TIME_LIMIT)),
        || unlimited.carry(BATCH, None),
    );
    limited.outcome().and(unlimited.outcome()).map(|()| piece)
}

/// Of requests that come when as many as may be are with the isolate: every second one here.
fn held_requests() -> Result<Piece, String> {
    let (mut narrow, mut wide) = (Crossing::new(BATCH / 2), Crossing::new(BATCH));
    let piece = compare(
        "back-pressure: held, then let in",
        BATCH / 2,
        || narrow.carry(BATCH, Some(TIME_LIMIT)),
        || wide.carry(BATCH, Some(TIME_LIMIT)),
    );
    narrow.outcome().and(wide.outcome()).map(|()| piece)
}
