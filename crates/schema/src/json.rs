//! JSON text (RFC 8259): scanning of tokens, and skipping of values.

pub(crate) mod container_index;
pub(crate) mod scanner;
pub(crate) mod skip;
pub(crate) mod syntax_error;
pub(crate) mod unescape;
