//! Values as PostgreSQL sends them in binary, written as JSON for the isolate or as the server's own text.

mod codec;
mod cursor;
mod datetime;
mod geometry;
mod json;
mod network;
mod numeric;
mod text;

pub(crate) use codec::Codec;
pub(crate) use cursor::Malformed;
pub(crate) use json::{Bigints, write_json, write_quoted};
pub(crate) use text::write_text;
