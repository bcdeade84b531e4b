//! The context of a request: values that stay in Rust until the handler asks for them.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::{attached, fault};

/// Returns one value of the operation `id` by name (`header:x-foo`, `method`, `path`, …); `null` when the operation has no
/// such value or has ended.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn context_value(isolate: u32, id: i32, name: String) -> Result<Option<String>> {
    fault::point("contextValue");
    let context = attached::get(isolate)?.isolate.port.context(id.cast_unsigned());
    Ok(context.and_then(|context| context.get(&name)))
}

/// Tells the operation `id` something while it runs; false when its component knows no such message or the operation has ended.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn context_tell(isolate: u32, id: i32, message: String) -> Result<bool> {
    fault::point("contextTell");
    let context = attached::get(isolate)?.isolate.port.context(id.cast_unsigned());
    Ok(context.is_some_and(|context| context.tell(&message)))
}

/// Returns all values of the operation `id` as JSON; `null` when it has ended.
#[napi(catch_unwind)]
pub fn context_all(isolate: u32, id: i32) -> Result<Option<String>> {
    fault::point("contextAll");
    let context = attached::get(isolate)?.isolate.port.context(id.cast_unsigned());
    Ok(context.map(|context| context.all()))
}

/// Copies the bytes out that the operation `id` has by this name, such as a binary body; `null` when it has none or has
/// ended.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn context_bytes(env: &Env, isolate: u32, id: i32, name: String) -> Result<Option<BufferSlice<'_>>> {
    fault::point("contextBytes");
    let context = attached::get(isolate)?.isolate.port.context(id.cast_unsigned());
    let bytes = context.and_then(|context| context.bytes(&name));
    bytes.map(|bytes| BufferSlice::copy_from(env, bytes)).transpose()
}
