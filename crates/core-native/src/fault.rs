//! Panics on demand, for the tests that prove they are contained. Without the feature `fault-injection` the points are
//! empty and the exports do not exist.

/// Panics here, once, if a test has armed the point of this name.
#[inline]
pub(crate) fn point(name: &'static str) {
    #[cfg(feature = "fault-injection")]
    injection::reach(name);
    #[cfg(not(feature = "fault-injection"))]
    let _ = name;
}

#[cfg(feature = "fault-injection")]
mod injection {
    use std::sync::{Mutex, PoisonError};

    use napi::bindgen_prelude::*;
    use napi_derive::napi;

    use crate::attached;

    static ARMED: Mutex<Option<String>> = Mutex::new(None);

    pub(super) fn reach(name: &'static str) {
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

    /// Panics at once: with the text that the kind `says …`, in the `export` itself, in the `drop` of a value, or while the isolate's registers are `locked`.
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
            other => match other.strip_prefix("says ") {
                Some(text) => panic!("{text}"),
                None => return Err(Error::new(Status::InvalidArg, format!("no panic is called {other}"))),
            },
        }
        Ok(())
    }

    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("injected in a drop");
        }
    }
}
