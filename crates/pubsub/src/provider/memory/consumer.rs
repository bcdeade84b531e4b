//! The consumer of a queue in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::provider::broker::Consumer;
use crate::provider::memory::queue::Queue;
use crate::provider::memory::store::{QueueNumber, Store};
use crate::provider::message::{Burial, Delivery, Lease};
use crate::provider::pending::BrokerFuture;

static LAST_HOLDER: AtomicU64 = AtomicU64::new(0);

/// A consumer of a queue in memory.
pub(super) struct MemoryConsumer {
    store: Arc<Store>,
    queue: QueueNumber,
    ack_deadline: Duration,
    holder: u64,
}

impl MemoryConsumer {
    pub(super) fn new(store: Arc<Store>, queue: QueueNumber, ack_deadline: Duration) -> Self {
        Self { store, queue, ack_deadline, holder: LAST_HOLDER.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    fn change(&self, work: impl FnOnce(&mut Queue)) -> BrokerFuture<'static, ()> {
        self.store.with_queue(self.queue, |queue, _| work(queue));
        self.store.changed();
        Box::pin(async { Ok(()) })
    }
}

impl Consumer for MemoryConsumer {
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(async move {
            loop {
                let changed = self.store.notified();
                let (claimed, next) = self.store.with_queue(self.queue, |queue, now| {
                    let next = queue.tick(now);
                    (queue.claim(room, now + self.ack_deadline, self.holder), next)
                });
                if !claimed.is_empty() {
                    return Ok(claimed);
                }
                tokio::select! {
                    () = changed => {}
                    () = self.store.clock.until(next) => {}
                }
            }
        })
    }

    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        self.change(|queue| queue.acknowledge(delivery.lease))
    }

    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()> {
        let due = self.store.clock.now() + delay;
        self.change(|queue| queue.retry(delivery.lease, due))
    }

    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()> {
        let now = self.store.clock.now();
        self.change(|queue| queue.bury(delivery.lease, delivery.attempt, burial, now))
    }

    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        self.change(|queue| queue.release(delivery.lease))
    }

    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>> {
        let lost = self.store.with_queue(self.queue, |queue, now| {
            let until = now + self.ack_deadline;
            leases.iter().filter(|lease| !queue.extend(**lease, until)).copied().collect()
        });
        Box::pin(async { Ok(lost) })
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.store.with_queue(self.queue, |queue, _| queue.release_all_of(self.holder));
        self.store.changed();
    }
}
