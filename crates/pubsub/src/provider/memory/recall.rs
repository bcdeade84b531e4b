//! Recalling a message from a queue in memory.

use std::time::SystemTime;

use twinloop_runtime::Failure;

use crate::provider::memory::queue::Queue;
use crate::provider::memory::store::State;
use crate::provider::recall::{Recall, RecallOutcome, Recalled};

impl State {
    /// Recalls a message from all subscriptions of its topic.
    pub(super) fn recall(
        &mut self,
        topic: &str,
        id: &str,
        what: Recall,
        now: SystemTime,
    ) -> Result<Vec<Recalled>, Failure> {
        let Self { topics, queues, .. } = self;
        let entries = topics.get(topic).ok_or_else(|| crate::error::no_topic(topic))?;
        let recalled = entries.iter().map(|entry| Recalled {
            subscription: entry.name.clone(),
            found: queues[entry.number].recall(id, what, now),
        });
        Ok(recalled.collect())
    }
}

impl Queue {
    fn recall(&mut self, id: &str, what: Recall, now: SystemTime) -> RecallOutcome {
        self.tick(now);
        let Some((place, attempts)) = self.find(id) else {
            let is_dead = self.dead.values().any(|dead| dead.message.id == id);
            return if is_dead { RecallOutcome::Dead } else { RecallOutcome::Gone };
        };
        if self.out.values().any(|out| out.place == place) {
            return RecallOutcome::InFlight;
        }
        match what {
            Recall::Cancel => drop(self.take_out(place)),
            // A message that was begun keeps its place, in front of its key.
            Recall::Reschedule(due) if attempts > 0 => {
                self.later.retain(|(_, other)| *other != place);
                self.ready.remove(&place);
                self.later.insert((due, place));
            }
            Recall::Reschedule(due) => {
                if let Some(stored) = self.take_out(place) {
                    let place = self.store(stored.message);
                    self.later.insert((due, place));
                }
            }
        }
        self.tick(now);
        RecallOutcome::Waiting
    }

    /// Returns the place and the attempts of the message with this id.
    fn find(&self, id: &str) -> Option<(u64, u32)> {
        let found = self.stored.iter().find(|(_, stored)| stored.message.id == id);
        found.map(|(place, stored)| (*place, stored.attempts))
    }
}
