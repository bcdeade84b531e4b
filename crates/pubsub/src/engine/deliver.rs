//! Delivering: messages are pulled, given to a handler once per attempt, and settled according to its outcome.

pub(crate) mod attempt;
pub(crate) mod batch;
pub(crate) mod batch_context;
pub(crate) mod context;
pub(crate) mod counters;
pub(crate) mod disposition;
pub(crate) mod gathering;
pub(crate) mod handler_trace;
pub(crate) mod limits;
pub(crate) mod pump;
pub(crate) mod subscriber;
pub(crate) mod trouble;
