//! Conversion of values, from PostgreSQL's binary and text forms to JSON for the isolate.

mod array;
mod codec;
mod cursor;
mod datetime;
pub(crate) mod javascript;
mod json;
mod printed;

pub(crate) use codec::Codec;
pub(crate) use cursor::{Cursor, Malformed};
pub(crate) use datetime::{to_server_text, write_timestamp};
pub(crate) use json::{Bigints, write_json, write_money, write_quoted, write_uuid};
pub(crate) use printed::write_printed;
