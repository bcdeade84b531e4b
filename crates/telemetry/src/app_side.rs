//! What the app's isolates do for the admin server: they answer, and say when the app is ready.

use std::sync::atomic::{AtomicU8, Ordering};

use twinloop_runtime::Serving;

/// The stages of an app's life.
const STARTING: u8 = 0;
const READY: u8 = 1;
const STOPPING: u8 = 2;

/// The isolates that answer questions, and the app's stage.
pub(crate) struct AppSide {
    /// The isolates that answer.
    pub(crate) serving: Serving,
    stage: AtomicU8,
}

impl AppSide {
    /// An app that is starting; `number` is the component's number.
    pub(crate) fn new(number: u16) -> Self {
        Self { serving: Serving::new(number), stage: AtomicU8::new(STARTING) }
    }

    /// Notes that the app has started, or is about to stop.
    pub(crate) fn announce(&self, is_ready: bool) {
        self.stage.store(if is_ready { READY } else { STOPPING }, Ordering::Relaxed);
    }

    /// Why the app is not ready; `None` where it is.
    pub(crate) fn unready(&self) -> Option<&'static str> {
        match self.stage.load(Ordering::Relaxed) {
            READY => None,
            STARTING => Some("starting"),
            _ => Some("stopping"),
        }
    }
}
