//! Rules for single values: numbers, dates, formats, text and bytes.

pub(crate) mod bytes;
pub(crate) mod date;
pub(crate) mod decimal;
pub(crate) mod format;
pub(crate) mod number;
pub(crate) mod text;
