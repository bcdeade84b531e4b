//! Attributes as JSON.

use serde_json::{Map, Value as Json};
use twinloop_runtime::telemetry::{Attribute, Value};

/// The largest whole number that JavaScript's numbers hold exactly.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// Attributes as a JSON object; whole numbers that JavaScript cannot hold are texts. Of several with one name the last stands.
pub(crate) fn json(attributes: &[Attribute]) -> Map<String, Json> {
    attributes.iter().map(|(name, value)| (name.to_string(), json_value(value))).collect()
}

fn json_value(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(text.as_ref()),
        Value::Int(number) if number.unsigned_abs() > MAX_SAFE => Json::from(number.to_string()),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::Bool(value) => Json::from(*value),
        Value::Texts(texts) => Json::from(texts.clone()),
    }
}
