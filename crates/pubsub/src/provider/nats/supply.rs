//! How messages come from the server into the stock of one consumer.
//!
//! Messages are pulled only while somebody waits for them, and as many as there is room for, so that other processes get theirs. A pull is
//! short and never given up: a server of 2.9 that delivers again into a pull which its client has given up takes another message for the
//! lost one, and that one waits until its lease ends. One task
//! pulls, one keeps the leases of what waits here, and one makes delayed messages due. In an ordered subscription the first task begins by
//! becoming the owner, and what a former owner had keeps its place in front of its key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::AckKind;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use twinloop_runtime::{Failure, lock};

use crate::provider::message::{Delivery, Lease};
use crate::provider::nats::envelope::Letter;
use crate::provider::nats::link::{Link, Outgoing, Pull};
use crate::provider::nats::moving::{ENDED_WITHIN, PULL_FOR, received, store_anew};
use crate::provider::nats::names::Part;
use crate::provider::nats::owner::{self, Owner};
use crate::provider::nats::queue::Queue;
use crate::provider::nats::stock::{Held, Stock};
use crate::provider::subscription::Subscription;

/// Time for which messages stay here for which nobody waits.
const IDLE_FOR: Duration = Duration::from_secs(3);
const MOST_AT_ONCE: usize = 1_000;
/// Messages behind others of their keys from which no more are pulled.
const MOST_BEHIND: usize = 10_000;
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Time between two looks whether a subscription has an owner.
const LOOK_AFTER: Duration = Duration::from_millis(400);
/// Time after which a message that should have come again is looked for.
const OVERDUE: Duration = Duration::from_secs(5);
const MOST_LOOKED_FOR: usize = 50;

/// The messages of one consumer and what brings them.
pub(super) struct Supply {
    pub(super) queue: Queue,
    subscription: Subscription,
    pub(super) stock: Mutex<Stock>,
    error: Mutex<Option<Failure>>,
    wanted: AtomicUsize,
    /// Whether the tasks are to end after the pulls under way.
    is_ending: Arc<AtomicBool>,
    /// Wakes `next`.
    arrived: Notify,
    /// Wakes the task that pulls.
    asked: Notify,
    /// Wakes the task that keeps leases.
    settled: Notify,
    owner: tokio::sync::Mutex<Option<Owner>>,
    /// The tasks that pull, and all.
    pulling: Mutex<Vec<JoinHandle<()>>>,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// The wish of one `next` for messages, which ends with it.
struct Wish<'s>(&'s Supply);

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.0.wanted.store(0, Ordering::Release);
        self.0.asked.notify_one();
    }
}

impl Supply {
    pub(super) fn new(queue: Queue, subscription: Subscription) -> Arc<Self> {
        Arc::new(Self {
            stock: Mutex::new(Stock::new(queue.ordered, subscription.ack_deadline)),
            queue,
            subscription,
            error: Mutex::default(),
            wanted: AtomicUsize::new(0),
            is_ending: Arc::default(),
            arrived: Notify::new(),
            asked: Notify::new(),
            settled: Notify::new(),
            owner: tokio::sync::Mutex::default(),
            pulling: Mutex::default(),
            tasks: Mutex::default(),
        })
    }

    /// Starts the tasks. Must be called inside the runtime.
    pub(super) fn start(self: &Arc<Self>) {
        let later = super::later::run(self.queue.clone(), Arc::clone(&self.is_ending));
        let pulling = [tokio::spawn(Arc::clone(self).receive()), tokio::spawn(later)];
        let mut tasks = lock(&self.tasks);
        tasks.push(tokio::spawn(Arc::clone(self).keep()).abort_handle());
        tasks.extend(pulling.iter().map(JoinHandle::abort_handle));
        lock(&self.pulling).extend(pulling);
    }

    /// Ends the tasks at once.
    pub(super) fn stop(&self) {
        self.is_ending.store(true, Ordering::Release);
        lock(&self.tasks).drain(..).for_each(|task| task.abort());
    }

    fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Acquire)
    }

    pub(super) async fn next(&self, room: usize) -> Result<Vec<Delivery>, Failure> {
        let _wish = Wish(self);
        loop {
            let arrived = self.arrived.notified();
            let taken = self.take(room);
            if !taken.is_empty() {
                self.settled.notify_one();
                return Ok(taken);
            }
            if let Some(error) = lock(&self.error).take() {
                return Err(error);
            }
            self.wanted.store(room, Ordering::Release);
            self.asked.notify_one();
            arrived.await;
        }
    }

    /// Takes ready messages. The wish for more ends under the same lock, so that nothing is pulled for a wish that is met.
    fn take(&self, room: usize) -> Vec<Delivery> {
        let mut stock = lock(&self.stock);
        let taken = stock.take(room, Instant::now());
        if !taken.is_empty() {
            self.wanted.store(0, Ordering::Release);
        }
        taken
    }

    /// Wakes the tasks after a delivery was settled.
    pub(super) fn settled(&self) {
        self.settled.notify_one();
        if lock(&self.stock).ready_count() > 0 {
            self.arrived.notify_waiters();
        }
    }

    fn demand(&self) -> usize {
        let stock = lock(&self.stock);
        let is_full = stock.behind_count() >= MOST_BEHIND;
        let wanted = self.wanted.load(Ordering::Acquire).saturating_sub(stock.ready_count());
        if is_full { 0 } else { wanted.min(MOST_AT_ONCE) }
    }

    fn fail(&self, error: Failure) {
        *lock(&self.error) = Some(error);
        self.arrived.notify_waiters();
    }

    async fn receive(self: Arc<Self>) {
        while !self.is_ending() {
            let ended =
                if self.queue.ordered { Box::pin(self.receive_owned()).await } else { self.pull().await };
            if let Err(error) = ended {
                self.fail(error);
                sleep(AGAIN_AFTER).await;
            }
        }
    }

    /// Pulls messages until an error or the end.
    async fn pull(&self) -> Result<(), Failure> {
        let link = &self.queue.link;
        let pull = link.consumer(&self.queue.names, Part::In, self.subscription.ack_deadline).await?;
        while !self.is_ending() {
            let asked = self.asked.notified();
            match self.demand() {
                0 if !self.queue.ordered && lock(&self.stock).ready_count() > 0 => {
                    if timeout(IDLE_FOR, asked).await.is_err() {
                        let idle = lock(&self.stock).empty();
                        store_anew(&self.queue, &self.queue, &idle).await?;
                    }
                }
                0 => asked.await,
                count => {
                    if !self.pull_batch(&pull, count).await? {
                        // The consumer was deleted, perhaps.
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Pulls at most `count` messages. Returns whether the server has answered.
    async fn pull_batch(&self, pull: &Pull, count: usize) -> Result<bool, Failure> {
        let link = &self.queue.link;
        let failed = |error: &dyn std::fmt::Display| link.failed("deliver messages", error);
        // While the connection is lost, the client would keep the pull for the next one and say nothing.
        link.context().await?;
        let reconnected = link.reconnected.notified();
        let batch = pull.batch().max_messages(count).expires(PULL_FOR).messages().await;
        let mut batch = batch.map_err(|error| failed(&error))?;
        let mut reconnected = std::pin::pin!(reconnected);
        let mut silent = std::pin::pin!(sleep(ENDED_WITHIN));
        loop {
            tokio::select! {
                message = batch.next() => match message {
                    None => return Ok(true),
                    Some(Err(error)) => return Err(failed(&error)),
                    Some(Ok(message)) => {
                        if let Some(held) = received(&message) {
                            lock(&self.stock).arrive(held);
                            self.arrived.notify_waiters();
                        }
                    }
                },
                // The server may have forgotten the pull.
                () = &mut reconnected => return Ok(true),
                () = &mut silent => return Ok(false),
            }
        }
    }

    async fn receive_owned(&self) -> Result<(), Failure> {
        let Queue { link, names, .. } = &self.queue;
        let owner = loop {
            match owner::acquire(link, names).await? {
                Some(owner) => break owner,
                None if self.is_ending() => return Ok(()),
                None => sleep(LOOK_AFTER).await,
            }
        };
        if let Err(error) = self.take_over().await {
            owner.release(link, names).await;
            return Err(error);
        }
        *self.owner.lock().await = Some(owner);
        let pulling = async {
            while !self.is_ending() {
                if let Err(error) = self.pull().await {
                    self.fail(error);
                    sleep(AGAIN_AFTER).await;
                }
            }
        };
        tokio::select! {
            () = pulling => {}
            () = self.stay_owner() => {}
        }
        if self.is_ending() {
            return Ok(());
        }
        // Another process may be the owner now: what is here is no longer this one's.
        lock(&self.stock).clear();
        *self.owner.lock().await = None;
        Ok(())
    }

    /// Has the keys wait for what a former owner had, which the server delivers again when its leases end.
    async fn take_over(&self) -> Result<(), Failure> {
        let Queue { link, names, .. } = &self.queue;
        let pull = link.consumer(names, Part::In, self.subscription.ack_deadline).await?;
        let last = pull.cached_info().delivered.stream_sequence;
        lock(&self.stock).clear();
        if pull.cached_info().num_ack_pending == 0 {
            return Ok(());
        }
        let note = link.last_message(&names.stream, &names.subject(Part::Note)).await?;
        let uncounted: BTreeMap<u64, u32> =
            note.and_then(|note| serde_json::from_slice(&note.payload).ok()).unwrap_or_default();
        let from = Instant::now() + self.subscription.ack_deadline;
        let mut pending = Vec::new();
        self.queue
            .scan(Part::In, |message| {
                let is_pending = message.sequence <= last;
                if is_pending {
                    let letter = Letter::read(Some(&message.headers), Bytes::new());
                    pending.push((message.sequence, letter.key));
                }
                is_pending
            })
            .await?;
        let mut stock = lock(&self.stock);
        for (sequence, key) in pending {
            stock.await_again(sequence, key, uncounted.get(&sequence).copied().unwrap_or(0), from);
        }
        Ok(())
    }

    /// Renews the ownership, and returns when it is lost.
    async fn stay_owner(&self) {
        let Queue { link, names, .. } = &self.queue;
        loop {
            let at = self.owner.lock().await.as_ref().map_or_else(Instant::now, Owner::renew_at);
            // After a failed renewal the time has passed.
            sleep_until(at.max(Instant::now() + Duration::from_millis(500))).await;
            let mut owner = self.owner.lock().await;
            let Some(owner) = owner.as_mut() else { return };
            if !owner.renew(link, names).await {
                return;
            }
            let overdue = lock(&self.stock).overdue(Instant::now() - OVERDUE);
            for sequence in overdue.into_iter().take(MOST_LOOKED_FOR) {
                if let Ok(found) = self.queue.next_of(Part::In, sequence).await
                    && found.is_none_or(|message| message.sequence != sequence)
                {
                    lock(&self.stock).forget(sequence);
                    self.settled();
                }
            }
        }
    }

    /// Extends the leases of what waits here, and ends those of deliveries that have run out.
    async fn keep(self: Arc<Self>) {
        let every = (self.subscription.ack_deadline / 3).max(Duration::from_millis(50));
        let mut keep_at = Instant::now() + every;
        loop {
            let next = {
                let mut stock = lock(&self.stock);
                stock.pass(Instant::now());
                stock.next_time()
            };
            if lock(&self.stock).ready_count() > 0 {
                self.arrived.notify_waiters();
            }
            tokio::select! {
                () = self.settled.notified() => {}
                () = sleep_until(next.unwrap_or(keep_at).min(keep_at)) => {}
            }
            if keep_at <= Instant::now() {
                keep_at = Instant::now() + every;
                let kept = lock(&self.stock).kept();
                for reply in kept {
                    let _ = self.queue.link.tell(&reply, AckKind::Progress.into()).await;
                }
            }
        }
    }

    /// Extends leases. Returns those that are lost.
    pub(super) async fn extend(&self, leases: &[Lease]) -> Result<Vec<Lease>, Failure> {
        let (extended, lost) = lock(&self.stock).extend(leases, Instant::now());
        for reply in extended {
            self.queue.link.tell(&reply, AckKind::Progress.into()).await?;
        }
        Ok(lost)
    }

    /// Gives back what this process has, uncounted.
    pub(super) async fn give_back(self: Arc<Self>) {
        self.is_ending.store(true, Ordering::Release);
        self.asked.notify_one();
        let pulling = std::mem::take(&mut *lock(&self.pulling));
        let _ = timeout(PULL_FOR * 3, futures_util::future::join_all(pulling)).await;
        self.stop();
        let (held, awaited) = lock(&self.stock).clear();
        let given = if self.queue.ordered {
            self.return_in_order(&held, awaited).await
        } else {
            store_anew(&self.queue, &self.queue, &held).await
        };
        // What could not be given back comes again when its lease ends.
        drop(given);
        if let Some(owner) = self.owner.lock().await.take() {
            owner.release(&self.queue.link, &self.queue.names).await;
        }
    }

    /// Returns messages to the server, which keep their place, with a note of the deliveries that do not count.
    async fn return_in_order(&self, held: &[Held], mut note: BTreeMap<u64, u32>) -> Result<(), Failure> {
        let link = &self.queue.link;
        note.extend(held.iter().map(|held| (held.sequence, held.uncounted + 1)));
        note.retain(|_, uncounted| *uncounted > 0);
        self.write_note(link, &note).await?;
        for held in held {
            link.settle(&held.reply, AckKind::Nak(None).into()).await?;
        }
        Ok(())
    }

    async fn write_note(&self, link: &Link, note: &BTreeMap<u64, u32>) -> Result<(), Failure> {
        let names = &self.queue.names;
        let subject = names.subject(Part::Note);
        let body = serde_json::to_vec(note).map_err(|error| Failure::internal(error.to_string()))?;
        let headers = async_nats::HeaderMap::new();
        link.store(vec![Outgoing { subject: subject.clone(), headers, body: body.into() }]).await?;
        let stream = link.stream(&names.stream).await?;
        let purged = stream.purge().filter(subject).keep(1).await;
        purged.map(drop).map_err(|error| link.failed("delete a note", &error))
    }
}
