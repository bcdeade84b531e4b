//! The components of this build; a component's place in the list is its number in every frame.

use napi::JsString;
use napi::bindgen_prelude::*;
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
    twinloop_telemetry::PRIMITIVE,
];

/// Describes this addon for the packages that call it, without starting anything.
///
/// Shape: JSON, `{"version","components":[{"name","operations":[{"name","number"}],"instant":{"operations":[…]}}]}`, where
/// `instant` is null for most; a component's place in the list is its number.
#[napi(catch_unwind)]
pub fn describe() -> String {
    fault::point("describe");
    json!({ "version": env!("CARGO_PKG_VERSION"), "components": PRIMITIVES }).to_string()
}

/// Answers an instant operation of a component on the calling thread, without the runtime; `null` where it has no answer.
///
/// Shape: the component's number, the operation's number, its payload as a text -> its answer as a text.
/// Errors: no such component or operation; a payload that the operation cannot read; the operation's own failure.
#[napi(catch_unwind)]
pub fn ask_now(env: &Env, component: u32, operation: u32, payload: String) -> Result<Option<JsString<'_>>> {
    fault::point("askNow");
    let number = u16::try_from(operation).unwrap_or(u16::MAX);
    let primitive = usize::try_from(component).ok().and_then(|place| PRIMITIVES.get(place));
    let Some(instant) = primitive.and_then(|primitive| primitive.instant) else {
        let message = format!("component {component} has no instant operations");
        return Err(Error::new(Status::InvalidArg, message));
    };
    let answer = (instant.answer)(number, payload)
        .map_err(|failure| Error::new(Status::GenericFailure, failure.to_string()))?;
    answer.map(|text| env.create_string((*text).as_ref())).transpose()
}

/// Creates all components, each with its place in the list as its number.
pub(crate) fn all() -> Vec<Box<dyn Component>> {
    fault::point("components");
    fault::in_each((0..).zip(PRIMITIVES).map(|(number, primitive)| (primitive.make)(number)).collect())
}
