//! Prints what a check costs: the benchmark's body, its refusal, and some harder inputs.
//!
//! `cargo run --release -p twinloop-schema --example workload`

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a program that prints")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use twinloop_schema::{HeaderValues, Parts, Registry, RequestShape, TypeId};

const BODY: &str = r#"{"someKey":"test","someOtherKey":123,"requiredKey":[123,456,789],"nullableKey":null,"multipleTypesKey":true,"multipleRestrictedTypesKey":"test","enumKey":"John"}"#;

struct OneHeader;

impl HeaderValues for OneHeader {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        if name == "x-foo" {
            visit(b"test");
        }
    }
}

fn types() -> Value {
    let property =
        |name: &str, ty: u32, optional: bool| json!({ "name": name, "type": ty, "optional": optional });
    json!([
        { "kind": "number" },
        { "kind": "string" },
        { "kind": "array", "items": 0 },
        { "kind": "null" },
        { "kind": "union", "arms": [0, 3] },
        { "kind": "boolean" },
        { "kind": "union", "arms": [5, 0] },
        { "kind": "union", "arms": [1, 0] },
        { "kind": "enum", "values": ["John", "Foo"] },
        { "kind": "object", "additional": null, "properties": [
            property("someKey", 1, true), property("someOtherKey", 0, true), property("requiredKey", 2, false),
            property("nullableKey", 4, true), property("multipleTypesKey", 6, true),
            property("multipleRestrictedTypesKey", 7, true), property("enumKey", 8, true)
        ] },
        { "kind": "object", "additional": null, "properties": [property("next", 12, true), property("a", 0, true)] },
        { "kind": "object", "additional": null, "properties": [property("next", 12, true), property("b", 1, true)] },
        { "kind": "union", "arms": [10, 11] },
        { "kind": "object", "additional": { "key": null, "value": 0 }, "properties": [] },
        { "kind": "any" },
        { "kind": "array", "items": 9 }
    ])
}

fn main() {
    let registry = Arc::new(Registry::from_json(&types()).expect("a schema"));
    document(&registry, "workload body", 9, BODY);
    let spaced =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(BODY).expect("JSON")).expect("JSON");
    document(&registry, "workload body, pretty", 9, &spaced);
    let refused = BODY.replace("[123,456,789]", "[\"a\",1]");
    document(&registry, "workload body, refused", 9, &refused);
    request(&registry);

    let deep = format!("{}{}{}", r#"{"a":1,"b":"x","next":"#.repeat(127), "{}", "}".repeat(127));
    document(&registry, "overlapping union, 128 deep", 12, &deep);
    let deep = format!("{}{}{}", r#"{"a":1,"next":"#.repeat(127), "[]", "}".repeat(127));
    document(&registry, "overlapping union, 127 deep, refused", 12, &deep);
    let entries: Vec<String> = (0..100_000).map(|index| format!("\"k{index}\":{index},")).collect();
    let record = format!("{{{}\"end\":0}}", entries.concat());
    document(&registry, "record of 100,000 keys", 13, &record);
    document(&registry, "100,000 unknown keys", 9, &record);
    document(&registry, "any, 100,000 keys", 14, &record);
    let list = format!("[{}{BODY}]", format!("{BODY},").repeat(9_999));
    document(&registry, "10,000 workload bodies", 15, &list);
    let text = format!("{{\"someKey\":\"{}\",\"requiredKey\":[]}}", "x".repeat(10_000_000));
    document(&registry, "a string of 10 MB", 9, &text);
}

fn document(registry: &Registry, name: &str, ty: u32, input: &str) {
    let mut out = Vec::with_capacity(input.len() + 16);
    print(name, input.len(), || {
        out.clear();
        black_box(registry.check(TypeId(ty), black_box(input.as_bytes()), &mut out).is_ok())
    });
}

fn request(registry: &Arc<Registry>) {
    let field = |name: &str, place: &str, wire: &str, ty: u32| json!({ "name": name, "in": place, "wire": wire, "type": ty, "optional": true });
    let place = json!({ "fields": [field("name", "query", "name", 1), field("excitement", "query", "excitement", 0), field("foo", "header", "x-foo", 1)],
        "body": 9, "bodyOptional": false });
    let shape = RequestShape::from_json(Arc::clone(registry), &place).expect("a place");
    let parts = Parts { path: &[], query: Some("name=test&excitement=123"), headers: &OneHeader };
    let mut out = Vec::with_capacity(512);
    print("workload request", BODY.len(), || {
        out.clear();
        black_box(shape.read(black_box(&parts), black_box(BODY.as_bytes()), &mut out).is_ok())
    });
}

/// Prints the best of several rounds.
fn print(name: &str, bytes: usize, mut run: impl FnMut() -> bool) {
    let accepted = run();
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let (start, mut times) = (Instant::now(), 0_u32);
        while start.elapsed() < Duration::from_millis(60) {
            for _ in 0..if bytes < 10_000 { 1_000 } else { 1 } {
                run();
                times += 1;
            }
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(times));
    }
    #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    let rate = bytes as f64 / best;
    let verdict = if accepted { "accepted" } else { "refused" };
    println!("{name:<40} {verdict:<9} {bytes:>9} bytes  {best:>12.0} ns  {rate:>6.2} GB/s");
}
