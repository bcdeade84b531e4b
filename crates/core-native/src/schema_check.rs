//! The validator on demand: the code that checks requests, for tests that compare it with other implementations.

use std::sync::Arc;

use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Value, json};
use twinloop_runtime::mailbox::Text;
use twinloop_runtime::{Answer, Failure};
use twinloop_schema::{Parts, Registry, RequestShape, TypeId};

use crate::fault;

/// The arguments of `Check`: a JSON text, the types of a manifest and the number of the type to check against.
#[derive(Deserialize)]
pub(crate) struct Check {
    types: Value,
    #[serde(rename = "type")]
    type_id: u32,
    input: String,
}

/// Returns why a list of types in JSON cannot be compiled; `null` where it can. Runs on the caller's thread without a
/// runtime, because the compiler calls it before there is an app.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn schema_fault(types: String) -> Option<String> {
    fault::point("schemaFault");
    let compiled = serde_json::from_str::<Value>(&types)
        .map_err(|error| error.to_string())
        .and_then(|types| Registry::from_json(&types).map_err(|error| error.to_string()));
    compiled.err()
}

/// Checks one JSON text against one type.
pub(crate) fn check(arguments: &Check) -> Answer {
    let registry = registry(&arguments.types)?;
    let mut out = Vec::new();
    let verdict = registry.check(TypeId(arguments.type_id), arguments.input.as_bytes(), &mut out);
    Ok(verdict_text(verdict.map(|text| text.tagged), &out))
}

/// The arguments of `CheckRequest`: a request, the types of a manifest and the endpoint to check against.
#[derive(Deserialize)]
pub(crate) struct CheckRequest {
    types: Value,
    place: Value,
    #[serde(default)]
    path: Vec<(String, String)>,
    query: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    /// Whether the request is also written as a frame.
    #[serde(default)]
    frame: bool,
}

/// Checks a whole request against its endpoint. `frame` of the answer is a list of bytes; `null` where the request is not written as
/// one.
pub(crate) fn check_request(arguments: &CheckRequest) -> Answer {
    let registry = Arc::new(registry(&arguments.types)?);
    let shape = RequestShape::from_json(registry, &arguments.place).map_err(|error| bad_schema(&error))?;
    let path: Vec<(&str, &str)> = arguments.path.iter().map(|(name, value)| (&**name, &**value)).collect();
    let parts = Parts { path: &path, query: arguments.query.as_deref(), headers: &arguments.headers };
    let mut out = Vec::new();
    let verdict = shape.read(&parts, arguments.body.as_bytes(), &mut out);
    let frame = arguments.frame.then(|| shape.read_frame(&parts, &[], arguments.body.as_bytes())).flatten();
    let mut answer = verdict_of(verdict.map(|text| text.tagged), &out);
    answer["frame"] = json!(frame);
    Ok(Text::from(answer.to_string()))
}

fn registry(types: &Value) -> Result<Registry, Failure> {
    Registry::from_json(types).map_err(|error| bad_schema(&error))
}

fn bad_schema(error: &impl std::fmt::Display) -> Failure {
    Failure::invalid_argument(format!("the schema cannot be compiled: {error}"))
}

fn verdict_text(verdict: Result<bool, twinloop_schema::Issues>, out: &[u8]) -> Text {
    Text::from(verdict_of(verdict, out).to_string())
}

fn verdict_of(verdict: Result<bool, twinloop_schema::Issues>, out: &[u8]) -> Value {
    match verdict {
        Ok(tagged) => json!({ "accepted": true, "tagged": tagged, "text": String::from_utf8_lossy(out) }),
        Err(issues) => {
            let mut list = Vec::new();
            issues.to_json(&mut list);
            json!({ "accepted": false, "issues": serde_json::from_slice::<Value>(&list).unwrap_or_default() })
        }
    }
}
