//! Operators' changes to single messages of a queue, and the move of all its waiting messages.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use crate::provider::memory::queue::{Dead, Queue, Stored};
use crate::provider::operate::{Stand, Waiting};
use crate::provider::priority::arrival;

/// The messages that were taken out of a queue, in its order, each with the time at which it is due.
#[derive(Default)]
pub(super) struct TakenMessages {
    waiting: Vec<(Stored, Option<SystemTime>)>,
    dead: Vec<Dead>,
}

impl Queue {
    fn places_out(&self) -> BTreeSet<u64> {
        self.out.values().map(|out| out.place).collect()
    }

    /// Takes out all messages that are not in flight.
    pub(super) fn take_waiting(&mut self) -> TakenMessages {
        let out = self.places_out();
        let places: Vec<u64> = self.stored.keys().copied().filter(|place| !out.contains(place)).collect();
        let due = |place: u64| self.later.iter().find(|(_, other)| *other == place).map(|(at, _)| *at);
        let dues: Vec<Option<SystemTime>> = places.iter().map(|place| due(*place)).collect();
        let waiting = places.iter().zip(dues).filter_map(|(place, due)| Some((self.take_out(*place)?, due)));
        TakenMessages {
            waiting: waiting.collect(),
            dead: std::mem::take(&mut self.dead).into_values().collect(),
        }
    }

    /// Takes out one waiting message.
    pub(super) fn take_out(&mut self, place: u64) -> Option<Stored> {
        self.later.retain(|(_, other)| *other != place);
        let stored = self.stored.get(&place)?;
        let was_ready = self.ready.remove(&place);
        // In a key, the next message moves up only if this one was in front.
        if was_ready || self.key_of(&stored.message).is_some() {
            return self.finish(place);
        }
        self.stored.remove(&place)
    }

    /// Adds the messages of another queue behind the waiting ones. Returns how many those are.
    pub(super) fn take_in(&mut self, taken: TakenMessages, now: SystemTime) -> u64 {
        let count = taken.waiting.len() + taken.dead.len();
        for (Stored { message, attempts }, due) in taken.waiting {
            let place = match due.filter(|due| *due > now) {
                Some(due) => {
                    let place = self.store(message);
                    self.later.insert((due, place));
                    place
                }
                None => self.arrive(&message),
            };
            // In an ordered queue, a message with attempts would count as the front of its key.
            if let Some(stored) = self.stored.get_mut(&place)
                && (self.ready.contains(&place) || !self.ordered)
            {
                stored.attempts = attempts;
            }
        }
        for dead in taken.dead {
            self.last_place += 1;
            self.dead.insert(self.last_place, dead);
        }
        count as u64
    }

    /// Deletes the messages that were published since a time and are not in flight.
    pub(super) fn drop_since(&mut self, since: SystemTime) {
        let out = self.places_out();
        let late =
            |(place, stored): (&u64, &Stored)| (stored.message.published_at >= since).then_some(*place);
        let places: Vec<u64> =
            self.stored.iter().filter_map(late).filter(|place| !out.contains(place)).collect();
        for place in places {
            self.take_out(place);
        }
        self.dead.retain(|_, dead| dead.message.published_at < since);
    }

    pub(super) fn peek(&self, limit: usize) -> Vec<Waiting> {
        let out = self.places_out();
        let stand = |place: &u64| {
            let due = self.later.iter().find(|(_, other)| other == place).map(|(at, _)| *at);
            let stand = if out.contains(place) { Stand::InFlight } else { Stand::Ready };
            due.map_or((stand, None), |due| (Stand::Delayed, Some(due)))
        };
        let mut all: Vec<(&u64, &Stored)> = self.stored.iter().collect();
        all.sort_unstable_by_key(|(place, _)| arrival(**place));
        let shown = all.into_iter().take(limit).map(|(place, stored)| {
            let (stand, due_at) = stand(place);
            Waiting {
                id: stored.message.id.clone(),
                body: stored.message.body.clone(),
                key: stored.message.key.clone(),
                priority: stored.message.priority,
                unique: stored.message.unique.clone(),
                published_at: stored.message.published_at,
                attempts: stored.attempts,
                stand,
                due_at,
                holder: None,
                held_since: None,
            }
        });
        shown.collect()
    }

    /// Deletes waiting messages and dead letters with these ids. Returns the ids that were found.
    pub(super) fn delete(&mut self, ids: &[String]) -> Vec<String> {
        let out = self.places_out();
        let is_meant = |id: &String| ids.contains(id);
        let waiting: Vec<u64> = self
            .stored
            .iter()
            .filter(|(place, stored)| is_meant(&stored.message.id) && !out.contains(place))
            .map(|(place, _)| *place)
            .collect();
        let mut found: Vec<String> =
            waiting.into_iter().filter_map(|place| Some(self.take_out(place)?.message.id.clone())).collect();
        self.dead.retain(|_, dead| {
            let goes = is_meant(&dead.message.id);
            if goes {
                found.push(dead.message.id.clone());
            }
            !goes
        });
        found
    }

    /// Makes delayed messages with these ids due. Returns the ids that were found.
    pub(super) fn promote(&mut self, ids: &[String], now: SystemTime) -> Vec<String> {
        let due: Vec<(SystemTime, u64)> = self.later.iter().copied().collect();
        let mut found = Vec::new();
        for (at, place) in due {
            let Some(stored) = self.stored.get(&place).filter(|stored| ids.contains(&stored.message.id))
            else {
                continue;
            };
            found.push(Arc::clone(&stored.message).id.clone());
            self.later.remove(&(at, place));
            self.later.insert((now, place));
        }
        self.tick(now);
        found
    }

    pub(super) fn forget_dead(&mut self, before: SystemTime) -> u64 {
        let count = self.dead.len();
        self.dead.retain(|_, dead| dead.buried_at >= before);
        (count - self.dead.len()) as u64
    }
}
