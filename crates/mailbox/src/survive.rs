//! Panics of what is not this crate's own.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does one step of a task; a panic in it ends neither the task nor the steps behind it, without which no later request
/// would be answered. The panic hook has printed it by now.
pub(crate) fn survive<R>(step: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(step)).ok()
}
