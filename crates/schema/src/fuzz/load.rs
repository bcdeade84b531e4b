//! The loader of a manifest's types, and the check against whatever it accepts.

use std::sync::Arc;

use serde_json::Value;

use crate::fuzz::coerce::read_request;
use crate::fuzz::validate::check;
use crate::registry::Registry;
use crate::request::RequestShape;

/// Types that are checked of one input, at most.
const MAX_TYPES: u32 = 16;

/// Types as JSON, a NUL, a place as JSON, a NUL, a document; then a request's parts, each behind a NUL.
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
