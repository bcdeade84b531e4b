//! Compiled schemas of an isolate, checked on its own thread without starting the runtime: for calls between endpoints, which
//! cross no socket.

use std::sync::{Arc, LazyLock, RwLock};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde::Deserialize;
use serde_json::Value;
use twinloop_runtime::{lock_to_read, lock_to_write};
use twinloop_schema::{Issues, Parts, Registry, RequestShape, TextFlags, TypeId};

use crate::fault;

/// The sets by their number. A set stays for the life of the process, and serves every isolate of the app: it is found by what it
/// was compiled from.
static SETS: LazyLock<RwLock<Vec<Arc<SchemaSet>>>> = LazyLock::new(RwLock::default);

/// The types of a manifest, and the requests of its endpoints.
struct SchemaSet {
    /// The types and the requests, as they were given.
    source: (String, String),
    registry: Arc<Registry>,
    shapes: Vec<Option<RequestShape>>,
}

/// A request of an endpoint, and whether issues hide its values.
#[derive(Deserialize)]
struct Place {
    place: Option<Value>,
    #[serde(default)]
    sensitive: bool,
}

/// The parts of a request beside its body, as a client would send them.
#[derive(Deserialize)]
struct Given {
    path: Vec<(String, String)>,
    query: Option<String>,
    headers: Vec<(String, String)>,
}

/// Compiles types and the requests of endpoints, `[{"place":…,"sensitive":…},…]`, and returns the number of the set.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn schema_open(types: String, places: String) -> Result<u32> {
    fault::point("schemaOpen");
    let source = (types, places);
    let mut sets = lock_to_write(&SETS);
    if let Some(known) = sets.iter().position(|set| set.source == source) {
        return u32::try_from(known).map_err(bad);
    }
    let set = compile(source)?;
    sets.push(Arc::new(set));
    u32::try_from(sets.len() - 1).map_err(bad)
}

fn compile(source: (String, String)) -> Result<SchemaSet> {
    let types: Value = serde_json::from_str(&source.0).map_err(bad)?;
    let registry = Arc::new(Registry::from_json(&types).map_err(bad)?);
    let places: Vec<Place> = serde_json::from_str(&source.1).map_err(bad)?;
    let shapes = places.iter().map(|place| shape(&registry, place)).collect::<Result<_>>()?;
    Ok(SchemaSet { source, registry, shapes })
}

fn shape(registry: &Arc<Registry>, given: &Place) -> Result<Option<RequestShape>> {
    let Some(place) = &given.place else { return Ok(None) };
    let shape = RequestShape::from_json(Arc::clone(registry), place).map_err(bad)?;
    Ok(Some(if given.sensitive { shape.hiding_values() } else { shape }))
}

/// Checks a request of the endpoint `index`. Returns `=` and the checked text, `#` and the checked text with tags, or `!` and
/// `{"summary":…,"issues":[…]}`.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn schema_request(set: u32, index: u32, parts: String, body: String) -> Result<String> {
    fault::point("schemaRequest");
    let set = find(set)?;
    let shape = usize::try_from(index).ok().and_then(|index| set.shapes.get(index)?.as_ref());
    let shape = shape.ok_or_else(|| Error::new(Status::InvalidArg, "the endpoint takes no request"))?;
    let given: Given = serde_json::from_str(&parts).map_err(bad)?;
    let path: Vec<(&str, &str)> = given.path.iter().map(|(name, value)| (&**name, &**value)).collect();
    let parts = Parts { path: &path, query: given.query.as_deref(), headers: &given.headers };
    let mut out = b"=".to_vec();
    let verdict = shape.read(&parts, body.as_bytes(), &mut out);
    text(verdict, out)
}

/// Checks a JSON text against a type. Returns what `schemaRequest` returns.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn schema_value(set: u32, type_id: u32, input: String) -> Result<String> {
    fault::point("schemaValue");
    let set = find(set)?;
    let mut out = b"=".to_vec();
    let verdict = set.registry.check(TypeId(type_id), input.as_bytes(), &mut out);
    text(verdict, out)
}

fn text(verdict: std::result::Result<TextFlags, Issues>, mut out: Vec<u8>) -> Result<String> {
    match verdict {
        Ok(flags) => {
            if flags.tagged {
                out[0] = b'#';
            }
        }
        Err(issues) => {
            let summary = Value::from(issues.to_string()).to_string();
            out = format!(r#"!{{"summary":{summary},"issues":"#).into_bytes();
            issues.to_json(&mut out);
            out.push(b'}');
        }
    }
    String::from_utf8(out).map_err(bad)
}

fn find(set: u32) -> Result<Arc<SchemaSet>> {
    let sets = lock_to_read(&SETS);
    let found = usize::try_from(set).ok().and_then(|set| sets.get(set).cloned());
    found.ok_or_else(|| Error::new(Status::InvalidArg, "there is no such set of schemas"))
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}
