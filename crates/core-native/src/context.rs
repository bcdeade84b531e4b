//! What stays in Rust with a request until it is asked for.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::{attached, fault};

/// One named value of the operation `id` (`header:x-foo`, `method`, `path`, …); `null` when it has none or is over.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn context_value(isolate: u32, id: i32, name: String) -> Result<Option<String>> {
    fault::point("contextValue");
    let context = attached::get(isolate)?.isolate.port.context(id.cast_unsigned());
    Ok(context.and_then(|context| context.get(&name)))
}

/// All values of the operation `id` as JSON; `null` when it is over.
#[napi(catch_unwind)]
pub fn context_all(isolate: u32, id: i32) -> Result<Option<String>> {
    fault::point("contextAll");
    let context = attached::get(isolate)?.isolate.port.context(id.cast_unsigned());
    Ok(context.map(|context| context.all()))
}
