//! The primitives the protocol is built on; the model checker replaces them by its own.

#[cfg(twinloop_loom)]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
#[cfg(not(twinloop_loom))]
pub(crate) use std::sync::{Arc, Mutex, MutexGuard};

use std::sync::PoisonError;

/// Locks without giving up on poison: a panic elsewhere must not take the port down with it, and every critical section
/// here leaves the lists consistent at each step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
