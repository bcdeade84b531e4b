//! Runs the validator on demand: the same code that checks requests, for tests that compare it with other readings.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use twinloop_runtime::mailbox::Text;
use twinloop_runtime::{Answer, Failure, Invocation};
use twinloop_schema::{HeaderValues, Parts, Registry, RequestShape, TypeId};

#[derive(Deserialize)]
struct Check {
    types: Value,
    #[serde(rename = "type")]
    type_id: u32,
    input: String,
}

/// Checks one JSON text against one type.
pub(crate) fn check(invocation: &Invocation) -> Answer {
    let arguments: Check = invocation.arguments()?;
    let registry = registry(&arguments.types)?;
    let mut out = Vec::new();
    let verdict = registry.check(TypeId(arguments.type_id), arguments.input.as_bytes(), &mut out);
    Ok(verdict_text(verdict.map(|text| text.tagged), &out))
}

#[derive(Deserialize)]
struct CheckRequest {
    types: Value,
    place: Value,
    #[serde(default)]
    path: Vec<(String, String)>,
    query: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
}

/// Checks a whole request against its place.
pub(crate) fn check_request(invocation: &Invocation) -> Answer {
    let arguments: CheckRequest = invocation.arguments()?;
    let registry = Arc::new(registry(&arguments.types)?);
    let shape = RequestShape::from_json(registry, &arguments.place).map_err(|error| bad_schema(&error))?;
    let path: Vec<(&str, &str)> = arguments.path.iter().map(|(name, value)| (&**name, &**value)).collect();
    let headers = Pairs(&arguments.headers);
    let parts = Parts { path: &path, query: arguments.query.as_deref(), headers: &headers };
    let mut out = Vec::new();
    let verdict = shape.read(&parts, arguments.body.as_bytes(), &mut out);
    Ok(verdict_text(verdict.map(|text| text.tagged), &out))
}

struct Pairs<'a>(&'a [(String, String)]);

impl HeaderValues for Pairs<'_> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.iter().filter(|(given, _)| given == name).for_each(|(_, value)| visit(value.as_bytes()));
    }
}

fn registry(types: &Value) -> Result<Registry, Failure> {
    Registry::from_json(types).map_err(|error| bad_schema(&error))
}

fn bad_schema(error: &impl std::fmt::Display) -> Failure {
    Failure::new("invalid_argument", format!("the schema cannot be compiled: {error}"))
}

fn verdict_text(verdict: Result<bool, twinloop_schema::Issues>, out: &[u8]) -> Text {
    let text = match verdict {
        Ok(tagged) => {
            json!({ "accepted": true, "tagged": tagged, "text": String::from_utf8_lossy(out) }).to_string()
        }
        Err(issues) => {
            let mut list = Vec::new();
            issues.to_json(&mut list);
            format!(r#"{{"accepted":false,"issues":{}}}"#, String::from_utf8_lossy(&list))
        }
    };
    Text::from(text)
}
