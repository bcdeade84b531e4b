//! The two calls that carry everything, each once per batch.

use std::sync::PoisonError;

use napi::JsString;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::json;
use twinloop_runtime::Level;
use twinloop_runtime::mailbox::ITEM_INTS;

use crate::lifecycle::core;
use crate::{attached, fault, text};

/// The two integers before the items of an inbox: the number of items, and bits.
const INBOX_HEAD: usize = 2;
const MORE: i32 = 1;
const HAS_WIDE: i32 = 2;

/// Fills `inbox` with at most `max_items` items and returns their ASCII texts, one after another.
///
/// Shape: `inbox[0]` items, `inbox[1]` bits (1: more is waiting, drain again; 2: there are wide texts too), then four
/// integers per item (see `twinloop_mailbox::ITEM_INTS`).
#[napi(catch_unwind)]
pub fn drain<'env>(
    env: &'env Env,
    isolate: u32,
    mut inbox: Int32ArraySlice<'_>,
    max_items: u32,
) -> Result<JsString<'env>> {
    fault::point("drain");
    let attached = attached::get(isolate)?;
    // SAFETY: JavaScript does not run while this call does, so nobody else reads or writes the array.
    let ints = unsafe { inbox.as_mut() };
    let room = ints.len().saturating_sub(INBOX_HEAD) / ITEM_INTS;
    if room == 0 {
        return Err(Error::new(Status::InvalidArg, "the inbox has no room for an item"));
    }
    let mut batch = attached.batch.lock().unwrap_or_else(PoisonError::into_inner);
    let more = attached.isolate.port.drain(&mut batch, room.min(max_items as usize));
    let wide = !batch.wide().is_empty();
    ints[0] = i32::try_from(batch.len()).unwrap_or(0);
    ints[1] = if more { MORE } else { 0 } | if wide { HAS_WIDE } else { 0 };
    ints[INBOX_HEAD..INBOX_HEAD + batch.ints().len()].copy_from_slice(batch.ints());
    env.create_string_latin1(batch.narrow())
}

/// The texts of the last batch that are not ASCII.
#[napi(catch_unwind)]
pub fn drain_wide(env: &Env, isolate: u32) -> Result<JsString<'_>> {
    fault::point("drainWide");
    let attached = attached::get(isolate)?;
    let batch = attached.batch.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever submits text checks its encoding; a fault there becomes replacement characters here, not a crash.
    env.create_string(String::from_utf8_lossy(batch.wide()))
}

/// Hands over what has settled in one turn: `count` entries of three integers and their texts, each ended by `\n`.
///
/// A frame that does not follow the protocol closes this isolate's port: what it had is answered with an error, what it
/// had not seen goes to another.
#[napi(catch_unwind)]
pub fn settle(isolate: u32, outbox: Int32ArraySlice<'_>, count: u32, text: JsString<'_>) -> Result<()> {
    fault::point("settle");
    let attached = attached::get(isolate)?;
    let text = text::to_bytes(&text)?;
    attached.isolate.port.settle(&outbox, count as usize, &text).map_err(|error| {
        if let Ok(core) = core() {
            core.detach(isolate);
            // After it: a line given to this isolate would be dropped with its port.
            core.log(
                Level::Error,
                "an isolate broke the protocol",
                &json!({ "isolate": isolate, "error": error.to_string() }),
            );
        }
        Error::new(Status::InvalidArg, error.to_string())
    })
}
