//! Reading secrets, on the isolate's own thread: none of it starts the runtime.

use std::panic;
use std::sync::Once;

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde::Deserialize;
use twinloop_secrets::{Found, Origin, Part, SecretText, Sources, Store};

use crate::fault;

#[derive(Deserialize)]
struct Request {
    names: Vec<String>,
    fresh: bool,
    sources: Sources,
}

/// Looks for secrets in the places that are given, and says how each stands; see `twinloop_secrets::Loaded`. Never a value.
#[napi(catch_unwind)]
pub fn secret_load(request: String) -> Result<String> {
    static GUARDED: Once = Once::new();
    fault::point("secretLoad");
    GUARDED.call_once(redact_panics);
    let request = SecretText::new(request);
    // What a parser says of a text may show a piece of it.
    let Request { names, fresh, sources } = serde_json::from_str(request.expose())
        .map_err(|_| Error::new(Status::InvalidArg, "the request for secrets could not be read"))?;
    let loaded = Store::shared().load(&names, &sources, fresh);
    serde_json::to_string(&loaded).map_err(|error| Error::new(Status::GenericFailure, error.to_string()))
}

/// What Rust prints of a panic goes to standard error, past the app's logger.
fn redact_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| match Store::shared().redact(&panicked.to_string()) {
        Some(clean) => eprintln!("{clean}"),
        None => print(panicked),
    }));
}

/// A value: 0 the one in use, 1 the one before it, 2 the candidate; `null` where there is none.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn secret_read(env: &Env, name: String, part: u32) -> Result<Option<napi::JsString<'_>>> {
    fault::point("secretRead");
    let part = match part {
        0 => Part::Current,
        1 => Part::Previous,
        _ => Part::Candidate,
    };
    let value = Store::shared().read(&name, part);
    value.map(|value| env.create_string(value.expose())).transpose()
}

/// The number of the value in use; 0 where there is none.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
#[allow(clippy::cast_precision_loss, reason = "values do not change 2^53 times")]
pub fn secret_version(name: String) -> f64 {
    fault::point("secretVersion");
    Store::shared().version(&name) as f64
}

/// A provider's value for a secret; gives the candidate's number, 0 where it changes nothing.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
#[allow(clippy::cast_precision_loss, reason = "values do not change 2^53 times")]
pub fn secret_offer(name: String, value: String, provider: String) -> f64 {
    fault::point("secretOffer");
    let found = Found { value: SecretText::new(value), origin: Origin::Provider(provider) };
    Store::shared().offer(&name, found).unwrap_or(0) as f64
}

/// Puts the candidate of this number into use, or drops it; false where it is not the candidate any more.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is a number that Rust has given"
)]
pub fn secret_settle(name: String, version: f64, accepted: bool) -> bool {
    fault::point("secretSettle");
    Store::shared().settle(&name, version as u64, accepted)
}

/// The text without any value; `null` where it has none.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn secret_redact(text: String) -> Option<String> {
    fault::point("secretRedact");
    Store::shared().redact(&text)
}
