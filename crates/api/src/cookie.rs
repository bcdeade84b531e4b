//! Cookies whose values the server seals: signed ones, which callers can read, and encrypted ones, which they cannot.

pub(crate) mod keys;
pub(crate) mod seal;
pub(crate) mod sealed_fields;
