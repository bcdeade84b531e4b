//! Waking an isolate from any thread.

use std::ptr;
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::*;
use napi::{check_status, sys};

use crate::fault;

/// A thread-safe function used as a bare wake: it carries no data, so a call that fails loses nothing.
///
/// Node's thread-safe functions are not safe against the teardown of their environment
/// (nodejs/node#55706, #58484). The pointer therefore lives behind a lock, and the isolate's cleanup hook, which is
/// registered after the function and so runs before its finalizer, takes it out.
pub(crate) struct Signal(Mutex<Option<Handle>>);

#[derive(Clone, Copy)]
struct Handle(sys::napi_threadsafe_function);

// SAFETY: the pointer is only passed to `napi_call_threadsafe_function` and `napi_release_threadsafe_function`, which
// N-API allows on any thread, and to ref/unref, which `set_held` calls on the isolate's thread.
unsafe impl Send for Handle {}

impl Signal {
    /// Creates the wake for `on_wake`, which is called with no arguments. It does not keep the loop alive.
    pub(crate) fn new(env: &Env, on_wake: &Function<'_, (), ()>) -> Result<Self> {
        let name = env.create_string("twinloop")?;
        let mut function = ptr::null_mut();
        // SAFETY: env, on_wake and name are live values of the current call; a null callback makes Node call `on_wake`
        // itself; no context, finalizer or data is passed, so nothing has to outlive this call.
        check_status!(unsafe {
            sys::napi_create_threadsafe_function(
                env.raw(),
                on_wake.raw(),
                ptr::null_mut(),
                name.raw(),
                0,
                1,
                ptr::null_mut(),
                None,
                ptr::null_mut(),
                None,
                &raw mut function,
            )
        })?;
        let signal = Self(Mutex::new(Some(Handle(function))));
        signal.set_held(env, false)?;
        Ok(signal)
    }

    /// Asks the isolate to drain. After the isolate has ended it does nothing.
    pub(crate) fn wake(&self) {
        fault::point("wake");
        let handle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Handle(function)) = *handle {
            // SAFETY: the function was not released: `end` takes it out under this lock before it releases it.
            let _ = unsafe {
                sys::napi_call_threadsafe_function(
                    function,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                )
            };
        }
    }

    /// Whether the isolate's loop stays alive for it. Must run on the isolate's thread.
    pub(crate) fn set_held(&self, env: &Env, held: bool) -> Result<()> {
        let handle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Handle(function)) = *handle else { return Ok(()) };
        // SAFETY: called with the isolate's own env on its thread, and the function is not released (see `wake`).
        check_status!(unsafe {
            if held {
                sys::napi_ref_threadsafe_function(env.raw(), function)
            } else {
                sys::napi_unref_threadsafe_function(env.raw(), function)
            }
        })
    }

    /// Lets go of the function for good.
    pub(crate) fn end(&self) {
        if let Some(Handle(function)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // SAFETY: it was taken out under the lock, so nobody else can use or release it.
            let _ = unsafe {
                sys::napi_release_threadsafe_function(function, sys::ThreadsafeFunctionReleaseMode::abort)
            };
        }
    }
}
