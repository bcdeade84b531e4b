//! What a program may ask about the runtime itself.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use twinloop_runtime::mailbox::Text;
use twinloop_runtime::{Answer, Component, Failure, Invocation, Operation};
use twinloop_schema::{HeaderValues, Parts, Registry, RequestShape, TypeId};

/// Component 0.
pub(crate) struct Diagnosis;

impl Component for Diagnosis {
    fn name(&self) -> &'static str {
        "core-native"
    }

    fn call(&self, invocation: Invocation) -> Operation {
        Box::pin(async move {
            match invocation.operation {
                1 => Ok(stats(&invocation)),
                2 => check(&invocation),
                3 => check_request(&invocation),
                #[cfg(feature = "fault-injection")]
                4 => panic!("injected"),
                other => Err(Failure::new("unimplemented", format!("diagnosis has no operation {other}"))),
            }
        })
    }
}

fn stats(invocation: &Invocation) -> Text {
    let isolates = invocation.core.isolates();
    let load = invocation.isolate.port.load();
    let answer = json!({ "ioThreads": invocation.core.io_threads(), "serving": isolates.serving(), "inFlight": load });
    Text::from(answer.to_string())
}

#[derive(Deserialize)]
struct Check {
    types: Value,
    #[serde(rename = "type")]
    type_id: u32,
    input: String,
}

/// Runs the validator on one text: the same code that checks requests, for tests and for `twinloop check`.
fn check(invocation: &Invocation) -> Answer {
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

fn check_request(invocation: &Invocation) -> Answer {
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
        Ok(tagged) => json!({ "accepted": true, "tagged": tagged, "text": String::from_utf8_lossy(out) }).to_string(),
        Err(issues) => {
            let mut list = Vec::new();
            issues.to_json(&mut list);
            format!(r#"{{"accepted":false,"issues":{}}}"#, String::from_utf8_lossy(&list))
        }
    };
    Text::from(text)
}
