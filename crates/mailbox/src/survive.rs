//! Contains panics of wakers and callbacks that are not this crate's own.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs one step of a task and contains a panic in it, so that the task and its later steps go on: without them no later request
/// would be answered. The panic hook has printed the panic by then.
pub(crate) fn survive<R>(step: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(step)).ok()
}
