//! Publishing: a body is checked, gets an id and a key, and is written together with other messages that wait.

pub(crate) mod call;
pub(crate) mod key;
pub(crate) mod publisher;
pub(crate) mod topic;
pub(crate) mod trace;
