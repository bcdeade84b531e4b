//! The messages that one consumer has received, each with its state.
//!
//! A message is ready, in flight with a lease, or behind another one of its key. In an ordered subscription every key has a lane of the
//! sequence numbers that the server has delivered and that are not settled; only the first of a lane is ever ready or in flight. A number
//! without a message is one that the server delivers again: a retried one after its delay, or one that a former owner had. The stock does
//! no I/O.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_nats::Subject;
use tokio::time::Instant;

use crate::provider::message::{Delivery, Lease};
use crate::provider::nats::envelope::Letter;

/// A message that was received.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) sequence: u64,
    /// The subject to which its settlement is sent.
    pub(super) reply: Subject,
    pub(super) letter: Letter,
    /// The server's count of deliveries.
    pub(super) delivered: u32,
    /// The deliveries of them that no handler has begun.
    pub(super) uncounted: u32,
    /// Deliveries to a handler that the server has not counted.
    pub(super) extra: u32,
}

impl Held {
    /// Deliveries to a handler before this one.
    pub(super) fn attempts(&self) -> u32 {
        let again = self.delivered.saturating_sub(1).saturating_sub(self.uncounted);
        self.letter.attempts.saturating_add(again).saturating_add(self.extra)
    }

    /// Returns the message with its attempts in the letter, to be stored anew.
    pub(super) fn counted(&self) -> Letter {
        Letter { attempts: self.attempts(), ..self.letter.clone() }
    }
}

#[derive(Debug)]
struct Out {
    held: Held,
    until: Instant,
}

/// A message that the server delivers again.
#[derive(Debug)]
struct Awaited {
    /// The time from which it may be checked whether the message still exists.
    from: Instant,
    /// The retried message; `None` for one that a former owner had.
    paused: Option<Held>,
    key: Option<String>,
    uncounted: u32,
}

/// The received messages, counted by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeldCounts {
    pub(super) ready: u64,
    pub(super) paused: u64,
    /// The time at which the oldest ready message was published.
    pub(super) oldest: Option<SystemTime>,
}

/// The stock of one consumer: the received messages by their state.
#[derive(Debug)]
pub(super) struct Stock {
    ordered: bool,
    lease: Duration,
    ready: BTreeMap<u64, Held>,
    lanes: HashMap<String, BTreeMap<u64, Option<Held>>>,
    out: HashMap<Lease, Out>,
    awaited: BTreeMap<u64, Awaited>,
}

impl Stock {
    pub(super) fn new(ordered: bool, lease: Duration) -> Self {
        Self {
            ordered,
            lease,
            ready: BTreeMap::new(),
            lanes: HashMap::new(),
            out: HashMap::new(),
            awaited: BTreeMap::new(),
        }
    }

    fn key_of(&self, letter: &Letter) -> Option<String> {
        letter.key.clone().filter(|_| self.ordered)
    }

    /// Adds a number that a former owner had: its key waits for it.
    pub(super) fn await_again(&mut self, sequence: u64, key: Option<String>, uncounted: u32, from: Instant) {
        if let Some(key) = &key {
            self.lanes.entry(key.clone()).or_default().insert(sequence, None);
        }
        self.awaited.insert(sequence, Awaited { from, paused: None, key, uncounted });
    }

    /// Adds a received message.
    pub(super) fn arrive(&mut self, mut held: Held) {
        let sequence = held.sequence;
        if let Some(awaited) = self.awaited.remove(&sequence) {
            let before = awaited.paused.as_ref();
            held.uncounted = awaited.uncounted.max(before.map_or(0, |held| held.uncounted));
            held.extra = before.map_or(0, |held| held.extra);
        }
        let lease = self.out.iter().find(|(_, out)| out.held.sequence == sequence).map(|(lease, _)| *lease);
        if let Some(lease) = lease {
            if self.ordered {
                // The message is still with its handler here: the server has waited for a sign of it.
                if let Some(out) = self.out.get_mut(&lease) {
                    out.held.uncounted += held.delivered.saturating_sub(out.held.delivered);
                    (out.held.delivered, out.held.reply) = (held.delivered, held.reply);
                }
                return;
            }
            self.out.remove(&lease);
        }
        if let Some(known) = self.ready.get_mut(&sequence) {
            known.uncounted += held.delivered.saturating_sub(known.delivered);
            (known.delivered, known.reply) = (held.delivered, held.reply);
            return;
        }
        let Some(key) = self.key_of(&held.letter) else {
            self.ready.insert(sequence, held);
            return;
        };
        let lane = self.lanes.entry(key.clone()).or_default();
        if lane.range(..sequence).next().is_some() {
            // A message behind another one of its key was with no handler.
            held.uncounted = held.uncounted.max(held.delivered.saturating_sub(1));
        }
        lane.insert(sequence, Some(held));
        self.advance(&key);
    }

