//! The check of documents: one walk over the bytes, each value against its type.

pub(crate) mod check;
pub(crate) mod document;
pub(crate) mod scalar;
pub(crate) mod seen_names;
pub(crate) mod walker;
