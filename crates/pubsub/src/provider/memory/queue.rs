//! The messages of one subscription in memory.
//!
//! Each message has a place, a number that grows in the order of arrival and tells the priority, and is in one of four states: ready, in flight
//! with a lease, later (delayed, or to be retried), or behind another one of its key. In an ordered subscription every key
//! has a line of places; only the front of a line is ever ready, in flight or to be retried.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::provider::message::{Burial, DeadLetter, Delivery, Depth, Lease, NewMessage};
use crate::provider::operate::Done;
use crate::provider::priority::{MAX_PRIORITY, arrival, first_like, place};
use crate::provider::subscription::MessageState;

/// A message with its attempts so far.
pub(super) struct Stored {
    pub(super) message: Arc<NewMessage>,
    pub(super) attempts: u32,
}

/// A buried message.
pub(super) struct Dead {
    pub(super) message: Arc<NewMessage>,
    attempts: u32,
    pub(super) buried_at: SystemTime,
    burial: Burial,
}

/// A delivery in flight.
pub(super) struct Out {
    pub(super) place: u64,
    until: SystemTime,
    holder: u64,
}

/// The messages of one subscription by their state.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) ordered: bool,
    pub(super) last_place: u64,
    last_lease: u64,
    pub(super) stored: BTreeMap<u64, Stored>,
    pub(super) ready: BTreeSet<u64>,
    pub(super) later: BTreeSet<(SystemTime, u64)>,
    pub(super) out: HashMap<Lease, Out>,
    ends: BTreeSet<(SystemTime, Lease)>,
    lines: HashMap<String, VecDeque<u64>>,
    pub(super) dead: BTreeMap<u64, Dead>,
}

impl Queue {
    pub(super) fn new(ordered: bool) -> Self {
        Self { ordered, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.stored.len() + self.dead.len()
    }

    /// Returns whether no message is ready or in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.out.is_empty()
    }

    pub(super) fn push(&mut self, message: Arc<NewMessage>, now: SystemTime) {
        match message.deliver_at.filter(|due| *due > now) {
            Some(due) => {
                let place = self.store(message);
                self.later.insert((due, place));
            }
            None => drop(self.arrive(&message)),
        }
    }

    pub(super) fn store(&mut self, message: Arc<NewMessage>) -> u64 {
        self.last_place += 1;
        // The order of a key is stronger than a priority.
        let priority = if self.ordered { 0 } else { message.priority };
        let place = place(priority, self.last_place);
        self.stored.insert(place, Stored { message, attempts: 0 });
        place
    }

    pub(super) fn arrive(&mut self, message: &Arc<NewMessage>) -> u64 {
        let place = self.store(Arc::clone(message));
        if let Some(line) = self.key_of(message).map(|key| self.lines.entry(key).or_default()) {
            line.push_back(place);
            if line.len() > 1 {
                return place;
            }
        }
        self.ready.insert(place);
        place
    }

    pub(super) fn key_of(&self, message: &NewMessage) -> Option<String> {
        message.key.clone().filter(|_| self.ordered)
    }

    /// Makes messages ready that are due or whose leases have ended. Returns the next time at which either happens.
    pub(super) fn tick(&mut self, now: SystemTime) -> Option<SystemTime> {
        while let Some(&(until, lease)) = self.ends.first()
            && until <= now
        {
            if let Some(place) = self.take_back(lease) {
                self.ready.insert(place);
            }
        }
        while let Some(&(due, place)) = self.later.first()
            && due <= now
        {
            self.later.pop_first();
            self.come_due(place);
        }
        let next = [self.ends.first().map(|end| end.0), self.later.first().map(|later| later.0)];
        next.into_iter().flatten().min()
    }

    /// Makes a message ready. A retried one still has its place in its line; one that was published with a delay takes its
    /// place now.
    fn come_due(&mut self, place: u64) {
        if self.stored.get(&place).is_some_and(|stored| stored.attempts > 0) {
            self.ready.insert(place);
        } else if let Some(stored) = self.stored.remove(&place) {
            self.arrive(&stored.message);
        }
    }

    /// Claims at most `room` messages with leases until `until`.
    pub(super) fn claim(&mut self, room: usize, until: SystemTime, holder: u64) -> Vec<Delivery> {
        let mut claimed = Vec::new();
        while claimed.len() < room
            && let Some(place) = self.pop_ready()
        {
            let Some(stored) = self.stored.get_mut(&place) else { continue };
            stored.attempts += 1;
            self.last_lease += 1;
            let lease = Lease(self.last_lease);
            claimed.push(Delivery {
                id: stored.message.id.clone(),
                attempt: stored.attempts,
                body: stored.message.body.clone(),
                key: stored.message.key.clone(),
                replayed_at: None,
                published_at: stored.message.published_at,
                trace: stored.message.trace.clone(),
                lease,
            });
            self.out.insert(lease, Out { place, until, holder });
            self.ends.insert((until, lease));
        }
        claimed
    }

    /// Takes out the first ready place of the greatest priority.
    fn pop_ready(&mut self) -> Option<u64> {
        let last = *self.ready.last()?;
        let first = *self.ready.range(first_like(last)..).next()?;
        self.ready.remove(&first);
        Some(first)
    }

    /// Returns the ready message that arrived first.
    fn oldest(&self) -> Option<&Stored> {
        let first = |priority| self.ready.range(place(priority, 0)..).next();
        let places = (0..=MAX_PRIORITY).filter_map(first);
        places.min_by_key(|place| arrival(**place)).and_then(|place| self.stored.get(place))
    }

