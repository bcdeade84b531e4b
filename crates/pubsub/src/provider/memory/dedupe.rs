//! The dedupe keys whose windows are open.

use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

use crate::provider::message::NewMessage;

type Key = (String, String);

/// The open windows by topic and dedupe key.
#[derive(Default)]
pub(super) struct Windows {
    taken: HashMap<Key, String>,
    ends: BTreeSet<(SystemTime, Key)>,
}

impl Windows {
    /// Takes the message's dedupe key. Returns the id of the message that has it where it is taken already.
    pub(super) fn take(&mut self, message: &NewMessage, now: SystemTime) -> Option<String> {
        self.sweep(now);
        let dedupe = message.dedupe.as_ref()?;
        let key = (message.topic.clone(), dedupe.key.clone());
        if let Some(id) = self.taken.get(&key) {
            return Some(id.clone());
        }
        self.taken.insert(key.clone(), message.id.clone());
        self.ends.insert((dedupe.until, key));
        None
    }

    fn sweep(&mut self, now: SystemTime) {
        while self.ends.first().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.taken.remove(&key);
            }
        }
    }
}
