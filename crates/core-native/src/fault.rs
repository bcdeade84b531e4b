//! Panics on demand, for the tests that prove they are contained. Without the feature `fault-injection` the points are
//! empty and the exports do not exist.

use twinloop_runtime::Component;

/// Panics here, once, if a test has armed the point of this name.
#[inline]
pub(crate) fn point(name: &'static str) {
    #[cfg(feature = "fault-injection")]
    injection::reach(name);
    #[cfg(not(feature = "fault-injection"))]
    let _ = name;
}

/// Gives each operation of each component a point of its own, `<component> <operation>`, and `<component> ended`, where it
/// hears of an isolate's end.
pub(crate) fn in_each(components: Vec<Box<dyn Component>>) -> Vec<Box<dyn Component>> {
    #[cfg(feature = "fault-injection")]
    let components = components.into_iter().map(component::Faulty::around).collect();
    components
}

#[cfg(feature = "fault-injection")]
mod component;

#[cfg(feature = "fault-injection")]
mod injection {
    use std::sync::{Mutex, PoisonError};

    use napi::bindgen_prelude::*;
    use napi_derive::napi;

    use crate::{attached, lifecycle};

    static ARMED: Mutex<Option<String>> = Mutex::new(None);

    pub(super) fn reach(name: &str) {
        let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
        if armed.as_deref() == Some(name) {
            *armed = None;
            drop(armed);
            panic!("injected at {name}");
        }
    }

    /// The next passage of the point of this name panics: an export's name, `wake` or `cleanup`.
    #[napi(catch_unwind)]
    pub fn arm_panic(point: String) {
        *ARMED.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
    }

    /// Panics at once: with the text that the kind `says …`, in the `export` itself, in the `drop` of a value, while the isolate's registers are `locked` or while its `mailbox` is.
    #[napi(catch_unwind)]
    #[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
    pub fn inject_panic(kind: String, isolate: u32) -> Result<()> {
        match kind.as_str() {
            "export" => panic!("injected in an export"),
            "drop" => drop(PanicsOnDrop),
            "locked" => {
                let attached = attached::get(isolate)?;
                let _batch = attached.batch.lock().unwrap_or_else(PoisonError::into_inner);
                attached::panic_while_locked();
            }
            "mailbox" => attached::get(isolate)?.isolate.port.panic_while_locked(),
            other => match other.strip_prefix("says ") {
                Some(text) => panic!("{text}"),
                None => return Err(Error::new(Status::InvalidArg, format!("no panic is called {other}"))),
            },
        }
        Ok(())
    }

    unsafe extern "C" {
        safe fn fork() -> i32;
        fn waitpid(child: i32, status: *mut i32, options: i32) -> i32;
        safe fn _exit(code: i32) -> !;
    }

    /// Forks the process as no Node program can, tries to attach in the child, and says what came of it there.
    #[napi(catch_unwind)]
    pub fn attach_in_fork() -> Result<String> {
        const REFUSED: i32 = 7;
        match fork() {
            -1 => Err(Error::new(Status::GenericFailure, "the process could not be forked")),
            0 => _exit(if lifecycle::check_process().is_err() { REFUSED } else { 0 }),
            child => {
                let mut status = 0;
                // SAFETY: the child is this function's own, and the status outlives the call.
                unsafe { waitpid(child, &raw mut status, 0) };
                // The low byte is the signal that ended it, the one above it the code.
                Ok(if status == REFUSED << 8 {
                    "refused".into()
                } else {
                    format!("ended with status {status}")
                })
            }
        }
    }

    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("injected in a drop");
        }
    }
}
