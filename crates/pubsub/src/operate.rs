//! The operations of operators' tools, as an isolate calls them.

pub(crate) mod inspect;
pub(crate) mod operator;
pub(crate) mod recall;
