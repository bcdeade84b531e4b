//! Recalling a message by its id, within one transaction.

use redb::ReadableTable;
use twinloop_runtime::Failure;

use crate::provider::embedded::dead::Dead;
use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::operations::Held;
use crate::provider::embedded::record::milliseconds_up;
use crate::provider::embedded::work::Work;
use crate::provider::recall::{Recall, RecallOutcome, Recalled};

impl Work<'_> {
    /// Recalls a message from all subscriptions of its topic.
    pub(super) fn recall(
        &mut self,
        topic: &str,
        id: &str,
        what: Recall,
    ) -> Result<Result<Vec<Recalled>, Failure>, Fault> {
        let Some(subscriptions) = self.memory.catalogue.subscriptions_of(topic) else {
            return Ok(Err(crate::error::no_topic(topic)));
        };
        let mut recalled = Vec::with_capacity(subscriptions.len());
        for (subscription, number) in subscriptions {
            recalled.push(Recalled { subscription, found: self.recall_from(number, id, what)? });
        }
        Ok(Ok(recalled))
    }

    fn recall_from(&mut self, number: u32, id: &str, what: Recall) -> Result<RecallOutcome, Fault> {
        let ids = [id.to_owned()];
        let Some((_, held)) = self.held_of(number, &ids)?.pop() else {
            return self.find_elsewhere(number, id);
        };
        self.changed = true;
        match what {
            Recall::Cancel => {
                let (place, message, _, due_ms) = held;
                self.take_out(number, place, due_ms)?;
                self.messages.end(message)?;
            }
            Recall::Reschedule(due) => self.reschedule(number, held, milliseconds_up(due))?,
        }
        Ok(RecallOutcome::Waiting)
    }

    /// Gives a waiting entry another time. One that was begun keeps its place, in front of its key.
    fn reschedule(&mut self, number: u32, held: Held, due_ms: u64) -> Result<(), Fault> {
        let (place, message, attempts, was_due_ms) = held;
        if attempts == 0 {
            self.take_out(number, place, was_due_ms)?;
            let fresh = self.memory.numbers.take();
            let queue = self.queue(number)?;
            return queue.delay(due_ms, queue.place_like(place, fresh), message);
        }
        let queue = self.queue(number)?;
        match was_due_ms {
            Some(was_due_ms) => drop(queue.delayed.remove((was_due_ms, place))?),
            None => drop(queue.ready.remove(place)?),
        }
        queue.delayed.insert((due_ms, place), (message, attempts))?;
        Ok(())
    }

    /// Finds a message that does not wait.
    fn find_elsewhere(&mut self, number: u32, id: &str) -> Result<RecallOutcome, Fault> {
        let mut out = Vec::new();
        for entry in self.queue(number)?.out.iter()? {
            out.push(entry?.1.value().0);
        }
        for message in out {
            if self.messages.read(message)?.id == id {
                return Ok(RecallOutcome::InFlight);
            }
        }
        let names = &self.memory.catalogue.known(number)?.names;
        let is_dead = Dead::new(self.txn, names).has(id)?;
        Ok(if is_dead { RecallOutcome::Dead } else { RecallOutcome::Gone })
    }
}
