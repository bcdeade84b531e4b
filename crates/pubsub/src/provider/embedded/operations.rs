//! The operations of operators and the take-over of former names, within one transaction.

use std::time::SystemTime;

use redb::ReadableTable;

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::queue::Queue;
use crate::provider::embedded::record;
use crate::provider::embedded::tables::Names;
use crate::provider::embedded::work::Work;
use crate::provider::operate::{Adopted, Expiry, Stand, Waiting};
use crate::provider::priority::{arrival, priority};
use crate::provider::subscription::{MessageState, Subscription, Topic};

/// A waiting entry: its place, its message's number, its attempts, and when it is due (milliseconds since 1970).
pub(super) type Held = (u64, u64, u32, Option<u64>);

impl Work<'_> {
    /// Returns whether the app declares a subscription by a former name. A former name that the app declares beside the
    /// present one becomes a subscription of its own again.
    pub(super) fn is_known_otherwise(&mut self, topic: &Topic, name: &str) -> Result<bool, Fault> {
        let Ok(number) = self.memory.catalogue.find(&topic.name, name) else { return Ok(false) };
        let present = self.memory.catalogue.known(number)?.name.clone();
        if present == name {
            return Ok(false);
        }
        if topic.subscriptions.iter().all(|each| each.name != present) {
            return Ok(true);
        }
        self.changed = true;
        self.memory.catalogue.free_name(self.txn, &topic.name, name)?;
        Ok(false)
    }

    pub(super) fn note_expiry(
        &mut self,
        number: Option<u32>,
        subscription: &Subscription,
    ) -> Result<(), Fault> {
        let Some(number) = number else { return Ok(()) };
        let expiry = subscription.expiry.map_or(Expiry::Never, Expiry::After);
        if self.memory.catalogue.known(number)?.about.expiry == expiry {
            return Ok(());
        }
        self.changed = true;
        self.memory.catalogue.note(self.txn, number, |about| about.expiry = expiry)
    }

    /// Takes over the subscriptions that have a former name of this one.
    pub(super) fn adopt_all(&mut self, subscription: &Subscription) -> Result<Vec<Adopted>, Fault> {
        let Subscription { topic, name, renamed_from, .. } = subscription;
        let mut adopted = Vec::new();
        for from in renamed_from.iter().filter(|from| *from != name) {
            let Ok(old) = self.memory.catalogue.find(topic, from) else { continue };
            if self.memory.catalogue.known(old)?.name != *from {
                continue;
            }
            self.changed = true;
            let messages = match self.memory.catalogue.find(topic, name) {
                Err(_) => {
                    let depth = self.depth(old)?;
                    self.queues.remove(&old);
                    self.memory.catalogue.rename(self.txn, old, name)?;
                    depth.ready + depth.delayed + depth.in_flight + depth.dead
                }
                Ok(number) => self.merge(old, number)?,
            };
            let (topic, from, to) = (topic.clone(), from.clone(), name.clone());
            adopted.push(Adopted { topic, from, to, messages });
        }
        Ok(adopted)
    }

    /// Merges two subscriptions. Messages published since the new one was created have a copy of their own there and are
    /// dropped.
    fn merge(&mut self, old: u32, new: u32) -> Result<u64, Fault> {
        if let Some(made_at) = self.memory.catalogue.known(new)?.about.made_at {
            for (place, number, _, due_ms) in self.held(old)? {
                if self.messages.published_at(number)? >= made_at {
                    self.take_out(old, place, due_ms)?;
                    self.messages.end(number)?;
                }
            }
        }
        let moved = self.move_waiting(old, new)?;
        let known = self.memory.catalogue.known(old)?;
        let names: Vec<String> =
            std::iter::once(known.name.clone()).chain(known.about.former.clone()).collect();
        self.remove(old)?;
        self.memory.catalogue.take_names(self.txn, new, names)?;
        Ok(moved)
    }

    /// Lists all waiting entries in the order of their arrival.
    fn held(&mut self, number: u32) -> Result<Vec<Held>, Fault> {
        let queue = self.queue(number)?;
        let mut held = Vec::new();
        for entry in queue.ready.iter()? {
            let (place, entry) = entry?;
            held.push((place.value(), entry.value().0, entry.value().1, None));
        }
        for entry in queue.delayed.iter()? {
            let (at, entry) = entry?;
            held.push((at.value().1, entry.value().0, entry.value().1, Some(at.value().0)));
        }
        if let Some(lines) = &queue.lines {
            for entry in lines.behind.iter()? {
                let (at, entry) = entry?;
                held.push((at.value().1, entry.value().0, entry.value().1, None));
            }
        }
        held.sort_unstable_by_key(|(place, ..)| arrival(*place));
        Ok(held)
    }

    /// Takes a waiting entry out. The next one of its key moves up.
    pub(super) fn take_out(&mut self, queue: u32, place: u64, due_ms: Option<u64>) -> Result<(), Fault> {
        let (queue, messages) = self.queue_and_messages(queue)?;
        let taken = match due_ms {
            Some(due_ms) => queue.delayed.remove((due_ms, place))?.map(|entry| entry.value()),
            None => queue.ready.remove(place)?.map(|entry| entry.value()),
        };
        let ordered = queue.is_ordered();
        let Some((number, _)) = taken else { return queue.take_behind(place) };
        let key = messages.key(number, ordered)?;
        queue.step_back(place, key.as_deref())
    }

    /// Moves all waiting entries and the dead letters behind those of another subscription. Returns how many.
    pub(super) fn move_waiting(&mut self, from: u32, to: u32) -> Result<u64, Fault> {
        let held = self.held(from)?;
        for (place, _, _, due_ms) in &held {
            self.take_out(from, *place, *due_ms)?;
        }
        for (before, number, attempts, due_ms) in &held {
            let place = self.memory.numbers.take();
            let (queue, messages) = self.queue_and_messages(to)?;
            let place = queue.place_like(*before, place);
            let key = messages.key(*number, queue.is_ordered())?;
            queue.settle_in(place, (*number, *attempts), *due_ms, key.as_deref())?;
        }
        self.changed = true;
        Ok(held.len() as u64 + self.pour_dead(from, to)?)
    }

    fn pour_dead(&mut self, from: u32, to: u32) -> Result<u64, Fault> {
        let (source, target) = (self.names(from)?, self.names(to)?);
        let mut moved = 0;
        let (mut dead, mut ids) = (source.dead(self.txn)?, source.dead_ids(self.txn)?);
        let (mut its_dead, mut its_ids) = (target.dead(self.txn)?, target.dead_ids(self.txn)?);
        while let Some((place, entry)) = dead.pop_first()? {
            let (number, grave) = entry.value();
            let id = self.messages.read(number)?.id;
            ids.remove((id.as_str(), place.value()))?;
            let place = self.memory.numbers.take();
            its_dead.insert(place, (number, grave))?;
            its_ids.insert((id.as_str(), place), ())?;
            moved += 1;
        }
        Ok(moved)
    }

    fn names(&self, number: u32) -> Result<Names, Fault> {
        Ok(self.memory.catalogue.known(number)?.names.clone())
    }

    /// Deletes a subscription with all its messages. Returns how many those were.
    pub(super) fn remove(&mut self, number: u32) -> Result<u64, Fault> {
        self.changed = true;
        let mut removed =
            self.purge(number, MessageState::Waiting)? + self.purge(number, MessageState::Dead)?;
        let (queue, messages) = self.queue_and_messages(number)?;
        while let Some((_, entry)) = queue.out.pop_first()? {
            messages.end(entry.value().0)?;
            removed += 1;
        }
        self.queues.remove(&number);
        self.memory.leases.retain(|out| out.queue != number);
        if let Some(known) = self.memory.catalogue.drop_names(self.txn, number)? {
            known.names.delete(self.txn)?;
        }
        Ok(removed)
    }

    pub(super) fn peek(&mut self, number: u32, limit: usize) -> Result<Vec<Waiting>, Fault> {
        let mut all: Vec<(Held, Stand)> = Vec::new();
        for held in self.held(number)? {
            all.push((held, if held.3.is_some() { Stand::Delayed } else { Stand::Ready }));
        }
        for entry in self.queue(number)?.out.iter()? {
            let (place, entry) = entry?;
            all.push(((place.value(), entry.value().0, entry.value().1, None), Stand::InFlight));
        }
        all.sort_unstable_by_key(|(held, _)| arrival(held.0));
        let mut shown = Vec::new();
        for ((place, number, attempts, due_ms), stand) in all.into_iter().take(limit) {
            let record = self.messages.read(number)?;
            shown.push(Waiting {
                id: record.id,
                body: record.body,
                key: record.key,
                priority: priority(place),
                unique: self.messages.unique.key_of(number)?,
                published_at: record.published_at,
                attempts,
                stand,
                due_at: due_ms.map(|ms| SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms)),
                holder: None,
                held_since: None,
            });
        }
        Ok(shown)
    }

    /// Returns the waiting entries whose messages have these ids.
    pub(super) fn held_of(&mut self, number: u32, ids: &[String]) -> Result<Vec<(String, Held)>, Fault> {
        let mut found = Vec::new();
        for held in self.held(number)? {
            let id = self.messages.read(held.1)?.id;
            if ids.contains(&id) {
                found.push((id, held));
            }
        }
        Ok(found)
    }

    pub(super) fn delete(&mut self, number: u32, ids: &[String]) -> Result<Vec<String>, Fault> {
        let mut deleted = Vec::new();
        for (id, (place, message, _, due_ms)) in self.held_of(number, ids)? {
            self.take_out(number, place, due_ms)?;
            self.messages.end(message)?;
            deleted.push(id);
        }
        let names = self.names(number)?;
        for message in crate::provider::embedded::dead::Dead::new(self.txn, &names).take(
            &self.messages,
            Some(ids),
            usize::MAX,
        )? {
            deleted.push(self.messages.read(message)?.id);
            self.messages.forget(message)?;
        }
        self.changed |= !deleted.is_empty();
        Ok(deleted)
    }

    pub(super) fn promote(&mut self, number: u32, ids: &[String]) -> Result<Vec<String>, Fault> {
        let mut promoted = Vec::new();
        for (id, (place, message, attempts, due_ms)) in self.held_of(number, ids)? {
            let Some(due_ms) = due_ms else { continue };
            let fresh = self.memory.numbers.take();
            let (queue, messages): (&mut Queue<'_>, _) = self.queue_and_messages(number)?;
            queue.delayed.remove((due_ms, place))?;
            if attempts > 0 {
                queue.ready.insert(place, (message, attempts))?;
            } else {
                let key = messages.key(message, queue.is_ordered())?;
                let fresh = queue.place_like(place, fresh);
                queue.arrive(fresh, message, key.as_deref())?;
            }
            promoted.push(id);
        }
        self.changed |= !promoted.is_empty();
        Ok(promoted)
    }

    pub(super) fn forget_dead(&mut self, number: u32, before: SystemTime) -> Result<u64, Fault> {
        let names = self.names(number)?;
        let mut forgotten = 0;
        let (mut dead, mut ids) = (names.dead(self.txn)?, names.dead_ids(self.txn)?);
        loop {
            let first = dead.first()?.and_then(|(place, entry)| {
                let (number, grave) = entry.value();
                let is_old = record::read_grave(grave).is_some_and(|grave| grave.buried_at < before);
                is_old.then(|| (place.value(), number))
            });
            let Some((place, message)) = first else { break };
            let id = self.messages.read(message)?.id;
            dead.remove(place)?;
            ids.remove((id.as_str(), place))?;
            self.messages.forget(message)?;
            forgotten += 1;
        }
        self.changed |= forgotten > 0;
        Ok(forgotten)
    }
}
