//! One subscription's supply.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

use super::envelope::Letter;
use super::line::lock;
use super::supply::Supply;
use crate::broker::{BrokerFuture, Consumer};
use crate::message::{Burial, Delivery, Lease};

/// Consumers that were dropped and have not said goodbye yet.
pub(super) type Leaving = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// A consumer of this process.
pub(super) struct Supplied {
    supply: Arc<Supply>,
    keeper: AbortHandle,
    leaving: Leaving,
    /// It may be dropped on a thread where no runtime is entered.
    runtime: Handle,
}

impl Supplied {
    /// Must be called inside the runtime.
    pub(super) fn new(supply: Arc<Supply>, leaving: Leaving) -> Self {
        let keeper = tokio::spawn(keep(Arc::clone(&supply), Arc::clone(&leaving))).abort_handle();
        Self { supply, keeper, leaving, runtime: Handle::current() }
    }

    fn is_ordered(&self) -> bool {
        self.supply.subscription.ordered
    }

    /// After it was done, retried here, or released.
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

/// Tells the broker what is done and lets time pass, until aborted.
async fn keep(supply: Arc<Supply>, leaving: Leaving) {
    loop {
        let next = supply.tend();
        supply.start_moving();
        tokio::select! {
            () = supply.work.notified() => {}
            () = tokio::time::sleep_until(next) => {
                if let Some(parting) = supply.part_if_idle() {
                    note(&leaving, tokio::spawn(parting.leave(Arc::clone(&supply))));
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

    /// The broker sends no answer to an acknowledgement: it is handed over with others, and if the connection is lost before it
    /// arrives, the message comes again.
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

    /// An ordered subscription keeps it here, in front of its key. Of others a copy waits at the broker; where that cannot be
    /// stored, it waits here.
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
                Err(error) if error.code() == "unavailable" => {
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
        if let Some(parting) = self.supply.part() {
            let supply = Arc::clone(&self.supply);
            note(&self.leaving, self.runtime.spawn(parting.leave(supply)));
        }
    }
}
