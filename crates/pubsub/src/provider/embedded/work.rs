//! The work of one transaction: all requests since the last one, and everything that has become due.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use redb::WriteTransaction;
use twinloop_runtime::Failure;

use crate::provider::embedded::dead::Dead;
use crate::provider::embedded::dedupe::Windows;
use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::leases::{Out, end_of};
use crate::provider::embedded::memory::Memory;
use crate::provider::embedded::messages::Messages;
use crate::provider::embedded::queue::Queue;
use crate::provider::embedded::record::{Grave, milliseconds, milliseconds_up};
use crate::provider::embedded::settlement::{Demand, Returned, Settlement};
use crate::provider::message::{Burial, Delivery, Lease, NewMessage, Published};
use crate::provider::operate::Adopted;
use crate::provider::subscription::Topic;

/// Bytes of bodies that one claim hands out; a single message may be larger.
const MAX_CLAIM_BYTES: usize = 4 << 20;

/// The open transaction with the tables that its requests share.
pub(super) struct Work<'t> {
    pub(super) txn: &'t WriteTransaction,
    pub(super) memory: &'t mut Memory,
    pub(super) messages: Messages<'t>,
    windows: Option<Windows<'t>>,
    pub(super) queues: BTreeMap<u32, Queue<'t>>,
    pub(super) now: SystemTime,
    /// Whether something was written, so that the transaction must be committed.
    pub(super) changed: bool,
}

impl<'t> Work<'t> {
    pub(super) fn begin(txn: &'t WriteTransaction, memory: &'t mut Memory) -> Result<Self, Fault> {
        let messages = Messages::open(txn)?;
        let now = SystemTime::now();
        Ok(Self { txn, memory, messages, windows: None, queues: BTreeMap::new(), now, changed: false })
    }

    /// Records the counts of the changed subscriptions. Returns whether there is something to commit.
    pub(super) fn end(self) -> Result<bool, Fault> {
        for (number, queue) in &self.queues {
            self.memory.catalogue.set_held(*number, queue.held()?);
        }
        if self.changed {
            self.memory.numbers.reserve(self.txn)?;
        }
        Ok(self.changed)
    }

