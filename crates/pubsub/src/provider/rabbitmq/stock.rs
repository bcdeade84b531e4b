//! The messages that one consumer has received, each with its state.
//!
//! A message arrives with its delivery tag. The message is ready, in flight with a lease, paused until a time that is near, or to be
//! moved because its time is far. In an ordered subscription every key has a lane while one of its messages is here: the
//! front one is ready, in flight or paused, the others wait behind it. The stock does no I/O.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::provider::message::{Delivery, Lease};
use crate::provider::rabbitmq::envelope::Letter;
use crate::provider::rabbitmq::levels::SHORTEST_MS;

/// A message that was received.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The delivery tag (AMQP 0-9-1).
    pub(super) tag: u64,
    pub(super) letter: Letter,
}

#[derive(Debug)]
struct Out {
    tag: u64,
    until: Instant,
    /// The message of an ordered subscription, which must not return to the broker, where it would lose its place.
    kept: Option<Letter>,
}

#[derive(Debug)]
enum Then {
    /// The message takes its place.
    Arrives,
    /// The message has its place, in front of its lane.
    Again,
}

/// The received messages, counted by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) ready: u64,
    pub(super) delayed: u64,
    pub(super) out: u64,
    /// The time at which the oldest ready message was published.
    pub(super) oldest: Option<SystemTime>,
}

/// The stock of one consumer: the received messages by their state.
#[derive(Debug)]
pub(super) struct Stock {
    ordered: bool,
    lease: Duration,
    ready: VecDeque<Parcel>,
    /// The messages behind the front one of each key.
    lanes: HashMap<String, VecDeque<Parcel>>,
    pausing: BTreeMap<(Instant, u64), (Parcel, Then)>,
    later: Vec<Parcel>,
    out: HashMap<Lease, Out>,
}

impl Stock {
    pub(super) fn new(ordered: bool, lease: Duration) -> Self {
        Self {
            ordered,
            lease,
            ready: VecDeque::new(),
            lanes: HashMap::new(),
            pausing: BTreeMap::new(),
            later: Vec::new(),
            out: HashMap::new(),
        }
    }

    /// Adds a received message. `redeliveries` are the broker's earlier deliveries without an acknowledgement.
    pub(super) fn arrive(&mut self, mut parcel: Parcel, redeliveries: u32) {
        let key = parcel.letter.key.as_ref().filter(|_| self.ordered);
        // A message behind another one of its key was with no handler.
        if !key.is_some_and(|key| self.lanes.contains_key(key)) {
            parcel.letter.attempts = parcel.letter.attempts.saturating_add(redeliveries);
        }
        let wait = parcel.letter.deliver_at.and_then(|at| at.duration_since(SystemTime::now()).ok());
        match wait.filter(|wait| !wait.is_zero()) {
            None => self.place(parcel),
            Some(wait) if wait < Duration::from_millis(SHORTEST_MS) => {
                self.pausing.insert((Instant::now() + wait, parcel.tag), (parcel, Then::Arrives));
            }
            Some(_) => self.later.push(parcel),
        }
    }

    fn place(&mut self, parcel: Parcel) {
        if let Some(key) = parcel.letter.key.as_ref().filter(|_| self.ordered) {
            if let Some(lane) = self.lanes.get_mut(key) {
                lane.push_back(parcel);
                return;
            }
            self.lanes.insert(key.clone(), VecDeque::new());
        }
        self.ready.push_back(parcel);
    }

