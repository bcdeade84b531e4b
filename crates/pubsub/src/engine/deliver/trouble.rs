//! Errors while a subscription receives messages: logged once, retried after a backoff, and logged again on recovery.
//!
//! An outage concerns the broker and is logged there once for all subscriptions; for the single subscription it is logged at
//! debug.

use std::time::Duration;

use serde_json::json;
use twinloop_runtime::{Core, Failure, Level};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The state of a subscription that cannot receive messages.
#[derive(Default)]
pub(crate) struct Trouble {
    pause: Option<Duration>,
    /// Whether the error was logged at a level above debug.
    is_told: bool,
}

impl Trouble {
    /// Records and logs an error. Returns the backoff before the next try.
    pub(crate) fn record(&mut self, core: &Core, subscription: &str, error: &Failure) -> Duration {
        let fields = json!({ "subscription": subscription, "code": error.code, "error": &error.message });
        let pause = match self.pause {
            None => {
                self.is_told = !error.is_outage();
                let level = if self.is_told { Level::Error } else { Level::Debug };
                core.log(
                    level,
                    &format!("failed to receive messages: {}; retrying", &error.message),
                    &fields,
                );
                FIRST_PAUSE
            }
            Some(last) => {
                core.log(Level::Debug, "failed to receive messages again; retrying", &fields);
                (last * 2).min(LONGEST_PAUSE)
            }
        };
        self.pause = Some(pause);
        pause
    }

    pub(crate) fn recover(&mut self, core: &Core, subscription: &str) {
        if self.pause.take().is_some() {
            let level = if std::mem::take(&mut self.is_told) { Level::Info } else { Level::Debug };
            core.log(level, "receiving messages again", &json!({ "subscription": subscription }));
        }
    }
}
