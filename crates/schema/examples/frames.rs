//! Prints what a large body costs as text and as a frame: lists of objects, in the order of declaration and otherwise, long strings,
//! a matrix and a tree.
//!
//! `cargo run --release -p twinloop-schema --example frames`

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a program that prints")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use twinloop_schema::{Parts, Registry, RequestShape};

const PARTS: Parts<'_> = Parts { path: &[], query: None, headers: &() };

fn types() -> Value {
    let object = |properties: &[(&str, u32)]| {
        let listed =
            properties.iter().map(|(name, ty)| json!({ "name": name, "type": ty, "optional": false }));
        json!({ "kind": "object", "additional": null, "properties": listed.collect::<Vec<Value>>() })
    };
    json!([
        { "kind": "number" },
        { "kind": "string" },
        { "kind": "boolean" },
        { "kind": "null" },
        { "kind": "array", "items": 1 },
        { "kind": "union", "arms": [1, 3] },
        object(&[("id", 0), ("name", 1), ("price", 0), ("tags", 4), ("inStock", 2), ("note", 5)]),
        { "kind": "array", "items": 6 },
        object(&[("items", 7)]),
        { "kind": "array", "items": 0 },
        { "kind": "array", "items": 9 },
        object(&[("name", 1), ("value", 0), ("children", 12)]),
        { "kind": "array", "items": 11 },
    ])
}

fn main() {
    let registry = Arc::new(Registry::from_json(&types()).expect("a schema"));
    for count in [3, 7, 27, 441] {
        body(
            &registry,
            &format!("{count} objects"),
            8,
            &format!("{{\"items\":[{}]}}", items(count, "", false)),
        );
    }
    body(&registry, "reversed names", 8, &format!("{{\"items\":[{}]}}", items(441, "", true)));
    body(
        &registry,
        "an unknown name each",
        8,
        &format!("{{\"items\":[{}]}}", items(441, "\"other\":[1,2],", false)),
    );
    let broken = format!("{{\"items\":[{},1]}}", items(441, "", false));
    body(&registry, "refused at its end", 8, &broken);
    let strings: Vec<String> =
        (0..64).map(|index| format!("\"{}\"", format!("text {index} of 64 ").repeat(63))).collect();
    body(&registry, "64 strings of 1 KB", 4, &format!("[{}]", strings.join(",")));
    let row = |row: u32| {
        (0..60)
            .map(|at| f64::from(row * 60 + at + 1).sqrt().fract().to_string())
            .collect::<Vec<String>>()
            .join(",")
    };
    let rows: Vec<String> = (0..60).map(|index| format!("[{}]", row(index))).collect();
    body(&registry, "matrix of 60 x 60", 10, &format!("[{}]", rows.join(",")));
    body(&registry, "tree of 1,365 nodes", 11, &tree(5, &mut 0));
}

fn items(count: u32, before: &str, is_reversed: bool) -> String {
    let item = |number: u32| {
        let note = if number.is_multiple_of(4) {
            "null"
        } else {
            "\"seven of these come in a box, and the box comes back\""
        };
        let mut members = [
            format!("\"id\":{number}"),
            format!("\"name\":\"item number {number}\""),
            format!("\"price\":{}", f64::from(number) * 0.25 + 0.125),
            format!("\"tags\":[\"new\",\"group-{}\",\"sale\"]", number % 7),
            format!("\"inStock\":{}", !number.is_multiple_of(3)),
            format!("\"note\":{note}"),
        ];
        if is_reversed {
            members.reverse();
        }
        format!("{{{before}{}}}", members.join(","))
    };
    (1..=count).map(item).collect::<Vec<String>>().join(",")
}

fn tree(depth: u32, number: &mut u32) -> String {
    *number += 1;
    let (name, value) = (*number, f64::from(*number) * 0.5 + 0.25);
    let children: Vec<String> =
        if depth == 0 { Vec::new() } else { (0..4).map(|_| tree(depth - 1, number)).collect() };
    format!("{{\"name\":\"node {name}\",\"value\":{value},\"children\":[{}]}}", children.join(","))
}

fn body(registry: &Arc<Registry>, name: &str, ty: u32, input: &str) {
    let place = json!({ "fields": [], "body": ty, "bodyOptional": false });
    let shape = RequestShape::from_json(Arc::clone(registry), &place).expect("a place");
    let text = || {
        let mut out = Vec::with_capacity(input.len() + 64);
        black_box(shape.read(&PARTS, black_box(input.as_bytes()), &mut out).is_ok())
    };
    let frame = || black_box(shape.read_frame(&PARTS, &[], black_box(input.as_bytes()))).is_some();
    let (mut texts, mut frames) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..15 {
        texts = texts.min(micros(text));
        frames = frames.min(micros(frame));
    }
    let size = shape.read_frame(&PARTS, &[], input.as_bytes()).map_or(0, |frame| frame.len());
    println!(
        "{name:<24} {:>6} bytes  text {texts:>7.2} µs  frame {frames:>7.2} µs, {size:>6} bytes",
        input.len()
    );
}

fn micros(run: impl Fn() -> bool) -> f64 {
    let (start, mut times) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_millis(20) {
        black_box(run());
        times += 1;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}
