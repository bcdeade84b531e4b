//! Fuzzing of the parameters of requests.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use crate::ir::registry::Registry;
use crate::request::parameters::{HeaderValues, Parts};
use crate::request::shape::RequestShape;

/// The names of path and header parameters in each fuzzed request.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// One field of each type from each source, and a body.
static SHAPE: LazyLock<RequestShape> = LazyLock::new(|| {
    let types = serde_json::json!([
        { "kind": "number" },
        { "kind": "boolean" },
        { "kind": "string" },
        { "kind": "enum", "values": ["x", 1, false] },
        { "kind": "date" },
        { "kind": "bigint" },
        { "kind": "bytes" },
        { "kind": "array", "items": 0 },
        { "kind": "union", "arms": [0, 1, 2] },
        { "kind": "object", "properties": [{ "name": "body", "type": 0, "optional": true }], "additional": null },
        { "kind": "number", "int": true, "min": 0, "max": 255 },
        { "kind": "union", "arms": [7, 2] },
    ]);
    let field = |source: &str, wire: &str, ty: u32| serde_json::json!({ "name": format!("{source}_{wire}"), "in": source, "wire": wire, "type": ty, "optional": true });
    let mut fields = Vec::new();
    for (source, kinds) in [
        ("path", [0, 2, 8, 4]),
        ("query", [0, 7, 3, 11]),
        ("header", [0, 1, 5, 6]),
        ("cookie", [0, 10, 2, 8]),
    ] {
        fields.extend(NAMES.iter().zip(kinds).map(|(name, kind)| field(source, name, kind)));
    }
    let place = serde_json::json!({ "fields": fields, "body": 9, "bodyOptional": true });
    let shape =
        Registry::from_json(&types).and_then(|registry| RequestShape::from_json(Arc::new(registry), &place));
    assert!(shape.is_ok(), "{shape:?}");
    shape.unwrap_or_else(|_| unreachable!())
});

/// Input: path segments, a query, header values, a `Cookie` header and a body, separated by NULs; the first and third by lines.
pub fn coerce(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let request = [next(), next(), next(), next(), next()];
    let Some(read) = read_request(&SHAPE, request) else { return };
    for (source, text) in [("path_a", first_line(request[0])), ("header_a", first_line(request[2]))] {
        number_crosses_as_it_is_written(read.get(source), text);
    }
    assert!(read.keys().all(|name| name == "body" || name.contains('_')));
}

fn first_line(part: &[u8]) -> Option<&str> {
    std::str::from_utf8(lines(part).next()?).ok()
}

/// Panics unless an accepted number is exactly what `serde_json` reads: the grammar of numbers is that of JSON.
fn number_crosses_as_it_is_written(read: Option<&Value>, text: Option<&str>) {
    let (Some(read), Some(text)) = (read, text) else { return };
    if !text.contains('%') {
        let expected: Option<f64> = serde_json::from_str(text.trim_ascii()).ok();
        assert_eq!(read.as_f64().map(f64::to_bits), expected.map(f64::to_bits), "{text:?}");
    }
}

/// Checks the properties of any request, and returns the merged object when it is accepted.
pub(crate) fn read_request(shape: &RequestShape, request: [&[u8]; 5]) -> Option<Map<String, Value>> {
    let [path, query, headers, cookie, body] = request;
    let segments: Vec<&str> = lines(path).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let pairs: Vec<(&str, &str)> = NAMES.into_iter().zip(segments).collect();
    let headers = Headers { lines: lines(headers).collect(), cookie };
    let query = std::str::from_utf8(query).ok();
    let mut out = b"kept".to_vec();
    let verdict = shape.read(&Parts { path: &pairs, query, headers: &headers }, body, &mut out);
    let written = out.strip_prefix(b"kept").unwrap_or_else(|| panic!("what was there is gone"));
    match verdict {
        Ok(text) => {
            assert_eq!(text.ascii, written.is_ascii());
            let value: Result<Value, _> = serde_json::from_slice(written);
            assert!(value.is_ok() || body.len() > 120, "{}", String::from_utf8_lossy(written));
            value.ok()?.as_object().cloned()
        }
        Err(issues) => {
            assert!(written.is_empty() && (1..=16).contains(&issues.len()), "{issues}");
            None
        }
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

struct Headers<'h> {
    lines: Vec<&'h [u8]>,
    cookie: &'h [u8],
}

impl HeaderValues for Headers<'_> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        if name == "cookie" {
            visit(self.cookie);
        }
        if let Some(line) = NAMES.iter().position(|known| *known == name).and_then(|at| self.lines.get(at)) {
            visit(line);
        }
    }
}
