//! Depth, time and text that only bytes can express: what the contract's text cases cannot hold.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failure ends the run")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use twinloop_schema::{HeaderValues, Parts, Registry, RequestShape, TypeId};

/// Recursive types: a tagged union (2), a union that overlaps (5), a record (6), an array (7), any (8).
fn types() -> Value {
    let property =
        |name: &str, ty: u32, optional: bool| json!({ "name": name, "type": ty, "optional": optional });
    let object =
        |properties: Value| json!({ "kind": "object", "properties": properties, "additional": null });
    json!([
        object(json!([property("next", 2, true), property("pad", 8, true), property("kind", 9, false)])),
        object(json!([property("next", 2, true), property("pad", 8, true), property("kind", 10, false)])),
        { "kind": "union", "arms": [0, 1] },
        object(json!([property("next", 5, true), property("pad", 8, true), property("a", 11, false)])),
        object(json!([property("next", 5, true), property("pad", 8, true), property("b", 11, false)])),
        { "kind": "union", "arms": [3, 4] },
        { "kind": "object", "properties": [], "additional": { "key": null, "value": 6 } },
        { "kind": "array", "items": 7 },
        { "kind": "any" },
        { "kind": "literal", "value": "x" },
        { "kind": "literal", "value": "y" },
        { "kind": "number" },
        { "kind": "number", "multipleOf": 0.01, "min": 0, "int": true },
        { "kind": "bigint", "min": "0" },
        { "kind": "string", "patterns": ["^(a|aa)+$"], "minLen": 1 }
    ])
}

fn check(ty: u32, input: &str) -> bool {
    let registry = Registry::from_json(&types()).unwrap();
    registry.check(TypeId(ty), input.as_bytes(), &mut Vec::new()).is_ok()
}

fn wrapped(depth: usize, before: &str, inner: &str, after: &str) -> String {
    format!("{}{inner}{}", before.repeat(depth), after.repeat(depth))
}

