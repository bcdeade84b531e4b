//! Runs every file of a public JSON parsing suite, `contract/cases/json-suite/`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a broken file fails the run")]

use std::path::PathBuf;

use serde_json::{Value, json};
use twinloop_schema::{Registry, TypeId};

/// Files in the suite: to be accepted, to be refused, and free.
const COUNTS: [usize; 3] = [95, 188, 35];

struct Suite {
    files: Vec<(String, Vec<u8>)>,
    /// Of the free ones, those that are accepted.
    accepted: Vec<String>,
}

fn suite() -> Suite {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../contract/cases/json-suite");
    let text = std::fs::read(folder.join("verdicts.json")).expect("the verdicts");
    let verdicts: Value = serde_json::from_slice(&text).expect("JSON");
    let list = |key: &str| verdicts[key].as_array().expect("a list").clone();
    let text_of = |value: &Value| value.as_str().expect("text").to_owned();
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder.join("test_parsing"))
        .expect("the files")
        .map(|entry| entry.expect("a file"))
        .map(|entry| {
            let name = entry.file_name().into_string().expect("a name");
            (name, std::fs::read(entry.path()).expect("a readable file"))
        })
        .collect();
    files.extend(list("repeated").iter().map(|entry| {
        let times = usize::try_from(entry["times"].as_u64().expect("times")).expect("few");
        let text = text_of(&entry["piece"]).repeat(times) + &text_of(&entry["end"]);
        (text_of(&entry["file"]), text.into_bytes())
    }));
    files.sort();
    Suite { files, accepted: list("accepted").iter().map(text_of).collect() }
}

#[test]
fn every_file_has_the_verdict_that_its_name_asks_for() {
    let suite = suite();
    let count = |prefix: &str| suite.files.iter().filter(|(name, _)| name.starts_with(prefix)).count();
    assert_eq!([count("y_"), count("n_"), count("i_")], COUNTS);
    let registry = Registry::from_json(&json!([{ "kind": "any" }])).expect("a schema");
    let mut wrong = Vec::new();
    for (name, bytes) in &suite.files {
        let wanted = name.starts_with("y_") || suite.accepted.contains(name);
        let mut out = Vec::new();
        let verdict = registry.check(TypeId(0), bytes, &mut out);
        if verdict.is_ok() != wanted {
            wrong.push(format!("{name}: {verdict:?}"));
        }
        let expected = if wanted { bytes.trim_ascii() } else { &[] };
        assert_eq!(out.trim_ascii(), expected, "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_read_otherwise_where_it_is_a_property_that_is_dropped() {
    let suite = suite();
    let types = json!([{ "kind": "object", "properties": [], "additional": null }]);
    let registry = Registry::from_json(&types).expect("a schema");
    for (name, bytes) in &suite.files {
        let document = [b"{\"dropped\":", &**bytes, b"}"].concat();
        let mut out = Vec::new();
        let verdict = registry.check(TypeId(0), &document, &mut out);
        // What overflows a double is a number by its grammar, and nobody reads it there.
        let overflows = name.starts_with("i_number");
        let wanted = name.starts_with("y_") || suite.accepted.contains(name) || overflows;
        assert!(verdict.is_ok() == wanted, "{name}: {verdict:?}");
        assert!(verdict.is_err() || out == b"{}", "{name}: {}", String::from_utf8_lossy(&out));
    }
}
