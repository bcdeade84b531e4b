//! The consumer of a subscription in NATS.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_nats::jetstream::AckKind;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use twinloop_runtime::{Failure, lock};

use crate::provider::broker::Consumer;
use crate::provider::message::{Burial, Delivery, Lease};
use crate::provider::nats::envelope::Letter;
use crate::provider::nats::link::Outgoing;
use crate::provider::nats::supply::Supply;
use crate::provider::pending::BrokerFuture;

/// The tasks of dropped consumers that have not given back their messages yet.
pub(super) type Leaving = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// A consumer of this process.
pub(super) struct Supplied {
    supply: Arc<Supply>,
    leaving: Leaving,
    /// The runtime, for a drop on a thread that has not entered one.
    runtime: Handle,
}

impl Supplied {
    /// Creates the consumer. Must be called inside the runtime.
    pub(super) fn new(supply: Arc<Supply>, leaving: Leaving) -> Self {
        supply.start();
        Self { supply, leaving, runtime: Handle::current() }
    }

    /// Stores a copy of a message in flight, and settles the message once the copy is safe.
    async fn move_out(&self, lease: Lease, copy: impl FnOnce(u64) -> Outgoing + Send) -> Result<(), Failure> {
        let Some(held) = lock(&self.supply.stock).held(lease) else { return Ok(()) };
        self.supply.queue.link.store(vec![copy(held.sequence)]).await?;
        let done = lock(&self.supply.stock).finish(lease);
        if let Some(held) = done {
            self.supply.settled();
            self.supply.queue.link.settle(&held.reply, AckKind::Ack.into()).await?;
        }
        Ok(())
    }
}

impl Consumer for Supplied {
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(self.supply.next(room))
    }

    /// Sends an acknowledgement without waiting for the server, and over a lost connection as soon as there is another. If the
    /// acknowledgement is lost, the message is delivered again. In an ordered subscription the key goes on when the server has noted the
    /// acknowledgement: after a crash, what lies behind another message of its key was then with no handler.
    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            if self.supply.queue.ordered {
                let held = lock(&self.supply.stock).held(delivery.lease);
                let Some(held) = held else { return Ok(()) };
                self.supply.queue.link.settle(&held.reply, AckKind::Ack.into()).await?;
                lock(&self.supply.stock).finish(delivery.lease);
                self.supply.settled();
                return Ok(());
            }
            let done = lock(&self.supply.stock).finish(delivery.lease);
            let Some(held) = done else { return Ok(()) };
            self.supply.settled();
            self.supply.queue.link.tell(&held.reply, AckKind::Ack.into()).await
        })
    }

    /// Retries a delivery. In an ordered subscription the server delivers the message again in its place, and its key waits here;
    /// otherwise a copy is stored that is due then.
    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let queue = &self.supply.queue;
            if queue.ordered {
                let paused = lock(&self.supply.stock).pause(delivery.lease, delay);
                let Some(held) = paused else { return Ok(()) };
                let delay = Some(delay).filter(|delay| !delay.is_zero());
                return queue.link.tell(&held.reply, AckKind::Nak(delay).into()).await;
            }
            let mut letter = Letter::of(delivery);
            letter.due_at = (!delay.is_zero()).then(|| SystemTime::now() + delay);
            self.move_out(delivery.lease, |from| queue.copy(&letter, from)).await
        })
    }

    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let (queue, letter) = (&self.supply.queue, Letter::of(delivery));
            let copy = |from| queue.dead_copy(&letter, &burial, SystemTime::now(), from);
            self.move_out(delivery.lease, copy).await
        })
    }

    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        if lock(&self.supply.stock).release(delivery.lease) {
            self.supply.settled();
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>> {
        Box::pin(self.supply.extend(leases))
    }
}

impl Drop for Supplied {
    fn drop(&mut self) {
        let mut all = lock(&self.leaving);
        all.retain(|leaving| !leaving.is_finished());
        all.push(self.runtime.spawn(Arc::clone(&self.supply).give_back()));
    }
}