#[test]
fn the_deepest_documents_fit_a_small_stack() {
    let walk = || {
        let last = wrapped(127, r#"{"next":"#, r#"{"kind":"x"}"#, r#","kind":"y"}"#);
        assert!(check(2, &last));
        assert!(check(5, &wrapped(127, r#"{"next":"#, r#"{"a":1}"#, r#","b":1}"#)));
        assert!(!check(5, &wrapped(127, r#"{"next":"#, r#"{"c":1}"#, r#","b":1}"#)));
        assert!(check(6, &wrapped(127, r#"{"":"#, "{}", "}")));
        assert!(check(7, &wrapped(128, "[", "", "]")));
        assert!(check(8, &wrapped(128, "[", "", "]")));
        for ty in [2, 5, 6, 7, 8] {
            assert!(!check(ty, &"[".repeat(1_000_000)));
            assert!(!check(ty, &r#"{"next":"#.repeat(1_000_000)));
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(walk).unwrap().join().unwrap();
}

/// The time of one run. Whatever else the machine does only adds to it, so the least of several runs is the run's own.
fn time(run: impl Fn()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Measures a run until its least time is below `bound` times the least of `measure`, at most 20 times each.
fn is_within(bound: u32, measure: impl Fn(), run: impl Fn()) -> bool {
    let (mut unit, mut least) = (Duration::MAX, Duration::MAX);
    (0..20).any(|_| {
        unit = unit.min(time(&measure));
        least = least.min(time(&run));
        least < unit * bound
    })
}

#[test]
fn depth_does_not_multiply_the_time_of_a_union() {
    let pad = format!("[{}{{}}]", "{\"k\":[1]},".repeat(20_000));
    let inner = |end: &str| format!("{{\"pad\":{pad},{end}}}");
    let flat = inner("\"kind\":\"x\"");
    let cases = [
        (2, wrapped(120, r#"{"next":"#, &inner("\"kind\":\"x\""), r#","kind":"y"}"#), true),
        (2, wrapped(120, r#"{"next":"#, &inner("\"kind\":\"z\""), r#","kind":"y"}"#), false),
        (5, wrapped(120, r#"{"next":"#, &inner("\"a\":1"), r#","a":1,"b":2}"#), true),
        (5, wrapped(120, r#"{"next":"#, &inner("\"c\":1"), r#","a":1,"b":2}"#), false),
    ];
    for (ty, input, accepted) in cases {
        let is_within =
            is_within(40, || assert!(check(8, &flat)), || assert_eq!(check(ty, &input), accepted));
        assert!(is_within, "type {ty}, accepted {accepted}: 40 times the time of the flat walk, or more");
    }
}

#[test]
fn long_inputs_take_time_in_proportion() {
    let digits = "7".repeat(1_000_000);
    let entries: Vec<String> = (0..100_000).map(|index| format!("\"{index}\":{{}}")).collect();
    let record = format!("{{{}}}", entries.join(","));
    let cases = [
        (12, format!("0.{digits}"), false),
        (12, format!("{digits}e-999999"), false),
        (13, digits.clone(), false),
        (11, format!("0.{digits}"), true),
        (8, format!("[{}1]", "1e-400,".repeat(100_000)), true),
        (14, format!("\"{}b\"", "a".repeat(1_000_000)), false),
        (6, record, true),
        (6, format!("{{{}\"end\":{{}}}}", "\"k\":{},".repeat(100_000)), false),
        (2, format!("{{{}\"kind\":\"x\"}}", "\"k\":{},".repeat(100_000)), true),
        (5, format!("{{{}\"a\":1}}", "\"k\":[{}],".repeat(100_000)), true),
        (8, format!("\"{}\"", "\\u0041".repeat(500_000)), true),
    ];
    for (ty, input, accepted) in cases {
        let start = Instant::now();
        assert_eq!(check(ty, &input), accepted, "type {ty}: {}…", &input[..20]);
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_secs(8), "type {ty}: {}… took {elapsed:?}", &input[..20]);
    }
}

struct Raw(&'static [(&'static str, &'static [u8])]);

impl HeaderValues for Raw {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.iter().filter(|(given, _)| *given == name).for_each(|(_, value)| visit(value));
    }
}

#[test]
fn header_and_cookie_bytes_that_are_no_utf8_are_refused() {
    let registry = Arc::new(Registry::from_json(&json!([{ "kind": "string" }])).unwrap());
    let field = |name: &str, place: &str| json!({ "name": name, "in": place, "wire": name, "type": 0, "optional": true });
    let place = json!({ "fields": [field("x-foo", "header"), field("sid", "cookie")], "body": null, "bodyOptional": false });
    let shape = RequestShape::from_json(registry, &place).unwrap();
    let read = |headers: &'static [(&'static str, &'static [u8])]| {
        let mut out = Vec::new();
        let verdict = shape.read(&Parts { path: &[], query: None, headers: &Raw(headers) }, b"", &mut out);
        verdict.map(|text| (text.ascii, String::from_utf8(out).unwrap())).map_err(|issues| issues.to_string())
    };
    assert_eq!(read(&[("x-foo", b"\xc3\xa4")]), Ok((false, "{\"x-foo\":\"ä\"}".to_owned())));
    let undecodable = "expected UTF-8 text with whole escapes, found undecodable text";
    assert_eq!(read(&[("x-foo", b"\xe4")]), Err(format!("header.x-foo: {undecodable}")));
    assert_eq!(read(&[("cookie", b"sid=\xff")]), Err(format!("cookie.sid: {undecodable}")));
    assert_eq!(read(&[("cookie", b"\xff=1; other=\xff; sid=x")]), Ok((true, "{\"sid\":\"x\"}".to_owned())));
}

#[test]
fn a_million_query_pairs_are_read_in_one_pass() {
    let registry = Arc::new(
        Registry::from_json(&json!([{ "kind": "number" }, { "kind": "array", "items": 0 }])).unwrap(),
    );
    let field = |name: &str, ty: u32| json!({ "name": name, "in": "query", "wire": name, "type": ty, "optional": true });
    let place = json!({ "fields": [field("one", 0), field("list", 1)], "body": null, "bodyOptional": false });
    let shape = RequestShape::from_json(registry, &place).unwrap();
    let read = |query: &str| {
        let mut out = Vec::new();
        shape
            .read(&Parts { path: &[], query: Some(query), headers: &Raw(&[]) }, b"", &mut out)
            .map(|_| out.len())
    };
    assert_eq!(read(&"list=1&x=2&".repeat(200_000)), Ok("{\"list\":[]}".len() + 2 * 200_000 - 1));
    let twice = read(&"one=1&".repeat(200_000)).unwrap_err();
    assert_eq!(twice.to_string(), "query.one: expected one value, found 200000 values");
}

#[test]
fn what_is_in_the_output_stays_and_the_issues_read_as_json() {
    let registry = Registry::from_json(&types()).unwrap();
    let mut out = b"before".to_vec();
    let issues = registry.check(TypeId(2), br#"{"kind":"x","next":{"kind":"q"}}"#, &mut out).unwrap_err();
    assert_eq!(out, b"before");
    let mut json = Vec::new();
    issues.to_json(&mut json);
    let list: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(list, json!([{ "at": "body.next.kind", "expected": "\"x\" | \"y\"", "found": "\"q\"" }]));
    let text = registry.check(TypeId(8), b" 1 ", &mut out).unwrap();
    assert_eq!((out.as_slice(), text.ascii, text.tagged), (&b"before1"[..], true, false));
}

#[test]
fn a_registry_is_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Registry>();
    is_shared::<RequestShape>();
}
