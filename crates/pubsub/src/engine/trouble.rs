//! Errors of a provider: said once, waited out, and said again when it is over.

use std::time::Duration;

use serde_json::json;
use twinloop_runtime::{Core, Level};

use crate::error::Error;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The trouble that one subscription has with its provider.
#[derive(Default)]
pub(super) struct Trouble {
    pause: Option<Duration>,
}

impl Trouble {
    /// How long to wait before the next try.
    pub(super) fn met(&mut self, core: &Core, subscription: &str, error: &Error) -> Duration {
        let fields = json!({ "subscription": subscription, "code": error.code(), "error": error.message() });
        let pause = match self.pause {
            None => {
                core.log(Level::Error, "messages cannot be received; it is tried again", &fields);
                FIRST_PAUSE
            }
            Some(last) => {
                core.log(Level::Debug, "messages still cannot be received", &fields);
                (last * 2).min(LONGEST_PAUSE)
            }
        };
        self.pause = Some(pause);
        pause
    }

    pub(super) fn over(&mut self, core: &Core, subscription: &str) {
        if self.pause.take().is_some() {
            core.log(Level::Info, "messages are received again", &json!({ "subscription": subscription }));
        }
    }
}
