//! The unique keys of messages that wait or run.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::provider::message::NewMessage;

/// Least number of keys at which those of messages that are done are dropped.
const SWEEP_FROM: usize = 1_024;

/// The messages by topic and unique key. The queues own a message as long as it waits or runs in one of them.
#[derive(Default)]
pub(super) struct UniqueKeys {
    owners: HashMap<(String, String), Weak<NewMessage>>,
    sweep_at: usize,
}

impl UniqueKeys {
    /// Returns the id of the message that has the key.
    pub(super) fn owner(&self, message: &NewMessage) -> Option<String> {
        let key = (message.topic.clone(), message.unique.clone()?);
        Some(self.owners.get(&key)?.upgrade()?.id.clone())
    }

    /// Gives the message its key.
    pub(super) fn take(&mut self, message: &Arc<NewMessage>) {
        let Some(key) = &message.unique else { return };
        if self.owners.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.owners.retain(|_, owner| owner.strong_count() > 0);
            self.sweep_at = self.owners.len() * 2;
        }
        self.owners.insert((message.topic.clone(), key.clone()), Arc::downgrade(message));
    }
}
