//! The types that `contract/manifest.schema.json` allows in a manifest can be loaded, and those that it refuses cannot.
//!
//! Source: `contract/cases/manifest/types.json`, which the TypeScript side holds to the JSON Schema by a validator.

#![allow(clippy::expect_used, reason = "a broken case fails the run")]

use std::path::Path;

use serde_json::Value;
use twinloop_schema::Registry;

/// The lists of types under one key of the cases.
fn cases(key: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/cases/manifest/types.json");
    let text = std::fs::read_to_string(path).expect("the cases");
    let mut file: Value = serde_json::from_str(&text).expect("JSON");
    let Value::Array(list) = file[key].take() else { panic!("`{key}` is no list") };
    list
}

#[test]
fn loads_every_list_of_types_that_the_schema_allows() {
    for types in cases("valid") {
        let loaded = Registry::from_json(&types);
        assert!(loaded.is_ok(), "{types}: {:?}", loaded.err());
    }
}

#[test]
fn refuses_every_list_of_types_that_the_schema_refuses() {
    for case in cases("invalid") {
        assert!(Registry::from_json(&case["types"]).is_err(), "loaded {}", case["why"]);
    }
}
