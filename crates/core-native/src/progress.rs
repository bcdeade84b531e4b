//! How far an isolate has come with its batch, noted where other threads can read it while JavaScript runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use twinloop_runtime::mailbox::ITEM_INTS;
use twinloop_runtime::{BatchProgress, lock};

use crate::crossing::INBOX_HEAD;
use crate::{attached, fault};

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

/// How far an isolate has come; nothing where it has been detached.
pub(crate) fn of(isolate: u32) -> BatchProgress {
    let Ok(attached) = attached::get(isolate) else { return BatchProgress::default() };
    // The next batch waits for this lock, so that the note is about the batch that is read here, or about none.
    let batch = lock(&attached.batch);
    let offset = usize::try_from(lock(&attached.marker).load(Ordering::Relaxed)).unwrap_or(0);
    let item = offset.checked_sub(INBOX_HEAD).map(|ints| ints / ITEM_INTS);
    BatchProgress { ints: batch.ints().to_vec(), item }
}
