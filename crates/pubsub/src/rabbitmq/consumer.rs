//! One subscription's supply.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use lapin::Channel;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout};

use super::copies::Copy;
use super::envelope::Letter;
use super::line::lock;
use super::stock::{Parcel, Stock};
use super::supply::{Session, Supply};
use crate::broker::{BrokerFuture, Consumer};
use crate::error::Error;
use crate::message::{Burial, Delivery, Lease};

/// How long the copies and goodbyes of a consumer that was dropped may take.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);
/// A look around where no time is known.
const IDLE: Duration = Duration::from_secs(3600);

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
        let keeper = tokio::spawn(keep(Arc::clone(&supply))).abort_handle();
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
async fn keep(supply: Arc<Supply>) {
    loop {
        let next = supply.tend();
        supply.start_moving();
        let until = next.unwrap_or_else(|| Instant::now() + IDLE);
        tokio::select! {
            () = supply.work.notified() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }
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
        let mut state = lock(&self.supply.state);
        let Some(session) = state.session.take() else { return };
        // What nobody has seen goes back as it came. An ordered subscription's must keep its place: the broker puts it there,
        // and counts it.
        let unseen = if self.is_ordered() { Vec::new() } else { state.stock.empty() };
        state.stock = Stock::new(self.is_ordered(), self.supply.subscription.ack_deadline);
        drop(state);
        let leaving = self.runtime.spawn(leave(Arc::clone(&self.supply), session, unseen));
        let mut all = lock(&self.leaving);
        all.retain(|leaving| !leaving.is_finished());
        all.push(leaving);
    }
}

/// Says goodbye. Where that does not work the broker notices by itself.
async fn leave(supply: Arc<Supply>, mut session: Session, unseen: Vec<Parcel>) {
    session.tell();
    if !unseen.is_empty() {
        let copies = unseen.iter().map(|parcel| Copy::due(parcel.letter.clone())).collect();
        if let Ok(Ok(())) = timeout(LEAVE_WITHIN, supply.copies.store(copies)).await {
            for parcel in &unseen {
                session.tags.done(parcel.tag);
            }
            session.tell();
        }
    }
    let _ = timeout(LEAVE_WITHIN, close(&session.channel)).await;
}

/// In the order in which it was handed over, after the acknowledgements.
async fn close(channel: &Channel) -> Result<(), Error> {
    let closed = channel.close(200, "closed".into()).await;
    closed.map_err(|error| Error::unavailable(error.to_string()))
}
