//! Output of validated text.

pub(crate) mod members;
pub(crate) mod writer;
