//! The consumer of a subscription of the embedded broker.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::provider::broker::Consumer;
use crate::provider::embedded::request::{Claim, Request};
use crate::provider::embedded::settlement::{Demand, Returned, Settlement};
use crate::provider::embedded::writer_handle::Writer;
use crate::provider::message::{Burial, Delivery, Lease};
use crate::provider::pending::BrokerFuture;

static LAST_HOLDER: AtomicU64 = AtomicU64::new(0);

/// A consumer over the embedded provider's file.
pub(super) struct EmbeddedConsumer {
    writer: Writer,
    queue: u32,
    deadline: Duration,
    holder: u64,
}

impl EmbeddedConsumer {
    pub(super) fn new(writer: Writer, queue: u32, deadline: Duration) -> Self {
        Self { writer, queue, deadline, holder: LAST_HOLDER.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    fn settle(&self, delivery: &Delivery, how: Settlement) -> BrokerFuture<'_, ()> {
        let lease = delivery.lease;
        Box::pin(self.writer.ask(move |answer| Request::Settle { lease, how, answer }))
    }
}

impl Consumer for EmbeddedConsumer {
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let (queue, holder, deadline) = (self.queue, self.holder, self.deadline);
            self.writer.tell(Request::Claim(Claim {
                demand: Demand { queue, room: room.max(1), holder, deadline },
                answer,
            }));
            match answered.await {
                Ok(handed) => Ok(handed.accept()),
                Err(_) => Err(self.writer.why()),
            }
        })
    }

    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        self.settle(delivery, Settlement::Acknowledge)
    }

    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()> {
        self.settle(delivery, Settlement::Retry(delay))
    }

    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()> {
        self.settle(delivery, Settlement::Bury(burial, delivery.attempt))
    }

    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        self.settle(delivery, Settlement::Release)
    }

    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>> {
        let (leases, deadline) = (leases.to_vec(), self.deadline);
        Box::pin(self.writer.ask(move |answer| Request::Extend { leases, deadline, answer }))
    }
}

impl Drop for EmbeddedConsumer {
    fn drop(&mut self) {
        self.writer.tell(Request::Return(Returned::AllOf(self.holder)));
    }
}