    /// Makes the first message of a key ready, if it is here and not ready or in flight yet.
    fn advance(&mut self, key: &str) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        match lane.iter_mut().next() {
            None => drop(self.lanes.remove(key)),
            Some((sequence, held)) => {
                if let Some(held) = held.take() {
                    self.ready.insert(*sequence, held);
                }
            }
        }
    }

    fn leave_lane(&mut self, held: &Held) {
        if let Some(key) = self.key_of(&held.letter) {
            self.leave_lane_of(&key, held.sequence);
        }
    }

    fn leave_lane_of(&mut self, key: &str, sequence: u64) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.remove(&sequence);
        }
        self.advance(key);
    }

    /// Takes at most `room` ready messages as deliveries.
    pub(super) fn take(&mut self, room: usize, now: Instant) -> Vec<Delivery> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut taken = Vec::new();
        while taken.len() < room
            && let Some((_, held)) = self.ready.pop_first()
        {
            let lease = Lease(LAST.fetch_add(1, Ordering::Relaxed) + 1);
            let letter = held.letter.clone();
            taken.push(Delivery {
                id: letter.id,
                attempt: held.attempts().saturating_add(1),
                body: letter.body,
                key: letter.key,
                replayed_at: None,
                published_at: letter.published_at,
                trace: letter.trace,
                lease,
            });
            self.out.insert(lease, Out { held, until: now + self.lease });
        }
        taken
    }

    /// Returns the message in flight with this lease.
    pub(super) fn held(&self, lease: Lease) -> Option<Held> {
        self.out.get(&lease).map(|out| out.held.clone())
    }

    /// Ends a delivery; its key goes on.
    pub(super) fn finish(&mut self, lease: Lease) -> Option<Held> {
        let Out { held, .. } = self.out.remove(&lease)?;
        self.leave_lane(&held);
        Some(held)
    }

    /// Ends a delivery whose message the server delivers again after `wait`; its key waits for it.
    pub(super) fn pause(&mut self, lease: Lease, wait: Duration) -> Option<Held> {
        let Out { held, .. } = self.out.remove(&lease)?;
        let key = self.key_of(&held.letter);
        let awaited = Awaited {
            from: Instant::now() + wait,
            uncounted: held.uncounted,
            key,
            paused: Some(held.clone()),
        };
        self.awaited.insert(held.sequence, awaited);
        Some(held)
    }

    /// Releases a delivery that was not begun: the message is ready again, in its place.
    pub(super) fn release(&mut self, lease: Lease) -> bool {
        let Some(Out { held, .. }) = self.out.remove(&lease) else { return false };
        self.ready.insert(held.sequence, held);
        true
    }

    /// Extends leases. Returns the subjects of the extended ones and the leases that are not there.
    pub(super) fn extend(&mut self, leases: &[Lease], now: Instant) -> (Vec<Subject>, Vec<Lease>) {
        let (mut extended, mut lost) = (Vec::new(), Vec::new());
        for lease in leases {
            match self.out.get_mut(lease) {
                Some(out) => {
                    out.until = now + self.lease;
                    extended.push(out.held.reply.clone());
                }
                None => lost.push(*lease),
            }
        }
        (extended, lost)
    }

    /// Ends the leases that have run out. In an ordered subscription the message is ready again; otherwise the server delivers it again.
    pub(super) fn pass(&mut self, now: Instant) {
        let ended: Vec<Lease> =
            self.out.iter().filter(|(_, out)| out.until <= now).map(|(lease, _)| *lease).collect();
        for Out { mut held, .. } in ended.iter().filter_map(|lease| self.out.remove(lease)) {
            if self.ordered {
                held.extra = held.extra.saturating_add(1);
                self.ready.insert(held.sequence, held);
            }
        }
    }

    /// Returns when `pass` next has something to do.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.out.values().map(|out| out.until).min()
    }

    /// Returns the subjects of the messages whose leases at the server this process must extend by itself.
    pub(super) fn kept(&self) -> Vec<Subject> {
        let ready = self.ready.values();
        let behind = self.lanes.values().flat_map(BTreeMap::values).flatten();
        let out = self.out.values().map(|out| &out.held).filter(|_| self.ordered);
        ready.chain(behind).chain(out).map(|held| held.reply.clone()).collect()
    }

    pub(super) fn ready_count(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn behind_count(&self) -> usize {
        self.lanes.values().flat_map(BTreeMap::values).flatten().count()
    }

    pub(super) fn is_out(&self, sequence: u64) -> bool {
        self.out.values().any(|out| out.held.sequence == sequence)
    }

    pub(super) fn is_ready(&self, sequence: u64) -> bool {
        self.ready.contains_key(&sequence)
            || self.lanes.values().any(|lane| lane.get(&sequence).is_some_and(Option::is_some))
    }

    /// Returns the due time of a retried message that waits here.
    pub(super) fn paused(&self, sequence: u64) -> Option<Instant> {
        self.awaited.get(&sequence).filter(|awaited| awaited.paused.is_some()).map(|awaited| awaited.from)
    }

    /// Returns the retried messages with these ids that wait here, each with its settlement's subject.
    pub(super) fn paused_of(&self, ids: &[String]) -> Vec<(String, Subject)> {
        let paused = self.awaited.values().filter_map(|awaited| awaited.paused.as_ref());
        let meant = paused.filter(|held| ids.contains(&held.letter.id));
        meant.map(|held| (held.letter.id.clone(), held.reply.clone())).collect()
    }

    /// Returns the numbers of awaited messages that should have come before a time.
    pub(super) fn overdue(&self, before: Instant) -> Vec<u64> {
        self.awaited
            .iter()
            .filter(|(_, awaited)| awaited.from <= before)
            .map(|(sequence, _)| *sequence)
            .collect()
    }

    /// Gives up a message that does not come again, because it was deleted or a former owner has settled it.
    pub(super) fn forget(&mut self, sequence: u64) {
        if let Some(Awaited { key: Some(key), .. }) = self.awaited.remove(&sequence) {
            self.leave_lane_of(&key, sequence);
        }
    }

    pub(super) fn counts(&self) -> HeldCounts {
        let behind = self.lanes.values().flat_map(BTreeMap::values).flatten();
        let waiting = self.ready.values().chain(behind);
        HeldCounts {
            ready: waiting.clone().count() as u64,
            paused: self.awaited.values().filter(|awaited| awaited.paused.is_some()).count() as u64,
            oldest: waiting.map(|held| held.letter.published_at).min(),
        }
    }

    /// Takes all messages that are not in flight, in their order, those that wait to be retried included.
    pub(super) fn empty(&mut self) -> Vec<Held> {
        let mut taken: BTreeMap<u64, Held> = std::mem::take(&mut self.ready);
        for lane in self.lanes.values_mut() {
            taken.extend(lane.iter_mut().filter_map(|(sequence, held)| Some((*sequence, held.take()?))));
        }
        let paused: Vec<u64> = self
            .awaited
            .iter()
            .filter(|(_, awaited)| awaited.paused.is_some())
            .map(|(sequence, _)| *sequence)
            .collect();
        taken.extend(
            paused.iter().filter_map(|sequence| Some((*sequence, self.awaited.remove(sequence)?.paused?))),
        );
        for held in taken.values() {
            self.leave_lane(held);
        }
        taken.into_values().collect()
    }

    /// Takes one message that is not in flight.
    pub(super) fn take_out(&mut self, sequence: u64) -> Option<Held> {
        let behind = || self.lanes.values_mut().find_map(|lane| lane.get_mut(&sequence)?.take());
        let held = self.ready.remove(&sequence);
        let held = held.or_else(behind).or_else(|| self.awaited.remove(&sequence)?.paused)?;
        self.leave_lane(&held);
        Some(held)
    }

    /// Takes everything, in the order of its arrival, and the uncounted deliveries of what the server delivers again.
    pub(super) fn clear(&mut self) -> (Vec<Held>, BTreeMap<u64, u32>) {
        let mut all: BTreeMap<u64, Held> = std::mem::take(&mut self.ready);
        let lanes = std::mem::take(&mut self.lanes);
        all.extend(lanes.into_values().flatten().filter_map(|(sequence, held)| Some((sequence, held?))));
        all.extend(std::mem::take(&mut self.out).into_values().map(|out| (out.held.sequence, out.held)));
        let awaited = std::mem::take(&mut self.awaited).into_iter();
        (
            all.into_values().collect(),
            awaited.map(|(sequence, awaited)| (sequence, awaited.uncounted)).collect(),
        )
    }
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod tests;
