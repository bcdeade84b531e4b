//! Fuzzing of the loader of a manifest's types, and of checks against the types that it accepts.

use std::sync::Arc;

use serde_json::Value;

use crate::fuzz::coerce::read_request;
use crate::fuzz::validate::check;
use crate::ir::registry::Registry;
use crate::request::shape::RequestShape;

/// Most types of one input against which a document is checked.
const MAX_TYPES: u32 = 16;

/// Input: types as JSON, a place as JSON, a document, and a request's parts, separated by NULs.
pub fn load(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (types, place, document) = (next(), next(), next());
    let Ok(types) = serde_json::from_slice::<Value>(types) else { return };
    let registry = match Registry::from_json(&types) {
        Ok(registry) => registry,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let list = types.as_array().cloned().unwrap_or_default();
    for ty in 0..MAX_TYPES.min(u32::try_from(list.len()).unwrap_or(MAX_TYPES)) {
        check(&list, &registry, ty, document);
    }
    let Ok(place) = serde_json::from_slice::<Value>(place) else { return };
    match RequestShape::from_json(Arc::new(registry), &place) {
        Ok(shape) => drop(read_request(&shape, [next(), next(), next(), next(), document])),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
