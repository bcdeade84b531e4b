//! Binary bodies.

use bytes::Bytes;
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::{attached, fault};

/// Copies the bytes into Rust and returns their number, to be named in an outbox entry.
#[napi(catch_unwind)]
pub fn put_blob(isolate: u32, bytes: Uint8ArraySlice<'_>) -> Result<u32> {
    fault::point("putBlob");
    Ok(attached::get(isolate)?.isolate.blobs.put(Bytes::copy_from_slice(&bytes)))
}

/// Takes the bytes by their number; `null` when there are none.
#[napi(catch_unwind)]
pub fn take_blob(env: &Env, isolate: u32, number: u32) -> Result<Option<BufferSlice<'_>>> {
    fault::point("takeBlob");
    let blob = attached::get(isolate)?.isolate.blobs.take(number);
    blob.map(|bytes| BufferSlice::copy_from(env, bytes)).transpose()
}
