//! The components of this build; a component's place in the list is its number in every frame.

use napi_derive::napi;
use serde_json::json;
use twinloop_runtime::{Component, Primitive};

use crate::{diagnosis, fault};

/// The primitives of this build, one per line, in any order.
const PRIMITIVES: &[Primitive] = &[
    diagnosis::PRIMITIVE,
    twinloop_api::PRIMITIVE,
    twinloop_sqldb::PRIMITIVE,
    twinloop_objects::PRIMITIVE,
    twinloop_pubsub::PRIMITIVE,
    twinloop_cron::PRIMITIVE,
    twinloop_secrets::PRIMITIVE,
];

/// Describes this addon for the packages that call it, without starting anything.
///
/// Shape: JSON, `{"version","components":[{"name","operations":[{"name","number"}]}]}`; a component's place in the list is
/// its number.
#[napi(catch_unwind)]
pub fn describe() -> String {
    fault::point("describe");
    json!({ "version": env!("CARGO_PKG_VERSION"), "components": PRIMITIVES }).to_string()
}

/// Creates all components, each with its place in the list as its number.
pub(crate) fn all() -> Vec<Box<dyn Component>> {
    fault::point("components");
    fault::in_each((0..).zip(PRIMITIVES).map(|(number, primitive)| (primitive.make)(number)).collect())
}
