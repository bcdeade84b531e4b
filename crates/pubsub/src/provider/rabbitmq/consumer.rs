//! The consumer of a subscription in RabbitMQ.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;
use twinloop_runtime::{Code, lock};

use crate::provider::broker::Consumer;
use crate::provider::message::{Burial, Delivery, Lease};
use crate::provider::pending::BrokerFuture;
use crate::provider::rabbitmq::envelope::Letter;
use crate::provider::rabbitmq::supply::Supply;

/// The tasks of dropped consumers that have not closed their channels yet.
pub(super) type Leaving = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// A consumer of this process.
pub(super) struct Supplied {
    supply: Arc<Supply>,
    keeper: AbortHandle,
    leaving: Leaving,
    /// The runtime, for a drop on a thread that has not entered one.
    runtime: Handle,
}

impl Supplied {
    /// Creates the consumer. Must be called inside the runtime.
    pub(super) fn new(supply: Arc<Supply>, leaving: Leaving) -> Self {
        let keeper = tokio::spawn(maintain(Arc::clone(&supply), Arc::clone(&leaving))).abort_handle();
        Self { supply, keeper, leaving, runtime: Handle::current() }
    }

    fn is_ordered(&self) -> bool {
        self.supply.subscription.ordered
    }

    /// Wakes the tasks after a delivery was acknowledged, retried here, or released.
    fn settled(&self) {
        self.supply.work.notify_one();
        self.supply.stocked.notify_one();
    }

    fn pause(&self, lease: Lease, letter: Letter, delay: Duration) {
        if lock(&self.supply.state).stock.pause(lease, letter, delay) {
            self.settled();
        }
    }
}

/// Sends acknowledgements and applies due times until the task is aborted.
async fn maintain(supply: Arc<Supply>, leaving: Leaving) {
    loop {
        let next = supply.apply_due_work();
        supply.start_moving();
        tokio::select! {
            () = supply.work.notified() => {}
            () = tokio::time::sleep_until(next) => {
                if let Some(closing) = supply.close_if_idle() {
                    note(&leaving, tokio::spawn(closing.close(Arc::clone(&supply))));
                }
            }
        }
    }
}

fn note(leaving: &Leaving, task: JoinHandle<()>) {
    let mut all = lock(leaving);
    all.retain(|leaving| !leaving.is_finished());
    all.push(task);
}

impl Consumer for Supplied {
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(self.supply.next(room))
    }

    /// Queues an acknowledgement without waiting, because the broker does not answer it. If the connection is lost before it
    /// arrives, the message is delivered again.
    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        let mut state = lock(&self.supply.state);
        let done = state.stock.finish(delivery.lease, delivery.key.as_deref());
        if let (Some(tag), Some(session)) = (done, state.session.as_mut()) {
            session.tags.done(tag);
            let goes_on = self.is_ordered() && state.stock.has_ready();
            drop(state);
            self.supply.work.notify_one();
            if goes_on {
                self.supply.stocked.notify_one();
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }

    /// Retries a delivery. An ordered subscription keeps the message in this process, in front of its key. Otherwise a copy
    /// waits at the broker, or in this process where the copy cannot be stored.
    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let mut letter = Letter::of(delivery);
            letter.deliver_at = (!delay.is_zero()).then(|| SystemTime::now() + delay);
            if self.is_ordered() {
                self.pause(delivery.lease, letter, delay);
                return Ok(());
            }
            let due = Instant::now() + delay;
            match self.supply.move_out(delivery.lease, letter.clone(), None).await {
                Err(error) if error.code == Code::Unavailable => {
                    self.pause(delivery.lease, letter, due.saturating_duration_since(Instant::now()));
                    Ok(())
                }
                other => other,
            }
        })
    }

    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()> {
        Box::pin(self.supply.move_out(delivery.lease, Letter::of(delivery), Some(burial)))
    }

    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        let mut letter = Letter::of(delivery);
        letter.attempts = letter.attempts.saturating_sub(1);
        if lock(&self.supply.state).stock.release(delivery.lease, letter) {
            self.settled();
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>> {
        Box::pin(std::future::ready(Ok(self.supply.extend(leases))))
    }
}

impl Drop for Supplied {
    fn drop(&mut self) {
        self.keeper.abort();
        if let Some(closing) = self.supply.begin_close() {
            let supply = Arc::clone(&self.supply);
            note(&self.leaving, self.runtime.spawn(closing.close(supply)));
        }
    }
}
