//! The two calls that carry batches between Rust and JavaScript: `drain` and `settle`.

use std::sync::Arc;
use std::sync::atomic::AtomicI32;

use napi::JsString;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::json;
use twinloop_runtime::mailbox::{ITEM_INTS, OwnText};
use twinloop_runtime::{Level, lock};

use crate::attached::{Attached, INBOX_HEAD};
use crate::lifecycle::core;
use crate::unopened::StoredBy;
use crate::{attached, fault, text};

const MORE: i32 = 1;
const HAS_WIDE: i32 = 2;

/// Fills `inbox` with at most `max_items` items and returns their ASCII texts, one after another.
///
/// Shape: `inbox[0]` number of items, `inbox[1]` bits (1: more items wait, drain again; 2: there are wide texts too), then
/// four integers per item (`twinloop_mailbox::ITEM_INTS`).
#[napi(catch_unwind)]
pub fn drain<'env>(
    env: &'env Env,
    isolate: u32,
    mut inbox: Int32ArraySlice<'_>,
    max_items: u32,
) -> Result<JsString<'env>> {
    fault::point("drain");
    let attached = attached::get(isolate)?;
    // SAFETY: JavaScript does not run during this call, so no other code reads or writes the array.
    let ints = unsafe { inbox.as_mut() };
    let room = ints.len().saturating_sub(INBOX_HEAD) / ITEM_INTS;
    if room == 0 {
        return Err(Error::new(Status::InvalidArg, "the inbox has no room for an item"));
    }
    let mut batch = lock(&attached.batch);
    let more = attached
        .isolate
        .port
        .drain_into(&mut batch, room.min(max_items as usize), |bytes| attached.isolate.blobs.put(bytes));
    let wide = !batch.wide().is_empty();
    ints[0] = i32::try_from(batch.len()).unwrap_or(0);
    ints[1] = if more { MORE } else { 0 } | if wide { HAS_WIDE } else { 0 };
    ints[INBOX_HEAD..INBOX_HEAD + batch.ints().len()].copy_from_slice(batch.ints());
    env.create_string_latin1(batch.narrow())
}

/// Returns the texts of the last batch that are not ASCII, one after another.
#[napi(catch_unwind)]
pub fn drain_wide(env: &Env, isolate: u32) -> Result<JsString<'_>> {
    fault::point("drainWide");
    let attached = attached::get(isolate)?;
    let batch = lock(&attached.batch);
    // The text's encoding was checked when it was submitted; if that failed, it becomes replacement characters and not a
    // crash.
    env.create_string(String::from_utf8_lossy(batch.wide()))
}

/// Takes the text that is the `index`th of those in the last batch that cross by themselves. Freed on the runtime's thread.
///
/// Errors: none of this number is there, or it is taken already.
#[napi(catch_unwind)]
pub fn drain_own(env: &Env, isolate: u32, index: u32) -> Result<JsString<'_>> {
    fault::point("drainOwn");
    let (attached, text) = take_own(isolate, index)?;
    let string = if text.ascii {
        env.create_string_latin1(&text.bytes)
    } else {
        env.create_string(String::from_utf8_lossy(&text.bytes))
    };
    attached.isolate.port.free_text_later(text.bytes);
    string
}

/// Copies the frame that is the `index`th of the texts in the last batch that cross by themselves to the beginning of `room`.
///
/// Errors: those of `drain_own`, and a room that is too small for the frame.
#[napi(catch_unwind)]
pub fn drain_frame(isolate: u32, index: u32, mut room: Uint8ArraySlice<'_>) -> Result<()> {
    fault::point("drainFrame");
    let (attached, frame) = take_own(isolate, index)?;
    // SAFETY: JavaScript does not run during this call, so no other code reads or writes the array.
    let room = unsafe { room.as_mut() };
    let Some(room) = room.get_mut(..frame.bytes.len()) else {
        return Err(Error::new(Status::InvalidArg, "the room is too small for the frame"));
    };
    room.copy_from_slice(&frame.bytes);
    attached.isolate.port.free_text_later(frame.bytes);
    Ok(())
}

fn take_own(isolate: u32, index: u32) -> Result<(Arc<Attached>, OwnText)> {
    let attached = attached::get(isolate)?;
    let text = lock(&attached.batch).take_own(index as usize);
    let text = text.ok_or_else(|| Error::new(Status::InvalidArg, format!("no text {index} in the batch")))?;
    Ok((attached, text))
}

/// Settles a batch of jobs and calls: `count` entries of three integers in `outbox`, and their texts in `text`, each ended
/// by `\n`.
///
/// A frame that violates the protocol closes this isolate's port: its jobs are answered with an error, and the ones it has
/// not seen go to another isolate.
#[napi(catch_unwind)]
pub fn settle(isolate: u32, outbox: Int32ArraySlice<'_>, count: u32, text: JsString<'_>) -> Result<()> {
    fault::point("settle");
    let attached = attached::get(isolate)?;
    let text = text::to_bytes(&text)?;
    let stored = StoredBy(&attached.isolate);
    attached.isolate.port.settle_from(&outbox, count as usize, &text, stored).map_err(|error| {
        if let Ok(core) = core() {
            core.detach(isolate);
            // Logged after the port was closed: a line given to this isolate would be lost with its port.
            core.log(
                Level::Error,
                "closed the port of an isolate: it broke the protocol",
                &json!({ "isolate": isolate, "error": error.to_string() }),
            );
        }
        Error::new(Status::InvalidArg, error.to_string())
    })
}

/// Returns the isolate's place for notes as an array of one integer. The isolate writes the offset of an item in the inbox before it runs
/// the item, and 0 after the batch.
#[napi(catch_unwind)]
pub fn progress_marker(env: &Env, isolate: u32) -> Result<Int32ArraySlice<'_>> {
    fault::point("progressMarker");
    let attached = attached::get(isolate)?;
    // A new integer each time: two arrays must not have the same memory.
    let marker = Arc::<AtomicI32>::default();
    lock(&attached.marker).clone_from(&marker);
    // SAFETY: the pointer is to an aligned integer that the finalizer keeps alive for as long as JavaScript can reach it. It
    // is an atomic, of which Rust makes no reference to the integer itself, and JavaScript stores whole integers.
    unsafe { Int32ArraySlice::from_external(env, marker.as_ptr(), 1, marker, |_, marker| drop(marker)) }
}
