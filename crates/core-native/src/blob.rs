//! Blobs: binary bodies, which cross as buffers and are named by numbers.

use bytes::Bytes;
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::{attached, fault};

/// Copies bytes into Rust and returns the blob's number, which an outbox entry can name.
#[napi(catch_unwind)]
pub fn put_blob(isolate: u32, bytes: Uint8ArraySlice<'_>) -> Result<u32> {
    fault::point("putBlob");
    Ok(attached::get(isolate)?.isolate.blobs.put(Bytes::copy_from_slice(&bytes)))
}

/// Takes the blob with this number out of Rust; `null` when there is none.
#[napi(catch_unwind)]
pub fn take_blob(env: &Env, isolate: u32, number: u32) -> Result<Option<BufferSlice<'_>>> {
    fault::point("takeBlob");
    let blob = attached::get(isolate)?.isolate.blobs.take(number);
    blob.map(|bytes| BufferSlice::copy_from(env, bytes)).transpose()
}
