//! The format of `contract/cases/schema/*.json`.
//!
//! A file is `{ "types": […], "cases"?: […], "requests"?: […], "schemas"?: […] }`. Bytes are given as text (`input`,
//! `body`), as base64 (`inputBase64`) or as repeated parts (`inputParts`: `[[text, times], …]`). An accepted case may name the
//! `value` that crosses, in tagged form; without one the input crosses as it is. A refused one names an issue's `at`, `expected` and
//! `found`, each optional. A schema case names where loading its `types` (and `place`) is refused, if it is.

use std::path::Path;

use serde_json::Value;
use twinloop_schema::HeaderValues;

/// One file of cases.
pub(crate) struct Suite {
    pub(crate) file: String,
    pub(crate) types: Value,
    pub(crate) documents: Vec<Case>,
    pub(crate) requests: Vec<Case>,
    pub(crate) schemas: Vec<Case>,
}

/// One case.
#[derive(Clone)]
pub(crate) struct Case(Value);

pub(crate) fn suites() -> Vec<Suite> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/cases/schema");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the cases").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Suite {
    let file = path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("a readable file");
    let mut value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut cases = |key: &str| match value[key].take() {
        Value::Array(cases) => cases.into_iter().map(Case).collect(),
        _ => Vec::new(),
    };
    let (documents, requests, schemas) = (cases("cases"), cases("requests"), cases("schemas"));
    Suite { file, types: value["types"].take(), documents, requests, schemas }
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        self.text("name").expect("a case has a name")
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub(crate) fn field(&self, key: &str) -> &Value {
        self.get(key).unwrap_or_else(|| panic!("{}: no `{key}`", self.name()))
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.field("accept").as_bool().expect("a verdict")
    }

    /// The bytes of the document or the body.
    pub(crate) fn input(&self) -> Vec<u8> {
        if let Some(text) = self.text("input").or_else(|| self.text("body")) {
            return text.as_bytes().to_vec();
        }
        if let Some(text) = self.text("inputBase64") {
            return base64(text);
        }
        let parts = self.get("inputParts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let repeated = |part: &Value| {
            part[0]
                .as_str()
                .expect("text")
                .repeat(usize::try_from(part[1].as_u64().expect("times")).expect("few"))
        };
        parts.iter().map(repeated).collect::<String>().into_bytes()
    }

    /// What crosses: the value that is named, or the input.
    pub(crate) fn value(&self) -> Value {
        match self.get("value") {
            Some(value) => value.clone(),
            None => serde_json::from_slice(&self.input()).expect("an accepted input is JSON"),
        }
    }

    pub(crate) fn path(&self) -> Vec<(String, String)> {
        let path = self.get("path").and_then(Value::as_object);
        path.into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()))
            .collect()
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let headers = self.get("headers").and_then(Value::as_array);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        headers.into_iter().flatten().map(|header| (text(&header[0]), text(&header[1]))).collect()
    }
}

/// The headers of a case.
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl HeaderValues for Headers {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.iter().filter(|(given, _)| given == name).for_each(|(_, value)| visit(value.as_bytes()));
    }
}

/// Equality as JavaScript's `Object.is` has it, at every depth: numbers are doubles, and -0 is not 0.
pub(crate) fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let bits = |number: &serde_json::Number| number.as_f64().map(f64::to_bits);
            bits(left) == bits(right)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(key, value): (&String, &Value)| {
                right.get(key).is_some_and(|other| same_value(value, other))
            };
            left.len() == right.len() && left.iter().all(same)
        }
        _ => left == right,
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextets = text.bytes().filter_map(|byte| ALPHABET.iter().position(|letter| *letter == byte));
    let bits: Vec<usize> =
        sextets.flat_map(|sextet| (0..6).rev().map(move |bit| sextet >> bit & 1)).collect();
    let octets = bits.chunks_exact(8).map(|octet| octet.iter().fold(0, |byte, bit| byte << 1 | bit));
    octets.map(|byte| u8::try_from(byte).expect("eight bits")).collect()
}