    /// Takes at most `room` ready messages as deliveries.
    pub(super) fn take(&mut self, room: usize, now: Instant) -> Vec<Delivery> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let count = room.min(self.ready.len());
        let until = now + self.lease;
        let mut taken = Vec::with_capacity(count);
        for Parcel { tag, letter } in self.ready.drain(..count) {
            let lease = Lease(LAST.fetch_add(1, Ordering::Relaxed) + 1);
            let kept = self.ordered.then(|| letter.clone());
            self.out.insert(lease, Out { tag, until, kept });
            taken.push(Delivery {
                id: letter.id,
                attempt: letter.attempts.saturating_add(1),
                body: letter.body,
                key: letter.key,
                published_at: letter.published_at,
                replayed_at: letter.replayed_at,
                trace: letter.trace,
                lease,
            });
        }
        taken
    }

    /// Returns the delivery tag of the message in flight with this lease.
    pub(super) fn tag(&self, lease: Lease) -> Option<u64> {
        self.out.get(&lease).map(|out| out.tag)
    }

    /// Ends a delivery; its key goes on.
    pub(super) fn finish(&mut self, lease: Lease, key: Option<&str>) -> Option<u64> {
        let Out { tag, .. } = self.out.remove(&lease)?;
        if let Some(key) = key {
            self.advance(key);
        }
        Some(tag)
    }

    fn advance(&mut self, key: &str) {
        if let Some(lane) = self.lanes.get_mut(key) {
            match lane.pop_front() {
                Some(next) => self.ready.push_back(next),
                None => drop(self.lanes.remove(key)),
            }
        }
    }

    /// Delivers a message in flight again from here after `wait`, with the letter's attempts.
    pub(super) fn pause(&mut self, lease: Lease, letter: Letter, wait: Duration) -> bool {
        let Some(Out { tag, .. }) = self.out.remove(&lease) else { return false };
        self.pausing.insert((Instant::now() + wait, tag), (Parcel { tag, letter }, Then::Again));
        true
    }

    /// Releases a delivery that was not begun: it comes again before all others.
    pub(super) fn release(&mut self, lease: Lease, letter: Letter) -> bool {
        let Some(Out { tag, .. }) = self.out.remove(&lease) else { return false };
        self.ready.push_front(Parcel { tag, letter });
        true
    }

    /// Extends leases. Returns the leases that are not there.
    pub(super) fn extend(&mut self, leases: &[Lease], now: Instant) -> Vec<Lease> {
        let mut lost = Vec::new();
        for lease in leases {
            match self.out.get_mut(lease) {
                Some(out) => out.until = now + self.lease,
                None => lost.push(*lease),
            }
        }
        lost
    }

    /// Applies the time: messages whose pause or lease has ended become ready. Returns the tags of messages that are to be
    /// returned to the broker.
    pub(super) fn pass(&mut self, now: Instant) -> Vec<u64> {
        while let Some(entry) = self.pausing.first_entry()
            && entry.key().0 <= now
        {
            match entry.remove() {
                (parcel, Then::Arrives) => self.place(parcel),
                (parcel, Then::Again) => self.ready.push_back(parcel),
            }
        }
        let expired: Vec<Lease> =
            self.out.iter().filter(|(_, out)| out.until <= now).map(|(lease, _)| *lease).collect();
        let mut back = Vec::new();
        for Out { tag, kept, .. } in expired.iter().filter_map(|lease| self.out.remove(lease)) {
            match kept {
                None => back.push(tag),
                Some(mut letter) => {
                    letter.attempts = letter.attempts.saturating_add(1);
                    self.ready.push_back(Parcel { tag, letter });
                }
            }
        }
        back
    }

    /// Returns when `pass` next has something to do.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let paused = self.pausing.first_key_value().map(|((at, _), _)| *at);
        let leased = self.out.values().map(|out| out.until).min();
        paused.into_iter().chain(leased).min()
    }

    /// Takes the messages that are to be moved.
    pub(super) fn take_later(&mut self) -> Vec<Parcel> {
        std::mem::take(&mut self.later)
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn is_none_out(&self) -> bool {
        self.out.is_empty()
    }

    pub(super) fn counts(&self) -> Counts {
        let behind = self.lanes.values().flatten();
        let waiting = self.ready.iter().chain(behind);
        Counts {
            ready: waiting.clone().count() as u64,
            delayed: (self.pausing.len() + self.later.len()) as u64,
            out: self.out.len() as u64,
            oldest: waiting.map(|parcel| parcel.letter.published_at).min(),
        }
    }

    /// Takes all messages that are not in flight.
    pub(super) fn empty(&mut self) -> Vec<Parcel> {
        let mut parcels: Vec<Parcel> = self.ready.drain(..).collect();
        parcels.extend(std::mem::take(&mut self.pausing).into_values().map(|(parcel, _)| parcel));
        parcels.append(&mut self.later);
        // A key with a message in flight continues after it; the other keys have no message left.
        let out: Vec<&str> = self.out.values().filter_map(|out| out.kept.as_ref()?.key.as_deref()).collect();
        self.lanes.retain(|key, lane| {
            parcels.extend(lane.drain(..));
            out.contains(&key.as_str())
        });
        parcels
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn parcel(tag: u64, key: Option<&str>) -> Parcel {
        let letter = Letter {
            id: format!("id{tag}"),
            body: Bytes::new(),
            key: key.map(str::to_owned),
            published_at: SystemTime::UNIX_EPOCH + Duration::from_secs(tag),
            replayed_at: None,
            trace: None,
            attempts: 0,
            deliver_at: None,
        };
        Parcel { tag, letter }
    }

    fn due(tag: u64, key: Option<&str>, wait: Duration) -> Parcel {
        let mut parcel = parcel(tag, key);
        parcel.letter.deliver_at = Some(SystemTime::now() + wait);
        parcel
    }

    fn stock(ordered: bool, parcels: impl IntoIterator<Item = Parcel>) -> Stock {
        let mut stock = Stock::new(ordered, LEASE);
        parcels.into_iter().for_each(|parcel| stock.arrive(parcel, 0));
        stock
    }

    fn take(stock: &mut Stock) -> Vec<Delivery> {
        stock.take(10, Instant::now())
    }

    fn ids(deliveries: &[Delivery]) -> Vec<&str> {
        deliveries.iter().map(|delivery| delivery.id.as_str()).collect()
    }

    #[test]
    fn a_key_goes_on_when_its_front_is_done() {
        let mut stock =
            stock(true, [parcel(1, Some("a")), parcel(2, Some("a")), parcel(3, Some("b")), parcel(4, None)]);
        let taken = take(&mut stock);
        assert_eq!(ids(&taken), ["id1", "id3", "id4"]);
        assert_eq!(stock.finish(taken[0].lease, Some("a")), Some(1));
        let next = take(&mut stock);
        assert_eq!(ids(&next), ["id2"]);
        stock.finish(next[0].lease, Some("a"));
        stock.arrive(parcel(5, Some("a")), 0);
        assert_eq!(ids(&take(&mut stock)), ["id5"]);
    }

    #[test]
    fn a_pausing_front_holds_back_its_key_and_no_other() {
        let mut stock = stock(true, [parcel(1, Some("a")), parcel(2, Some("a")), parcel(3, Some("b"))]);
        let taken = take(&mut stock);
        assert!(stock.pause(taken[0].lease, Letter::of(&taken[0]), Duration::from_secs(5)));
        stock.finish(taken[1].lease, Some("b"));
        assert!(take(&mut stock).is_empty());
        assert!(stock.pass(Instant::now() + Duration::from_secs(6)).is_empty());
        let again = take(&mut stock);
        assert_eq!((ids(&again), again[0].attempt), (vec!["id1"], 2));
    }

    #[test]
    fn a_lease_that_ran_out_goes_back_to_the_broker_or_stays_in_front_of_its_key() {
        let late = Instant::now() + LEASE * 2;
        let mut free = stock(false, [parcel(1, Some("a"))]);
        let taken = take(&mut free);
        assert_eq!(free.pass(late), [1]);
        assert_eq!(free.finish(taken[0].lease, Some("a")), None);
        let mut ordered = stock(true, [parcel(1, Some("a")), parcel(2, Some("a"))]);
        take(&mut ordered);
        assert!(ordered.pass(late).is_empty());
        let again = take(&mut ordered);
        assert_eq!((ids(&again), again[0].attempt), (vec!["id1"], 2));
    }

    #[test]
    fn what_is_due_soon_waits_here_and_the_rest_elsewhere() {
        let mut stock = stock(
            false,
            [
                due(1, None, Duration::from_millis(40)),
                due(2, None, Duration::from_secs(40)),
                due(3, None, Duration::ZERO),
            ],
        );
        assert_eq!(ids(&take(&mut stock)), ["id3"]);
        assert_eq!(stock.take_later().iter().map(|parcel| parcel.tag).collect::<Vec<_>>(), [2]);
        stock.pass(Instant::now() + Duration::from_secs(1));
        assert_eq!(ids(&take(&mut stock)), ["id1"]);
    }

    #[test]
    fn redeliveries_count_for_what_may_have_been_with_a_handler() {
        let mut stock = Stock::new(true, LEASE);
        for tag in 1..=2 {
            stock.arrive(parcel(tag, Some("a")), 3);
        }
        let first = take(&mut stock);
        assert_eq!(first[0].attempt, 4);
        stock.finish(first[0].lease, Some("a"));
        assert_eq!(take(&mut stock)[0].attempt, 1);
    }

    #[test]
    fn what_is_not_out_can_be_taken_away() {
        let mut stock = stock(
            true,
            [
                parcel(1, Some("a")),
                parcel(2, Some("a")),
                parcel(3, Some("b")),
                parcel(4, Some("b")),
                due(5, None, Duration::from_secs(9)),
            ],
        );
        let out = stock.take(1, Instant::now());
        assert_eq!((stock.counts().ready, stock.counts().delayed, stock.counts().out), (3, 1, 1));
        assert_eq!(stock.counts().oldest, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(2)));
        let mut tags: Vec<u64> = stock.empty().iter().map(|parcel| parcel.tag).collect();
        tags.sort_unstable();
        assert_eq!(tags, [2, 3, 4, 5]);
        stock.arrive(parcel(6, Some("a")), 0);
        stock.arrive(parcel(7, Some("b")), 0);
        assert_eq!(ids(&take(&mut stock)), ["id7"]);
        stock.finish(out[0].lease, Some("a"));
        assert_eq!(ids(&take(&mut stock)), ["id6"]);
    }
}
