//! The mailbox and outbox of one isolate.

use std::collections::VecDeque;
use std::sync::Arc as StdArc;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;

use crate::batch::Batch;
use crate::call::Call;
use crate::frame::{AbortReason, FrameError};
use crate::job::{Context, Job, Note};
use crate::limits::Limits;
use crate::outbox::decode;
use crate::slot::{Gone, Outcome, Pending, Slot};
use crate::sync::{Arc, Mutex, lock};
use crate::table::{Flight, Table};

/// How a port asks for the tasks beside it. Each must be cheap, must not block and may be rung more often than needed.
pub struct Bells {
    /// There is something to drain.
    pub notify: Box<dyn Fn() + Send + Sync>,
    /// There are wakers or calls to distribute.
    pub distribute: Box<dyn Fn() + Send + Sync>,
    /// There are jobs whose time limits must be watched.
    pub sweep: Box<dyn Fn() + Send + Sync>,
}

/// The port took nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// As many jobs wait as may.
    Overloaded,
    /// The isolate is gone.
    Closed,
}

enum Queued {
    Job { job: Job, id: u32 },
    Note(Note),
}

struct Held {
    job: Job,
    slot: Arc<Slot>,
    since: Instant,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    held: VecDeque<Held>,
    table: Table,
    signalled: bool,
    sweeping: bool,
    closed: bool,
}

/// What waits for the distributor task.
///
/// That is also what has served and was allocated by the runtime: freed on the isolate's thread, each piece would take
/// the lock of another thread's heap.
#[derive(Default)]
struct Settled {
    wakers: Vec<Waker>,
    calls: Vec<Call>,
    contexts: Vec<StdArc<dyn Context>>,
    delivered: Vec<Vec<Queued>>,
}

/// Delivered batches that may wait to be freed when nothing settles.
const MAX_DELIVERED_BATCHES: usize = 32;

/// The mailbox and outbox of one isolate; see the crate's page for the protocol.
pub struct Port {
    limits: Limits,
    bells: Bells,
    state: Mutex<State>,
    settled: Mutex<Settled>,
    this: std::sync::Weak<Port>,
}

impl Port {
    /// A port that nobody drains yet.
    pub fn new(limits: Limits, bells: Bells) -> StdArc<Self> {
        StdArc::new_cyclic(|this| Self {
            limits,
            bells,
            state: Mutex::new(State::default()),
            settled: Mutex::new(Settled::default()),
            this: this.clone(),
        })
    }

    /// Queues a job, or holds it while the isolate is full.
    pub fn submit(&self, job: Job) -> Result<Pending, Refused> {
        let slot = Arc::new(Slot::default());
        self.enter(job, &slot)?;
        Ok(Pending::new(slot))
    }

