//! Unopened results: what an operation has left in Rust, opened or written on the isolate's own thread.

use bytes::Bytes;
use napi::JsString;
use napi::bindgen_prelude::*;
use napi_derive::napi;
use twinloop_runtime::mailbox::OutboxStore;
use twinloop_runtime::{Fit, Isolate};

use crate::{attached, fault};

/// What the entries of an isolate's outbox name by number.
pub(crate) struct StoredBy<'a>(pub(crate) &'a Isolate);

impl OutboxStore for StoredBy<'_> {
    fn take_blob(&mut self, number: u32) -> Option<Bytes> {
        self.0.blobs.take(number)
    }

    fn splice(&mut self, number: u32, form: u32) -> Option<Bytes> {
        self.0.unopened.get(number)?.written(form)
    }

    fn release(&mut self, number: u32) {
        self.0.unopened.release(number);
    }
}

/// Returns the result of this number as a text; `null` when it has been released. `known` is the number of a part that the
/// isolate has already, 0 for none.
#[napi(catch_unwind)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ids that a double holds exactly")]
pub fn open_result(env: &Env, isolate: u32, number: u32, known: f64) -> Result<Option<JsString<'_>>> {
    fault::point("openResult");
    let Some(result) = attached::get(isolate)?.isolate.unopened.get(number) else { return Ok(None) };
    let opened = result.open(known as u64);
    let text = opened.map_err(|failure| Error::new(Status::GenericFailure, failure.to_string()))?;
    if text.is_ascii() {
        return env.create_string_latin1(&text).map(Some);
    }
    env.create_string(String::from_utf8_lossy(&text)).map(Some)
}

/// Writes the result of this number as JSON in a form, for the answer that it will be spliced into.
///
/// Shape: the number of the form where the result fits; 0 where a value of it does not, or the result has been released; -1 where
/// no result of its kind can be written in the form.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn write_result(isolate: u32, number: u32, form: String) -> Result<i32> {
    fault::point("writeResult");
    let Some(result) = attached::get(isolate)?.isolate.unopened.get(number) else { return Ok(0) };
    Ok(match result.fit(&form) {
        Fit::Written(form) => form.cast_signed(),
        Fit::OtherValue => 0,
        Fit::OtherForm => -1,
    })
}
