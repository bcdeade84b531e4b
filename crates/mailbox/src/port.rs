//! The mailbox and outbox of one isolate.

use std::collections::VecDeque;
use std::sync::Arc as StdArc;
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::batch::Batch;
use crate::call::Call;
use crate::frame::{AbortReason, FrameError, Kind};
use crate::job::{Context, Job, Note};
use crate::limits::Limits;
use crate::outbox::{Step, decode};
use crate::slot::{Gone, Outcome, Pending, Slot};
use crate::stream::{Channel, Stream};
use crate::survive::survive;
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
    /// Jobs in the queue that were given up before they were seen.
    dead: usize,
    held: VecDeque<Held>,
    table: Table,
    signalled: bool,
    /// When the isolate was rung and has not drained since.
    rung: Option<Instant>,
    sweeping: bool,
    closed: bool,
}

/// Jobs given up unseen that may stay in the queue of an isolate that does not come.
const MAX_DEAD: usize = 64;

impl State {
    /// One more job was given up unseen. Its place in the queue goes with it, or clients that come and leave would fill the
    /// memory of an isolate that is blocked.
    fn bury(&mut self) {
        self.dead += 1;
        if self.dead < MAX_DEAD {
            return;
        }
        self.dead = 0;
        let table = &mut self.table;
        self.queue.retain(|queued| match queued {
            Queued::Job { id, .. } => table.get_mut(*id).is_some(),
            Queued::Note(_) => true,
        });
    }

    /// Notes that the isolate must drain; true when its bell is to be rung.
    fn ring(&mut self, now: impl FnOnce() -> Instant) -> bool {
        if std::mem::replace(&mut self.signalled, true) {
            return false;
        }
        self.rung = Some(now());
        true
    }
}

/// A step of a stream on its way to those who wait for it.
enum Moved {
    Begun(Arc<Slot>, Stream),
    Piece(Arc<Channel>, Bytes),
    Ended(Flight, bool),
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

    /// Queues a job; a request is held while the isolate has as many of them as it may.
    pub fn submit(&self, job: Job) -> Result<Pending, Refused> {
        self.offer(job).map_err(|(refused, _)| refused)
    }

