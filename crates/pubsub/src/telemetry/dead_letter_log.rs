//! The log lines of dead letters, of which a broken handler makes as many as there are messages.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;
use twinloop_runtime::{Core, Level, lock};

/// Most lines in one [`WINDOW`].
const MAX_LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(1);

/// Decides which dead letters of a broker are logged one by one: ten a second. Of the others the number is logged.
#[derive(Default)]
pub(crate) struct DeadLetterLog(Mutex<Window>);

#[derive(Default)]
struct Window {
    began: Option<Instant>,
    lines: u32,
    suppressed: u64,
}

impl DeadLetterLog {
    /// Returns whether a dead letter is logged; counts it otherwise.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut window = lock(&self.0);
        if window.began.is_none_or(|began| now.duration_since(began) >= WINDOW) {
            window.began = Some(now);
            window.lines = 0;
        }
        let is_admitted = window.lines < MAX_LINES;
        window.lines += u32::from(is_admitted);
        window.suppressed += u64::from(!is_admitted);
        is_admitted
    }

    /// Logs how many dead letters were not logged since the last call, if there were any.
    pub(crate) fn tell_suppressed(&self, core: &Core) {
        let count = std::mem::take(&mut lock(&self.0).suppressed);
        if count > 0 {
            let message = format!(
                "moved {count} more messages to the dead letters: at most {MAX_LINES} a second are logged one by one"
            );
            core.log(Level::Warn, &message, &json!({ "suppressed": count }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_are_logged_and_the_others_counted() {
        let log = DeadLetterLog::default();
        let start = Instant::now();
        assert_eq!((0..25).filter(|_| log.admits(start)).count(), 10);
        let later = start + WINDOW;
        assert_eq!((0..25).filter(|_| log.admits(later)).count(), 10);
        assert_eq!(lock(&log.0).suppressed, 30);
    }
}
