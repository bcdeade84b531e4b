//! Issues of an input: the place, what was expected, what was found.

pub(crate) mod issue;
pub(crate) mod path;
pub(crate) mod report;
pub(crate) mod sensitive;