    fn enter(&self, job: Job, slot: &Arc<Slot>) -> Result<(), Refused> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.table.len() >= self.limits.max_in_flight {
            if state.held.len() >= self.limits.max_held {
                return Err(Refused::Overloaded);
            }
            state.held.push_back(Held { job, slot: Arc::clone(slot), since: now });
            return Ok(());
        }
        self.begin(&mut state, job, slot, now);
        let sweep = !std::mem::replace(&mut state.sweeping, true);
        let notify = !std::mem::replace(&mut state.signalled, true);
        drop(state);
        if sweep {
            (self.bells.sweep)();
        }
        if notify {
            (self.bells.notify)();
        }
        Ok(())
    }

    fn begin(&self, state: &mut State, mut job: Job, slot: &Arc<Slot>, since: Instant) {
        let flight = Flight {
            slot: Arc::clone(slot),
            context: job.context.take(),
            deadline: job.timeout.map(|timeout| since + timeout),
            delivered: false,
        };
        let id = state.table.insert(flight);
        slot.place(self.this.clone(), id);
        state.queue.push_back(Queued::Job { job, id });
    }

    /// Moves held jobs up while there is room.
    fn promote(&self, state: &mut State) {
        while state.table.len() < self.limits.max_in_flight {
            let Some(held) = state.held.pop_front() else { return };
            if !held.slot.is_abandoned() {
                self.begin(state, held.job, &held.slot, held.since);
            }
        }
    }

    /// Queues a note. A closed port drops it.
    pub fn post(&self, note: Note) {
        let mut state = lock(&self.state);
        if state.closed {
            return;
        }
        state.queue.push_back(Queued::Note(note));
        self.signal(state);
    }

    fn signal(&self, mut state: crate::sync::MutexGuard<'_, State>) {
        if state.queue.is_empty() {
            return;
        }
        let notify = !std::mem::replace(&mut state.signalled, true);
        drop(state);
        if notify {
            (self.bells.notify)();
        }
    }

    /// Fills `batch` with at most `max_items`; true when more is waiting, and then the caller must drain again.
    pub fn drain(&self, batch: &mut Batch, max_items: usize) -> bool {
        batch.clear();
        let mut taken = Vec::with_capacity(max_items.min(64));
        let mut bytes = 0;
        let mut state = lock(&self.state);
        while taken.len() < max_items && bytes < self.limits.max_batch_bytes {
            let Some(queued) = state.queue.pop_front() else { break };
            match &queued {
                Queued::Job { job, id } => {
                    // Given up before the isolate saw it: it never hears of it.
                    let Some(flight) = state.table.get_mut(*id) else { continue };
                    flight.delivered = true;
                    bytes += job.text.bytes.len();
                }
                Queued::Note(note) => bytes += note.text.bytes.len(),
            }
            taken.push(queued);
        }
        let more = !state.queue.is_empty();
        state.signalled = more;
        drop(state);
        for queued in &taken {
            match queued {
                Queued::Job { job, id } => batch.push(job.kind, job.target, *id, 0, &job.text),
                Queued::Note(note) => batch.push(note.kind, note.target, note.id, note.aux, &note.text),
            }
        }
        self.free_later(taken);
        more
    }

    fn free_later(&self, delivered: Vec<Queued>) {
        let mut settled = lock(&self.settled);
        settled.delivered.push(delivered);
        let ring = settled.delivered.len() > MAX_DELIVERED_BATCHES;
        drop(settled);
        if ring {
            (self.bells.distribute)();
        }
    }

    /// Takes one outbox: `count` entries of three integers, their texts each ended by a line feed.
    ///
    /// Answers to jobs that no longer exist are dropped. On an error nothing of the batch has been applied.
    pub fn settle(&self, entries: &[i32], count: usize, text: &Bytes) -> Result<(), FrameError> {
        let decoded = decode(entries, count, text)?;
        let mut landed = Vec::with_capacity(decoded.replies.len());
        let mut state = lock(&self.state);
        for (id, reply) in decoded.replies {
            if let Some(flight) = state.table.remove(id) {
                landed.push((flight, reply));
            }
        }
        self.promote(&mut state);
        self.signal(state);

        let mut wakers = Vec::with_capacity(landed.len());
        let mut contexts = Vec::with_capacity(landed.len());
        for (flight, reply) in landed {
            wakers.extend(flight.slot.complete(Outcome::Reply(reply)));
            contexts.extend(flight.context);
        }
        if !wakers.is_empty() || !contexts.is_empty() || !decoded.calls.is_empty() {
            let mut settled = lock(&self.settled);
            settled.wakers.append(&mut wakers);
            settled.contexts.append(&mut contexts);
            settled.calls.extend(decoded.calls);
            drop(settled);
            (self.bells.distribute)();
        }
        Ok(())
    }

    /// Wakes the tasks whose answers have landed and returns the calls that were made; the distributor task runs it.
    pub fn distribute(&self) -> Vec<Call> {
        let Settled { wakers, calls, contexts, delivered } = std::mem::take(&mut *lock(&self.settled));
        wakers.into_iter().for_each(Waker::wake);
        drop((contexts, delivered));
        calls
    }

    /// Whoever waited for `id` went away.
    pub(crate) fn give_up(&self, id: u32) {
        let mut state = lock(&self.state);
        let Some(flight) = state.table.remove(id) else { return };
        if flight.delivered && !state.closed {
            state.queue.push_back(Queued::Note(Note::abort(id, AbortReason::Disconnected)));
        }
        self.promote(&mut state);
        self.signal(state);
    }

    /// Ends what has run out of time; false when nothing is left to watch and the sweeper may sleep.
    pub fn expire(&self, now: Instant) -> bool {
        let mut wakers = Vec::new();
        // What a job holds is dropped after the lock: it is not this crate's, and may do anything when it goes.
        let mut late = Vec::new();
        let mut state = lock(&self.state);
        for id in state.table.ids(|flight| flight.deadline.is_some_and(|deadline| deadline <= now)) {
            let Some(flight) = state.table.remove(id) else { continue };
            wakers.extend(flight.slot.complete(Outcome::Gone(Gone::TimedOut)));
            if flight.delivered {
                state.queue.push_back(Queued::Note(Note::abort(id, AbortReason::TimedOut)));
            }
            late.push(flight);
        }
        let mut given_up = Vec::new();
        while state.held.front().is_some_and(|held| held.since + self.limits.max_hold <= now) {
            let Some(held) = state.held.pop_front() else { break };
            wakers.extend(held.slot.complete(Outcome::Gone(Gone::Overloaded)));
            given_up.push(held);
        }
        self.promote(&mut state);
        let watching = state.table.len() > 0 || !state.held.is_empty();
        state.sweeping = watching;
        self.signal(state);
        wakers.into_iter().for_each(Waker::wake);
        watching
    }

    /// What stays in Rust with the job `id`.
    pub fn context(&self, id: u32) -> Option<StdArc<dyn Context>> {
        lock(&self.state).table.get_mut(id)?.context.clone()
    }

    /// Jobs with the isolate and held behind it.
    pub fn load(&self) -> usize {
        let state = lock(&self.state);
        state.table.len() + state.held.len()
    }

    /// Whether the isolate has ended.
    pub fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// Ends the port with its isolate: what the isolate had is answered, what it had not seen goes to `heir`.
    pub fn close(&self, heir: Option<&Port>) {
        let mut state = lock(&self.state);
        state.closed = true;
        let mut orphans = Vec::new();
        for queued in std::mem::take(&mut state.queue) {
            if let Queued::Job { mut job, id } = queued
                && let Some(flight) = state.table.remove(id)
            {
                job.context = flight.context;
                orphans.push((job, flight.slot));
            }
        }
        orphans.extend(std::mem::take(&mut state.held).into_iter().map(|held| (held.job, held.slot)));
        let delivered: Vec<Flight> =
            state.table.ids(|_| true).into_iter().filter_map(|id| state.table.remove(id)).collect();
        drop(state);

        let end = |slot: &Slot, gone| slot.complete(Outcome::Gone(gone)).into_iter().for_each(Waker::wake);
        for flight in delivered {
            end(&flight.slot, Gone::IsolateGone);
        }
        for (job, slot) in orphans {
            if slot.is_abandoned() {
                continue;
            }
            if heir.is_none_or(|heir| heir.enter(job, &slot).is_err()) {
                end(&slot, Gone::Overloaded);
            }
        }
        // The tasks beside the port look up once more, see that it is closed, and end.
        for bell in [&self.bells.notify, &self.bells.distribute, &self.bells.sweep] {
            bell();
        }
    }
}
