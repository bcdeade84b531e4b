//! Validation of requests: path, query, headers, cookies and body, merged into one JSON text.

pub(crate) mod coerce;
pub(crate) mod cookie;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod parameters;
pub(crate) mod percent;
pub(crate) mod shape;
