//! The signal by which any thread wakes an isolate.

use std::ptr;
use std::sync::Mutex;

use napi::bindgen_prelude::*;
use napi::{check_status, sys};

use twinloop_runtime::lock;

use crate::fault;

/// A signal that wakes an isolate through a thread-safe function of N-API. The signal carries no data, so that a failed call loses
/// nothing.
///
/// Node's thread-safe functions are not safe against the teardown of their environment (nodejs/node#55706, #58484). The
/// pointer is therefore behind a lock, and the isolate's cleanup hook takes it out; the hook is registered after the
/// function and so runs before its finalizer.
pub(crate) struct Signal(Mutex<Option<Handle>>);

#[derive(Clone, Copy)]
struct Handle(sys::napi_threadsafe_function);

// SAFETY: the pointer is only passed to `napi_call_threadsafe_function` and `napi_release_threadsafe_function`, which
// N-API allows on any thread, and to ref/unref, which `set_held` calls on the isolate's thread.
unsafe impl Send for Handle {}

impl Signal {
    /// Creates the signal of `on_wake`, which is called without arguments. The signal does not keep the event loop alive.
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

    /// Makes the isolate call `drain`. Does nothing after the isolate has ended.
    pub(crate) fn wake(&self) {
        fault::point("wake");
        let handle = lock(&self.0);
        if let Some(Handle(function)) = *handle {
            // SAFETY: the function is not released: `end` takes it out under this lock before releasing it.
            let _ = unsafe {
                sys::napi_call_threadsafe_function(
                    function,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                )
            };
        }
    }

    /// Sets whether the signal keeps the isolate's event loop alive. Must be called on the isolate's thread.
    pub(crate) fn set_held(&self, env: &Env, held: bool) -> Result<()> {
        let handle = lock(&self.0);
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

    /// Releases the function for good.
    pub(crate) fn end(&self) {
        if let Some(Handle(function)) = lock(&self.0).take() {
            // SAFETY: the function was taken out under the lock, so that no other thread can use or release it.
            let _ = unsafe {
                sys::napi_release_threadsafe_function(function, sys::ThreadsafeFunctionReleaseMode::abort)
            };
        }
    }
}
