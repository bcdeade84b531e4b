//! Injected panics, for the tests that prove that panics are contained. Without the feature `fault-injection` the points are
//! empty and the exports do not exist.

use twinloop_runtime::Component;

/// Panics once if a test has armed the point of this name.
#[inline]
pub(crate) fn point(name: &'static str) {
    #[cfg(feature = "fault-injection")]
    injection::reach(name);
    #[cfg(not(feature = "fault-injection"))]
    let _ = name;
}

/// Wraps each component so that each of its operations has a point, `<component> <operation>`, and so has the end of an
/// isolate, `<component> ended`.
pub(crate) fn in_each(components: Vec<Box<dyn Component>>) -> Vec<Box<dyn Component>> {
    #[cfg(feature = "fault-injection")]
    let components = components.into_iter().map(component::Faulty::around).collect();
    components
}

#[cfg(feature = "fault-injection")]
mod component;

#[cfg(feature = "fault-injection")]
mod injection {
    use std::sync::Mutex;

    use napi::bindgen_prelude::*;
    use napi_derive::napi;
    use twinloop_runtime::lock;

    use crate::{attached, lifecycle};

    static ARMED: Mutex<Option<String>> = Mutex::new(None);

    pub(super) fn reach(name: &str) {
        let mut armed = lock(&ARMED);
        if armed.as_deref() == Some(name) {
            *armed = None;
            drop(armed);
            panic!("injected at {name}");
        }
    }

    /// Arms a point: the next call that reaches it panics. The name is an export's, `wake` or `cleanup`.
    #[napi(catch_unwind)]
    pub fn arm_panic(point: String) {
        *lock(&ARMED) = Some(point);
    }

    /// Panics at once, where `kind` says: in the `export`, in the `drop` of a value, while the registers are `locked` or the isolate's `mailbox` is; the kind `says …` panics with its text.
    #[napi(catch_unwind)]
    #[allow(clippy::needless_pass_by_value, reason = "napi hands strings over")]
    pub fn inject_panic(kind: String, isolate: u32) -> Result<()> {
        match kind.as_str() {
            "export" => panic!("injected in an export"),
            "drop" => drop(PanicsOnDrop),
            "locked" => {
                let attached = attached::get(isolate)?;
                let _batch = lock(&attached.batch);
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

    /// Forks the process, which no Node program can, tries to attach in the child, and returns the outcome there.
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
                // The low byte is the signal that ended the child, the next one its exit code.
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