    fn take_back(&mut self, lease: Lease) -> Option<u64> {
        let out = self.out.remove(&lease)?;
        self.ends.remove(&(out.until, lease));
        Some(out.place)
    }

    pub(super) fn acknowledge(&mut self, lease: Lease) {
        if let Some(place) = self.take_back(lease) {
            self.finish(place);
        }
    }

    pub(super) fn finish(&mut self, place: u64) -> Option<Stored> {
        let stored = self.stored.remove(&place)?;
        if let Some(key) = self.key_of(&stored.message) {
            self.leave_line(&key, place);
        }
        Some(stored)
    }

    fn leave_line(&mut self, key: &str, place: u64) {
        let Some(line) = self.lines.get_mut(key) else { return };
        let was_front = line.front() == Some(&place);
        line.retain(|other| *other != place);
        match line.front() {
            None => drop(self.lines.remove(key)),
            Some(front) if was_front => drop(self.ready.insert(*front)),
            Some(_) => {}
        }
    }

    pub(super) fn retry(&mut self, lease: Lease, due: SystemTime) {
        if let Some(place) = self.take_back(lease) {
            self.later.insert((due, place));
        }
    }

    pub(super) fn release(&mut self, lease: Lease) {
        let Some(place) = self.take_back(lease) else { return };
        if let Some(stored) = self.stored.get_mut(&place) {
            stored.attempts -= 1;
        }
        self.ready.insert(place);
    }

    pub(super) fn release_all_of(&mut self, holder: u64) {
        let leases: Vec<Lease> =
            self.out.iter().filter(|(_, out)| out.holder == holder).map(|(lease, _)| *lease).collect();
        for lease in leases {
            self.release(lease);
        }
    }

    pub(super) fn bury(&mut self, lease: Lease, attempts: u32, burial: Burial, now: SystemTime) {
        let Some(place) = self.take_back(lease) else { return };
        let Some(Stored { message, .. }) = self.finish(place) else { return };
        // A dead letter does not keep the unique key of its message, which the queues own.
        let message = if message.unique.is_some() { Arc::new(NewMessage::clone(&message)) } else { message };
        self.last_place += 1;
        self.dead.insert(self.last_place, Dead { message, attempts, buried_at: now, burial });
    }

    /// Extends a lease to `until`. Returns false where it was lost.
    pub(super) fn extend(&mut self, lease: Lease, until: SystemTime) -> bool {
        let Some(out) = self.out.get_mut(&lease) else { return false };
        self.ends.remove(&(out.until, lease));
        out.until = until;
        self.ends.insert((until, lease));
        true
    }

    pub(super) fn renew_leases(&mut self, by: Duration) {
        let leases: Vec<(Lease, SystemTime)> =
            self.out.iter().map(|(lease, out)| (*lease, out.until + by)).collect();
        for (lease, until) in leases {
            self.extend(lease, until);
        }
    }

    pub(super) fn depth(&self, now: SystemTime) -> Depth {
        let (later, out) = (self.later.len(), self.out.len());
        let age = self.oldest().and_then(|stored| now.duration_since(stored.message.published_at).ok());
        Depth {
            ready: (self.stored.len() - later - out) as u64,
            delayed: later as u64,
            in_flight: out as u64,
            dead: self.dead.len() as u64,
            oldest_ms: age.map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    pub(super) fn dead_letters(&self, limit: usize, after: Option<&str>) -> Vec<DeadLetter> {
        let all = self.dead.values();
        match after {
            None => all.take(limit).map(Dead::letter).collect(),
            Some(id) => {
                all.skip_while(|dead| dead.message.id != id).skip(1).take(limit).map(Dead::letter).collect()
            }
        }
    }

    pub(super) fn redrive(&mut self, ids: Option<&[String]>) -> Done {
        let mut found = Vec::new();
        let chosen = |dead: &Dead| ids.is_none_or(|ids| ids.contains(&dead.message.id));
        let places: Vec<u64> =
            self.dead.iter().filter(|(_, dead)| chosen(dead)).map(|(place, _)| *place).collect();
        for place in &places {
            if let Some(dead) = self.dead.remove(place) {
                found.push(dead.message.id.clone());
                self.arrive(&dead.message);
            }
        }
        Done { count: found.len() as u64, ..Done::of(ids.unwrap_or_default(), &found) }
    }

    pub(super) fn purge(&mut self, part: MessageState) -> u64 {
        if part == MessageState::Dead {
            return std::mem::take(&mut self.dead).len() as u64;
        }
        let out: BTreeSet<u64> = self.out.values().map(|out| out.place).collect();
        let before = self.stored.len();
        self.stored.retain(|place, _| out.contains(place));
        self.ready.clear();
        self.later.clear();
        self.lines.retain(|_, line| {
            line.retain(|place| out.contains(place));
            !line.is_empty()
        });
        (before - self.stored.len()) as u64
    }

    pub(super) fn clear(&mut self) {
        // The numbers go on, so that a late settlement of a deleted message finds nothing.
        let (ordered, last_place, last_lease) = (self.ordered, self.last_place, self.last_lease);
        *self = Self { ordered, last_place, last_lease, ..Self::default() };
    }
}

impl Dead {
    fn letter(&self) -> DeadLetter {
        DeadLetter {
            id: self.message.id.clone(),
            body: self.message.body.clone(),
            key: self.message.key.clone(),
            attempts: self.attempts,
            published_at: self.message.published_at,
            buried_at: self.buried_at,
            burial: self.burial.clone(),
        }
    }
}
