//! Secrets, read on the isolate's own thread without starting the runtime.

use std::panic;
use std::sync::Once;

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde::Deserialize;
use twinloop_secrets::dotenv::{self, Remark};
use twinloop_secrets::{Found, Origin, SecretText, SecretVersion, Sources, Store};

use crate::fault;

#[derive(Deserialize)]
struct Request {
    names: Vec<String>,
    fresh: bool,
    sources: Sources,
}

/// Looks for secrets in the given places. Returns the state of each as JSON (`twinloop_secrets::Loaded`), never a value.
#[napi(catch_unwind)]
pub fn secret_load(request: String) -> Result<String> {
    static GUARDED: Once = Once::new();
    fault::point("secretLoad");
    GUARDED.call_once(redact_panics);
    let request = SecretText::new(request);
    // A parser's error may quote a piece of the text.
    let Request { names, fresh, sources } = serde_json::from_str(request.expose())
        .map_err(|_| Error::new(Status::InvalidArg, "the request for secrets could not be read"))?;
    let loaded = Store::shared().load(&names, &sources, fresh);
    serde_json::to_string(&loaded).map_err(|error| Error::new(Status::GenericFailure, error.to_string()))
}

/// Parses the bytes of a `.env` file.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands buffers over")]
pub fn dotenv_parse(bytes: Uint8Array) -> DotenvText {
    fault::point("dotenvParse");
    let file = dotenv::parse(&bytes);
    let pairs = file.entries.iter().flat_map(|(name, value)| [name.clone(), value.expose().to_owned()]);
    let remarks = file.remarks.iter().map(|Remark { line, fault }| DotenvRemark {
        line: u32::try_from(*line).unwrap_or(u32::MAX),
        what: fault.text().to_owned(),
    });
    DotenvText { entries: pairs.collect(), remarks: remarks.collect() }
}

/// The content of a `.env` file.
#[napi(object)]
pub struct DotenvText {
    /// Names and values alternating, in the order of the file.
    pub entries: Vec<String>,
    /// The lines that are not what their author meant.
    pub remarks: Vec<DotenvRemark>,
}

/// A line of a `.env` file that is not what its author meant.
#[napi(object)]
pub struct DotenvRemark {
    /// The line's number, from 1.
    pub line: u32,
    /// The fault, as a continuation of "line 3".
    pub what: String,
}

/// Redacts the panic messages that Rust prints to standard error, past the app's logger.
fn redact_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| match Store::shared().redact(&panicked.to_string()) {
        Some(clean) => eprintln!("{clean}"),
        None => print(panicked),
    }));
}

/// Returns a value of a secret by `part`: 0 the one in use, 1 the previous one, 2 the candidate; `null` where there is none.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn secret_read(env: &Env, name: String, part: u32) -> Result<Option<napi::JsString<'_>>> {
    fault::point("secretRead");
    let part = match part {
        0 => SecretVersion::Current,
        1 => SecretVersion::Previous,
        _ => SecretVersion::Candidate,
    };
    let value = Store::shared().read(&name, part);
    value.map(|value| env.create_string(value.expose())).transpose()
}

/// Returns the number of the value in use; 0 where there is none.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
#[allow(clippy::cast_precision_loss, reason = "values do not change 2^53 times")]
pub fn secret_version(name: String) -> f64 {
    fault::point("secretVersion");
    Store::shared().version(&name) as f64
}

/// Offers a provider's value for a secret. Returns the candidate's number; 0 where the value changes nothing.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
#[allow(clippy::cast_precision_loss, reason = "values do not change 2^53 times")]
pub fn secret_offer(name: String, value: String, provider: String) -> f64 {
    fault::point("secretOffer");
    let found = Found { value: SecretText::new(value), origin: Origin::Provider(provider) };
    Store::shared().offer(&name, found).unwrap_or(0) as f64
}

/// Puts the candidate with this number into use, or drops it. Returns false where it is not the candidate any more.
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

/// Returns the text with all secrets redacted; `null` where it has none.
#[napi(catch_unwind)]
#[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
pub fn secret_redact(text: String) -> Option<String> {
    fault::point("secretRedact");
    Store::shared().redact(&text)
}
