//! The parser of `.env` files. A file crosses as bytes, because a line that is not UTF-8 is a remark and not an error; for
//! the same reason it is no instant operation, whose payload is a text.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use twinloop_secrets::dotenv::{self, Remark};

use crate::fault;

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