    pub(super) fn queue(&mut self, number: u32) -> Result<&mut Queue<'t>, Fault> {
        Ok(self.parts(number)?.0)
    }

    /// Returns a subscription's queue with the tables and the memory that it needs.
    fn parts(&mut self, number: u32) -> Result<(&mut Queue<'t>, &mut Messages<'t>, &mut Memory), Fault> {
        let queue = match self.queues.entry(number) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let known = self.memory.catalogue.known(number)?;
                place.insert(Queue::open(self.txn, &known.names, known.ordered)?)
            }
        };
        Ok((queue, &mut self.messages, self.memory))
    }

    pub(super) fn queue_and_messages(
        &mut self,
        number: u32,
    ) -> Result<(&mut Queue<'t>, &mut Messages<'t>), Fault> {
        let (queue, messages, _) = self.parts(number)?;
        Ok((queue, messages))
    }

    pub(super) fn declare(&mut self, topics: &[Topic]) -> Result<Vec<Adopted>, Fault> {
        let mut adopted = Vec::new();
        for topic in topics {
            self.memory.catalogue.add_topic(&topic.name);
            for subscription in &topic.subscriptions {
                let (name, ordered) = (&subscription.name, subscription.ordered);
                if self.is_known_otherwise(topic, name)? {
                    continue;
                }
                adopted.extend(self.adopt_all(subscription)?);
                let number = self.memory.catalogue.find(&topic.name, name).ok();
                let before = number.map(|number| self.memory.catalogue.known(number)).transpose()?;
                let before = before.map(|known| known.ordered);
                if before == Some(ordered) {
                    self.note_expiry(number, subscription)?;
                    continue;
                }
                self.changed = true;
                let number = self.memory.catalogue.write(self.txn, &topic.name, name, ordered)?;
                if before.is_some() {
                    self.queues.remove(&number);
                    let names = &self.memory.catalogue.known(number)?.names;
                    Queue::reorder(self.txn, names, &mut self.messages, ordered)?;
                }
                self.note_expiry(Some(number), subscription)?;
                self.queue(number)?;
            }
        }
        Ok(adopted)
    }

    pub(super) fn publish(
        &mut self,
        messages: &[NewMessage],
    ) -> Result<Result<Vec<Published>, Failure>, Fault> {
        for message in messages {
            if let Err(error) = self.memory.catalogue.of_topic(&message.topic).map(drop) {
                return Ok(Err(error));
            }
        }
        messages.iter().map(|message| self.publish_one(message)).collect::<Result<_, _>>().map(Ok)
    }

    fn publish_one(&mut self, message: &NewMessage) -> Result<Published, Fault> {
        if message.dedupe.is_some() {
            self.changed = true;
            let windows = match &mut self.windows {
                Some(windows) => windows,
                none => none.insert(Windows::open(self.txn, milliseconds(self.now))?),
            };
            if let Some(id) = windows.take(message)? {
                return Ok(Published::Duplicate(id));
            }
        }
        if let Some(id) = self.messages.unique.owner(message)? {
            return Ok(Published::Duplicate(id));
        }
        let queues = self.memory.catalogue.wanting(message);
        if queues.is_empty() {
            return Ok(Published::Stored);
        }
        self.changed = true;
        let number = self.memory.numbers.take();
        self.messages.store(number, message, u32::try_from(queues.len()).unwrap_or(u32::MAX))?;
        let due = message.deliver_at.filter(|due| *due > self.now).map(milliseconds_up);
        for queue in queues {
            let queue = self.queue(queue)?;
            let place = queue.place(message.priority, number);
            match due {
                Some(due_ms) => queue.delay(due_ms, place, number)?,
                None => queue.arrive(place, number, message.key.as_deref())?,
            }
        }
        Ok(Published::Stored)
    }

    /// Settles a delivery; one whose lease was lost is left alone.
    pub(super) fn settle(&mut self, lease: Lease, how: Settlement) -> Result<(), Fault> {
        let Some(out) = self.memory.leases.take(lease) else { return Ok(()) };
        self.changed = true;
        match how {
            Settlement::Acknowledge => {
                if let Some((number, _)) = self.queue(out.queue)?.finish(out.place, out.key.as_deref())? {
                    self.messages.end(number)?;
                }
                Ok(())
            }
            Settlement::Retry(delay) => {
                let due_ms = self.after(delay);
                self.queue(out.queue)?.put_back(out.place, due_ms)
            }
            Settlement::Release => self.queue(out.queue)?.release(out.place),
            Settlement::Bury(burial, attempts) => self.bury(&out, burial, attempts),
        }
    }

    /// Returns when a delay ends; `None` for no delay and for one beyond the range of time.
    fn after(&self, delay: Duration) -> Option<u64> {
        (!delay.is_zero()).then(|| self.now.checked_add(delay).map(milliseconds_up)).flatten()
    }

    fn bury(&mut self, out: &Out, burial: Burial, attempts: u32) -> Result<(), Fault> {
        let Some((number, _)) = self.queue(out.queue)?.finish(out.place, out.key.as_deref())? else {
            return Ok(());
        };
        let grave = Grave { attempts, buried_at: self.now, burial };
        let place = self.memory.numbers.take();
        self.messages.unique.end(number)?;
        let id = self.messages.read(number)?.id;
        let names = &self.memory.catalogue.known(out.queue)?.names;
        Dead::new(self.txn, names).bury(place, number, &id, &grave)
    }

    /// Releases deliveries that were not begun.
    pub(super) fn give_back(&mut self, returned: &Returned) -> Result<(), Fault> {
        let leases = match returned {
            Returned::Leases(leases) => leases,
            Returned::AllOf(holder) => &self.memory.leases.of_holder(*holder),
        };
        leases.iter().try_for_each(|lease| self.settle(*lease, Settlement::Release))
    }

    /// Makes entries ready that are due or whose leases have ended.
    pub(super) fn tick(&mut self) -> Result<(), Fault> {
        for out in self.memory.leases.expire(std::time::Instant::now()) {
            self.changed = true;
            self.queue(out.queue)?.put_back(out.place, None)?;
        }
        let now_ms = milliseconds(self.now);
        for number in self.memory.catalogue.due(now_ms) {
            let (queue, messages, memory) = self.parts(number)?;
            let moved = queue.come_due(now_ms, messages, || memory.numbers.take())?;
            self.changed |= moved > 0;
        }
        Ok(())
    }

    /// Claims as many messages as a consumer has room for.
    pub(super) fn claim(&mut self, demand: &Demand) -> Result<Vec<Delivery>, Fault> {
        let (mut claimed, mut bytes) = (Vec::new(), 0);
        let (queue, messages, memory) = self.parts(demand.queue)?;
        while claimed.len() < demand.room
            && bytes < MAX_CLAIM_BYTES
            && let Some(entry) = queue.claim()?
        {
            let record = messages.read(entry.number)?;
            bytes += record.body.len();
            let lease = memory.leases.grant(Out {
                queue: demand.queue,
                place: entry.place,
                key: record.key.as_deref().filter(|_| queue.is_ordered()).map(Arc::from),
                holder: demand.holder,
                until: end_of(demand.deadline),
            });
            claimed.push(Delivery {
                id: record.id,
                attempt: entry.attempts,
                body: record.body,
                key: record.key,
                replayed_at: None,
                published_at: record.published_at,
                trace: record.trace,
                lease,
            });
        }
        self.changed |= !claimed.is_empty();
        Ok(claimed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use proptest::prelude::*;
    use redb::{Database, ReadableTableMetadata, backends::InMemoryBackend};

    use super::*;
    use crate::provider::embedded::leases::Leases;
    use crate::provider::embedded::tables::{MESSAGES, SHARES};
    use crate::provider::message::DeadReason;
    use crate::provider::subscription::{MessageState, Subscription};

    /// A step of the property test on one of two subscriptions of a topic; the second one is ordered.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Publish(Option<u8>),
        Claim(bool, usize),
        /// Acknowledges the delivery in flight at this index.
        Acknowledge(usize),
        Retry(usize),
        Release(usize),
        Bury(usize),
        Redrive(bool),
        /// Kills the process and starts another.
        Crash,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => proptest::option::of(0..3_u8).prop_map(Step::Publish),
            6 => (any::<bool>(), 1..4_usize).prop_map(|(ordered, room)| Step::Claim(ordered, room)),
            4 => any::<usize>().prop_map(Step::Acknowledge),
            2 => any::<usize>().prop_map(Step::Retry),
            1 => any::<usize>().prop_map(Step::Release),
            1 => any::<usize>().prop_map(Step::Bury),
            1 => any::<bool>().prop_map(Step::Redrive),
            1 => Just(Step::Crash),
        ]
    }

    #[derive(Clone, Debug, PartialEq)]
    struct Item {
        id: String,
        key: Option<String>,
        attempts: u32,
    }

    /// The reference model of one subscription.
    #[derive(Default)]
    struct Model {
        ordered: bool,
        last_place: u64,
        waiting: BTreeMap<u64, Item>,
        out: BTreeMap<u64, Item>,
        dead: Vec<Item>,
    }

    impl Model {
        fn arrive(&mut self, item: Item) {
            self.last_place += 1;
            self.waiting.insert(self.last_place, Item { attempts: 0, ..item });
        }

        fn claim(&mut self) -> Option<(u64, Item)> {
            let same = |one: &Item, other: &Item| self.ordered && one.key.is_some() && one.key == other.key;
            let free = |(place, item): &(&u64, &Item)| {
                !self.out.values().any(|out| same(out, item))
                    && !self.waiting.range(..**place).any(|(_, before)| same(before, item))
            };
            let place = *self.waiting.iter().find(free)?.0;
            let mut item = self.waiting.remove(&place)?;
            item.attempts += 1;
            self.out.insert(place, item.clone());
            Some((place, item))
        }
    }

    struct Bench {
        database: Database,
        memory: Memory,
        models: [Model; 2],
        /// The deliveries in flight: the model's index, its place, and the lease.
        out: Vec<(usize, u64, Lease)>,
        published: u64,
    }

    impl Bench {
        fn new() -> Self {
            let database = redb::Builder::new().create_with_backend(InMemoryBackend::new()).expect("memory");
            let memory = Memory::default();
            let models = [Model::default(), Model { ordered: true, ..Model::default() }];
            let mut bench = Self { database, memory, models, out: Vec::new(), published: 0 };
            let subscription = |name: &str, ordered| Subscription { ordered, ..Subscription::new("t", name) };
            let subscriptions = vec![subscription("free", false), subscription("ordered", true)];
            let topic = Topic { name: "t".to_owned(), ordered: true, history: None, subscriptions };
            bench.work(|work| drop(work.declare(&[topic]).expect("declared")));
            bench
        }

        fn work<T>(&mut self, job: impl FnOnce(&mut Work<'_>) -> T) -> T {
            let txn = self.database.begin_write().expect("a transaction");
            let mut work = Work::begin(&txn, &mut self.memory).expect("tables");
            let done = job(&mut work);
            work.end().expect("counts");
            txn.commit().expect("committed");
            done
        }

        fn publish(&mut self, key: Option<u8>) {
            self.published += 1;
            let (id, key) = (format!("{:04}", self.published), key.map(|key| key.to_string()));
            let message = NewMessage {
                id: id.clone(),
                topic: "t".to_owned(),
                body: Bytes::from_static(b"1"),
                key: key.clone(),
                published_at: SystemTime::now(),
                deliver_at: None,
                priority: 0,
                dedupe: None,
                unique: None,
                trace: None,
                unwanted_by: Vec::new(),
            };
            self.work(|work| work.publish(&[message]).expect("stored").expect("declared"));
            for model in &mut self.models {
                model.arrive(Item { id: id.clone(), key: key.clone(), attempts: 0 });
            }
        }

        fn claim(&mut self, number: usize, room: usize) {
            let queue = u32::try_from(number).expect("small") + 1;
            let demand = Demand { queue, room, holder: 1, deadline: Duration::from_secs(30) };
            let deliveries = self.work(|work| work.claim(&demand).expect("claimed"));
            let expected: Vec<_> = (0..room).map_while(|_| self.models[number].claim()).collect();
            let item = |delivery: &Delivery| Item {
                id: delivery.id.clone(),
                key: delivery.key.clone(),
                attempts: delivery.attempt,
            };
            let items: Vec<Item> = expected.iter().map(|(_, item)| item.clone()).collect();
            assert_eq!(deliveries.iter().map(item).collect::<Vec<_>>(), items);
            let places = expected.iter().map(|(place, _)| *place);
            self.out.extend(places.zip(&deliveries).map(|(place, delivery)| (number, place, delivery.lease)));
        }

        /// Settles the delivery at the index `which` in the provider and, by `then`, in the model.
        fn settle(&mut self, which: usize, how: Settlement, then: impl FnOnce(&mut Model, u64, Item)) {
            if self.out.is_empty() {
                return;
            }
            let (number, place, lease) = self.out.swap_remove(which % self.out.len());
            self.work(|work| work.settle(lease, how).expect("settled"));
            let item = self.models[number].out.remove(&place).expect("out");
            then(&mut self.models[number], place, item);
        }

        fn redrive(&mut self, number: usize) {
            let queue = u32::try_from(number).expect("small") + 1;
            let redriven = self.work(|work| work.redrive(queue, None).expect("redriven")).count;
            let model = &mut self.models[number];
            assert_eq!(redriven, model.dead.len() as u64);
            for item in std::mem::take(&mut model.dead) {
                model.arrive(item);
            }
        }

        fn crash(&mut self) {
            self.memory.leases = Leases::default();
            self.memory.recover(&self.database).expect("recovered");
            self.out.clear();
            for model in &mut self.models {
                model.waiting.append(&mut model.out);
            }
        }

        fn run(&mut self, step: Step) {
            match step {
                Step::Publish(key) => self.publish(key),
                Step::Claim(ordered, room) => self.claim(usize::from(ordered), room),
                Step::Acknowledge(which) => self.settle(which, Settlement::Acknowledge, |_, _, _| {}),
                Step::Retry(which) => {
                    self.settle(which, Settlement::Retry(Duration::ZERO), |model, place, item| {
                        model.waiting.insert(place, item);
                    });
                }
                Step::Release(which) => self.settle(which, Settlement::Release, |model, place, item| {
                    model.waiting.insert(place, Item { attempts: item.attempts - 1, ..item });
                }),
                Step::Bury(which) => {
                    let burial =
                        Burial { reason: DeadReason::Unrecoverable, error: String::new(), stack: None };
                    self.settle(which, Settlement::Bury(burial, 1), |model, _, item| model.dead.push(item));
                }
                Step::Redrive(ordered) => self.redrive(usize::from(ordered)),
                Step::Crash => self.crash(),
            }
            for number in 0..2 {
                let queue = u32::try_from(number).expect("small") + 1;
                let depth = self.work(|work| work.depth(queue).expect("counted"));
                let model = &self.models[number];
                let counts =
                    [model.waiting.len(), model.out.len(), model.dead.len()].map(|count| count as u64);
                assert_eq!([depth.ready, depth.in_flight, depth.dead], counts);
            }
        }

        /// Asserts that no message is kept when no subscription needs it any more.
        fn assert_nothing_is_left_over(&mut self) {
            self.crash();
            for queue in [1, 2] {
                self.work(|work| work.purge(queue, MessageState::Waiting).expect("purged"));
                self.work(|work| work.purge(queue, MessageState::Dead).expect("purged"));
            }
            let txn = self.database.begin_write().expect("a transaction");
            assert_eq!(txn.open_table(MESSAGES).expect("a table").len().expect("its length"), 0);
            assert_eq!(txn.open_table(SHARES).expect("a table").len().expect("its length"), 0);
        }
    }

    proptest! {
        // Each case runs some dozens of transactions: 10 ms unoptimised.
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn entries_move_as_in_the_simplest_model(steps in proptest::collection::vec(step(), 0..60)) {
            let mut bench = Bench::new();
            for step in steps {
                bench.run(step);
            }
            bench.assert_nothing_is_left_over();
        }
    }
}
