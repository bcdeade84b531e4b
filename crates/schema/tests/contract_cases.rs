//! Runs every case of `contract/cases/schema/`: input, verdict, and the value that crosses.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a broken case fails the run")]

#[path = "contract/case.rs"]
mod case;

use std::fmt::Write as _;
use std::sync::Arc;

use case::{Case, Headers, Suite, same_value, suites};
use serde_json::Value;
use twinloop_schema::{Issues, Parts, Registry, RequestShape, TextFlags, TypeId};

#[test]
fn every_document_case_has_its_verdict() {
    run(|suite, registry| {
        let verdict = |case: &Case| {
            let mut out = b"kept".to_vec();
            let ty =
                TypeId(u32::try_from(case.field("type").as_u64().expect("a type")).expect("a small index"));
            let verdict = registry.check(ty, &case.input(), &mut out);
            (verdict, out)
        };
        suite.documents.iter().map(|case| (case.clone(), verdict(case))).collect()
    });
}

#[test]
fn every_request_case_has_its_verdict() {
    run(|suite, registry| {
        let verdict = |case: &Case| {
            let shape = RequestShape::from_json(Arc::clone(registry), case.field("place"))
                .unwrap_or_else(|error| panic!("{}: {error}", case.name()));
            let path = case.path();
            let path: Vec<(&str, &str)> = path.iter().map(|(name, value)| (&**name, &**value)).collect();
            let headers = Headers(case.headers());
            let parts = Parts { path: &path, query: case.text("query"), headers: &headers };
            let mut out = b"kept".to_vec();
            let verdict = shape.read(&parts, &case.input(), &mut out);
            (verdict, out)
        };
        suite.requests.iter().map(|case| (case.clone(), verdict(case))).collect()
    });
}

#[test]
fn every_schema_case_is_refused_when_it_is_loaded() {
    let mut failures = String::new();
    for suite in suites() {
        for case in &suite.schemas {
            let loaded =
                Registry::from_json(case.field("types")).and_then(|registry| match case.get("place") {
                    Some(place) => RequestShape::from_json(Arc::new(registry), place).map(drop),
                    None => Ok(()),
                });
            match (loaded, case.get("refusedAt").and_then(Value::as_str)) {
                (Ok(()), None) => {}
                (Err(error), Some(at)) if error.at() == at => {}
                (outcome, at) => {
                    let _ = writeln!(failures, "{}: {}: {outcome:?}, wanted {at:?}", suite.file, case.name());
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

type Verdict = (Result<TextFlags, Issues>, Vec<u8>);

fn run(verdicts: impl Fn(&Suite, &Arc<Registry>) -> Vec<(Case, Verdict)>) {
    let mut failures = String::new();
    for suite in suites() {
        let registry =
            Registry::from_json(&suite.types).unwrap_or_else(|error| panic!("{}: {error}", suite.file));
        for (case, verdict) in verdicts(&suite, &Arc::new(registry)) {
            if let Err(problem) = judge(&case, &verdict) {
                let _ = writeln!(failures, "{}: {}: {problem}", suite.file, case.name());
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn judge(case: &Case, (verdict, out): &Verdict) -> Result<(), String> {
    let written = out.strip_prefix(b"kept").ok_or("what was in the output before is gone")?;
    match (verdict, case.is_accepted()) {
        (Ok(text), true) => {
            if text.ascii != written.is_ascii() {
                return Err("the ascii flag is wrong".to_owned());
            }
            if case.get("value").is_none() && written == case.input().trim_ascii() {
                return Ok(());
            }
            let shown = String::from_utf8_lossy(written);
            let value: Value = serde_json::from_slice(written)
                .map_err(|error| format!("wrote no JSON ({error}): {shown}"))?;
            if !same_value(&value, &case.value()) {
                return Err(format!("wrote {shown}"));
            }
            Ok(())
        }
        (Err(issues), false) => {
            if !written.is_empty() {
                return Err("the output was not restored".to_owned());
            }
            let wanted = |key: &str, has: &str| case.text(key).is_none_or(|wanted| wanted == has);
            let fits = |at: &str, expected: &str, found: &str| {
                wanted("at", at) && wanted("expected", expected) && wanted("found", found)
            };
            if issues.iter().any(|issue| fits(&issue.at, &issue.expected, &issue.found)) {
                return Ok(());
            }
            Err(format!("refused otherwise: {issues}"))
        }
        (Ok(_), false) => Err(format!("accepted: {}", String::from_utf8_lossy(written))),
        (Err(issues), true) => Err(format!("refused: {issues}")),
    }
}