    /// The same, and gives the job back when it is refused.
    ///
    /// Errors: see [`Refused`]; a closed port's job may be offered to another.
    #[allow(
        clippy::result_large_err,
        reason = "the job goes on to another port, and a box would be an allocation each"
    )]
    pub fn offer(&self, job: Job) -> Result<Pending, (Refused, Job)> {
        let slot = Arc::new(Slot::default());
        self.enter(job, &slot)?;
        Ok(Pending::new(slot))
    }

    #[allow(clippy::result_large_err, reason = "see `offer`")]
    fn enter(&self, job: Job, slot: &Arc<Slot>) -> Result<(), (Refused, Job)> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        if state.closed {
            return Err((Refused::Closed, job));
        }
        let mut notify = false;
        if job.kind.is_counted() && state.table.counted() >= self.limits.max_in_flight {
            if state.held.len() >= self.limits.max_held {
                return Err((Refused::Overloaded, job));
            }
            state.held.push_back(Held { job, slot: Arc::clone(slot), since: now });
        } else {
            self.begin(&mut state, job, slot, now);
            notify = state.ring(|| now);
        }
        let sweep = !std::mem::replace(&mut state.sweeping, true);
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
            counted: job.kind.is_counted(),
            channel: None,
        };
        let id = state.table.insert(flight);
        slot.place(self.this.clone(), id);
        state.queue.push_back(Queued::Job { job, id });
    }

    /// Moves held jobs up while there is room.
    fn promote(&self, state: &mut State) {
        while state.table.counted() < self.limits.max_in_flight {
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
        let notify = state.ring(Instant::now);
        drop(state);
        if notify {
            (self.bells.notify)();
        }
    }

    /// For how long the isolate has not come although it was rung. An isolate with nothing to do is rung by this question.
    pub fn unanswered(&self, now: Instant) -> Duration {
        let mut state = lock(&self.state);
        if let Some(rung) = state.rung {
            return now.saturating_duration_since(rung);
        }
        let notify = !state.closed && state.ring(|| now);
        drop(state);
        if notify {
            (self.bells.notify)();
        }
        Duration::ZERO
    }

    /// Items that wait for the isolate.
    pub(crate) fn queued(&self) -> usize {
        lock(&self.state).queue.len()
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
                    let Some(flight) = state.table.get_mut(*id) else {
                        state.dead = state.dead.saturating_sub(1);
                        continue;
                    };
                    flight.delivered = true;
                    bytes += job.text.bytes.len();
                }
                Queued::Note(note) => bytes += note.text.bytes.len(),
            }
            taken.push(queued);
        }
        let more = !state.queue.is_empty();
        state.signalled = more;
        state.rung = more.then(Instant::now);
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
        let moved = self.step(&mut state, decoded.steps);
        self.promote(&mut state);
        self.signal(state);

        let mut wakers = Vec::with_capacity(landed.len());
        let mut contexts = Vec::with_capacity(landed.len());
        for (flight, reply) in landed {
            wakers.extend(match flight.channel {
                // An answer to what is being answered in pieces is a fault of the isolate.
                Some(channel) => channel.end(false),
                None => flight.slot.complete(Outcome::Reply(reply)),
            });
            contexts.extend(flight.context);
        }
        for moved in moved {
            match moved {
                Moved::Begun(slot, stream) => wakers.extend(slot.complete(Outcome::Stream(stream))),
                Moved::Piece(channel, piece) => wakers.extend(channel.push(piece)),
                Moved::Ended(flight, whole) => {
                    wakers.extend(flight.channel.and_then(|channel| channel.end(whole)));
                    contexts.extend(flight.context);
                }
            }
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

    /// Finds the streams that the steps are about; what the steps do to them happens outside of the lock.
    fn step(&self, state: &mut State, steps: Vec<(u32, Step)>) -> Vec<Moved> {
        let one = |(id, step)| match step {
            Step::Begin { status, headers } => {
                let channel = Arc::<Channel>::default();
                let slot = state.table.begin_stream(id, Arc::clone(&channel))?;
                let stream = Stream::new(channel, (self.this.clone(), id), (status, headers));
                Some(Moved::Begun(slot, stream))
            }
            Step::Piece(piece) => {
                let channel = state.table.get_mut(id)?.channel.clone()?;
                Some(Moved::Piece(channel, piece))
            }
            Step::End { whole } => {
                state.table.get_mut(id)?.channel.as_ref()?;
                Some(Moved::Ended(state.table.remove(id)?, whole))
            }
        };
        steps.into_iter().filter_map(one).collect()
    }

    /// Wakes the tasks whose answers have landed and returns the calls that were made; the distributor task runs it.
    pub fn distribute(&self) -> Vec<Call> {
        let Settled { wakers, calls, contexts, delivered } = std::mem::take(&mut *lock(&self.settled));
        // None of these is this crate's own: one that panics must not take the others, or the calls, with it.
        for waker in wakers {
            survive(|| waker.wake());
        }
        for context in contexts {
            survive(|| drop(context));
        }
        drop(delivered);
        calls
    }

    /// Poisons both locks, as a panic in the middle of a change would.
    #[cfg(feature = "fault-injection")]
    #[allow(clippy::panic, clippy::missing_panics_doc, reason = "that is what it is for")]
    pub fn panic_while_locked(&self) {
        let (_state, _settled) = (lock(&self.state), lock(&self.settled));
        panic!("injected while the mailbox was locked");
    }

    /// Nobody waits for `id` any more.
    pub(crate) fn abort(&self, id: u32, reason: AbortReason) {
        let mut state = lock(&self.state);
        let Some(flight) = state.table.remove(id) else { return };
        if !flight.delivered {
            state.bury();
        } else if !state.closed {
            state.queue.push_back(Queued::Note(Note::abort(id, reason)));
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
            // What the isolate never saw is safe to repeat.
            let gone = if flight.delivered { Gone::TimedOut } else { Gone::Overloaded };
            wakers.extend(flight.slot.complete(Outcome::Gone(gone)));
            if flight.delivered {
                state.queue.push_back(Queued::Note(Note::abort(id, AbortReason::TimedOut)));
            } else {
                state.bury();
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
        let watching = state.table.dated() > 0 || !state.held.is_empty();
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

    /// Ends the port with its isolate: what the isolate had is answered, what it had not seen goes to the heir of its kind.
    pub fn close(&self, heir: impl Fn(Kind) -> Option<StdArc<Port>>) {
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
            match flight.channel {
                Some(channel) => channel.end(false).into_iter().for_each(Waker::wake),
                None => end(&flight.slot, Gone::IsolateGone),
            }
        }
        for (job, slot) in orphans {
            if !slot.is_abandoned() && !bequeath(job, &slot, &heir) {
                end(&slot, Gone::Overloaded);
            }
        }
        // The tasks beside the port look up once more, see that it is closed, and end.
        for bell in [&self.bells.notify, &self.bells.distribute, &self.bells.sweep] {
            bell();
        }
    }
}

/// How many heirs a job is offered to: one that ends in the same moment must not take it along.
const MAX_HEIRS: usize = 3;

fn bequeath(mut job: Job, slot: &Arc<Slot>, heir: impl Fn(Kind) -> Option<StdArc<Port>>) -> bool {
    for _ in 0..MAX_HEIRS {
        let Some(port) = heir(job.kind) else { return false };
        match port.enter(job, slot) {
            Ok(()) => return true,
            Err((Refused::Closed, back)) => job = back,
            Err((Refused::Overloaded, _)) => return false,
        }
    }
    false
}
