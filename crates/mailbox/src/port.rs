//! The mailbox and outbox of one isolate.

mod close;
mod expire;
mod watch;

use std::collections::VecDeque;
use std::sync::{Arc as StdArc, OnceLock};
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::batch::Batch;
use crate::call::Call;
use crate::context::Context;
use crate::feed::FedPiece;
use crate::frame::{AbortReason, FrameError, Kind};
use crate::job::{Job, Note};
use crate::limits::Limits;
use crate::outbox::{StreamStep, decode};
use crate::slot::{Outcome, Pending, Slot};
use crate::splice::OutboxStore;
use crate::stream::{Channel, Stream, StreamPiece};
use crate::survive::survive;
use crate::sync::{Arc, Mutex, lock};
use crate::table::{Flight, Table};

pub use watch::{Drained, Observer};

/// The callbacks by which a port wakes its tasks. Each must be cheap and must not block; spurious calls are possible.
pub struct Bells {
    /// Called when there is something to drain.
    pub notify: Box<dyn Fn() + Send + Sync>,
    /// Called when there are wakers or calls to distribute.
    pub distribute: Box<dyn Fn() + Send + Sync>,
    /// Called when there are jobs with time limits.
    pub sweep: Box<dyn Fn() + Send + Sync>,
}

/// The reason why a port refused a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The number of waiting jobs has reached its limit.
    Overloaded,
    /// The isolate has ended.
    Closed,
}

enum Queued {
    Job { job: Job, id: u32 },
    Piece { piece: FedPiece, id: u32 },
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
    /// The number of queued jobs that were given up before the isolate saw them.
    dead: usize,
    held: VecDeque<Held>,
    table: Table,
    signalled: bool,
    /// The time of the first wake-up that no drain has followed; `None` after a drain.
    rung: Option<Instant>,
    sweeping: bool,
    closed: bool,
}

/// Most abandoned jobs that stay in the queue of an isolate that does not drain.
const MAX_DEAD: usize = 64;

impl State {
    /// Counts a job that was given up unseen, and removes such jobs from the queue beyond [`MAX_DEAD`]: clients that come and
    /// leave would otherwise fill the memory while an isolate is blocked.
    fn bury(&mut self) {
        self.dead += 1;
        if self.dead < MAX_DEAD {
            return;
        }
        self.dead = 0;
        let table = &mut self.table;
        self.queue.retain(|queued| match queued {
            Queued::Job { id, .. } | Queued::Piece { id, .. } => table.get_mut(*id).is_some(),
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

/// A step of a stream, to be applied outside of the lock.
enum Moved {
    Begun(Arc<Slot>, Stream),
    Piece(Arc<Channel>, StreamPiece),
    Ended(Flight, bool),
    Granted(Waker),
}

/// The work that waits for the distributor task.
///
/// Memory that the runtime allocated and nobody needs any more waits here too: freed on the isolate's thread, each piece
/// would take the lock of another thread's heap.
#[derive(Default)]
struct Settled {
    wakers: Vec<Waker>,
    calls: Vec<Call>,
    contexts: Vec<StdArc<dyn Context>>,
    delivered: Vec<Vec<Queued>>,
    texts: Vec<Vec<u8>>,
}

/// Delivered batches that may wait to be freed when nothing settles.
const MAX_DELIVERED_BATCHES: usize = 32;

/// The mailbox and outbox of one isolate; the crate's page has the protocol, and a program.
pub struct Port {
    limits: Limits,
    bells: Bells,
    state: Mutex<State>,
    settled: Mutex<Settled>,
    observer: OnceLock<Box<dyn Observer>>,
    this: std::sync::Weak<Port>,
}

impl Port {
    /// Makes a port; `bells` wake its tasks.
    pub fn new(limits: Limits, bells: Bells) -> StdArc<Self> {
        StdArc::new_cyclic(|this| Self {
            limits,
            bells,
            state: Mutex::new(State::default()),
            settled: Mutex::new(Settled::default()),
            observer: OnceLock::new(),
            this: this.clone(),
        })
    }

    /// Queues a job; a request is held while the isolate has as many of them as it may.
    pub fn submit(&self, job: Job) -> Result<Pending, Refused> {
        self.offer(job).map_err(|(refused, _)| refused)
    }

    /// Queues a job like [`submit`](Self::submit), and returns the job if it is refused.
    ///
    /// Errors: those of [`Refused`]; a closed port's job may be offered to another.
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
        if job.is_counted && state.table.counted() >= self.limits.max_in_flight {
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
            counted: job.is_counted,
            channel: None,
            intake: job.intake.take(),
        };
        let id = state.table.insert(flight);
        slot.place(self.this.clone(), id);
        state.queue.push_back(Queued::Job { job, id });
        if let Some(Flight { intake: Some(intake), .. }) = state.table.get_mut(id)
            && let Some(piece) = intake.place(self.this.clone(), id)
        {
            state.queue.push_back(Queued::Piece { piece, id });
        }
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

    /// Queues a piece of the input of the job `id`; drops it where the job is over.
    pub(crate) fn feed(&self, id: u32, piece: FedPiece) {
        let mut state = lock(&self.state);
        if state.closed || state.table.get_mut(id).is_none() {
            drop(state);
            drop(piece);
            return;
        }
        state.queue.push_back(Queued::Piece { piece, id });
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

    /// How long the isolate has not drained after a wake-up. Wakes an idle isolate, so that the next call can tell whether it
    /// responds.
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

    /// The number of items that wait for the isolate.
    pub(crate) fn queued(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// Fills `batch` with at most `max_items`; true when more is waiting, and then the caller must drain again. For an isolate that
    /// pulls no input in pieces.
    pub fn drain(&self, batch: &mut Batch, max_items: usize) -> bool {
        self.drain_into(batch, max_items, |_| 0)
    }

    /// Drains like [`drain`](Self::drain); `put` stores the bytes of a piece and returns their number.
    pub fn drain_into(&self, batch: &mut Batch, max_items: usize, mut put: impl FnMut(Bytes) -> u32) -> bool {
        batch.clear();
        // The clock costs more than the rest of a measurement, so that it is read for those only who look.
        let watch = self.observer.get().filter(|observer| observer.measures());
        let watch = watch.map(|observer| (observer, Instant::now()));
        let mut taken = Vec::with_capacity(max_items.min(64));
        let mut bytes = 0;
        let mut state = lock(&self.state);
        while taken.len() < max_items && bytes < self.limits.max_batch_bytes {
            let Some(queued) = state.queue.pop_front() else { break };
            match &queued {
                Queued::Job { job, id } => {
                    // The job was given up before the isolate saw it, and is not delivered.
                    let Some(flight) = state.table.get_mut(*id) else {
                        state.dead = state.dead.saturating_sub(1);
                        continue;
                    };
                    flight.delivered = true;
                    if let Some(context) = &flight.context {
                        context.taken();
                    }
                    bytes += job.text.bytes.len();
                }
                // The job is over, and its input with it.
                Queued::Piece { id, .. } if state.table.get_mut(*id).is_none() => continue,
                Queued::Piece { piece, .. } => bytes += piece.len(),
                Queued::Note(note) => bytes += note.text.bytes.len(),
            }
            taken.push(queued);
        }
        let more = !state.queue.is_empty();
        state.signalled = more;
        let rung = std::mem::replace(&mut state.rung, more.then(Instant::now));
        drop(state);
        if let Some((observer, at)) = watch {
            observer.drained(Drained { at, rung, items: taken.len() });
        }
        for queued in &mut taken {
            match queued {
                Queued::Piece { piece, id } => batch.push_piece(*id, piece, &mut put),
                Queued::Job { job, id } => {
                    batch.push(Kind::Job, job.target, *id, i32::from(job.component), &mut job.text);
                }
                Queued::Note(note) => batch.push(note.kind, note.target, note.id, note.aux, &mut note.text),
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

    /// Has a text that the isolate has taken freed by the distributor task, with the memory of delivered batches.
    pub fn free_text_later(&self, text: Vec<u8>) {
        let mut settled = lock(&self.settled);
        settled.texts.push(text);
        let ring = settled.texts.len() > MAX_DELIVERED_BATCHES;
        drop(settled);
        if ring {
            (self.bells.distribute)();
        }
    }

    /// Takes one outbox: `count` entries of three integers, their texts each ended by a line feed. For an isolate that stores
    /// no blobs.
    ///
    /// Answers to jobs that no longer exist are dropped. On an error nothing of the batch has been applied.
    pub fn settle(&self, entries: &[i32], count: usize, text: &Bytes) -> Result<(), FrameError> {
        self.settle_from(entries, count, text, |_: u32| None)
    }

    /// Settles like [`settle`](Self::settle); `stored` has what the isolate has in Rust by number. A closure is enough for an isolate
    /// that has blobs alone.
    pub fn settle_from(
        &self,
        entries: &[i32],
        count: usize,
        text: &Bytes,
        stored: impl OutboxStore,
    ) -> Result<(), FrameError> {
        let mut decoded = decode(entries, count, text, stored)?;
        let mut landed = Vec::with_capacity(decoded.replies.len());
        let mut state = lock(&self.state);
        // Before the answers: a handler that calls in its last turn has ended with this outbox.
        state.table.find_callers(&mut decoded.calls);
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
                // A plain answer to a job whose stream has begun is a fault of the isolate.
                Some(channel) => channel.end(false),
                None => flight.slot.complete(Outcome::Reply(reply)),
            });
            wakers.extend(flight.intake.and_then(|intake| intake.finish()));
            contexts.extend(flight.context);
        }
        for moved in moved {
            match moved {
                Moved::Begun(slot, stream) => wakers.extend(slot.complete(Outcome::Stream(stream))),
                Moved::Granted(waker) => wakers.push(waker),
                Moved::Piece(channel, piece) => wakers.extend(channel.push(piece)),
                Moved::Ended(flight, whole) => {
                    wakers.extend(flight.channel.and_then(|channel| channel.end(whole)));
                    wakers.extend(flight.intake.and_then(|intake| intake.finish()));
                    contexts.extend(flight.context);
                }
            }
        }
        if !wakers.is_empty() || !contexts.is_empty() || !decoded.calls.is_empty() {
            let mut settled = lock(&self.settled);
            settled.wakers.append(&mut wakers);
            settled.contexts.append(&mut contexts);
            settled.calls.append(&mut decoded.calls);
            drop(settled);
            (self.bells.distribute)();
        }
        Ok(())
    }

    /// Finds the streams of the steps; the steps are applied outside of the lock, but for credits, which wake nobody yet.
    fn step(&self, state: &mut State, steps: Vec<(u32, StreamStep)>) -> Vec<Moved> {
        let one = |(id, step)| match step {
            StreamStep::Begin { status, headers } => {
                let channel = Arc::<Channel>::default();
                let slot = state.table.begin_stream(id, Arc::clone(&channel))?;
                let stream = Stream::new(channel, (self.this.clone(), id), (status, headers));
                Some(Moved::Begun(slot, stream))
            }
            StreamStep::Piece(piece) => {
                let channel = state.table.get_mut(id)?.channel.clone()?;
                Some(Moved::Piece(channel, piece))
            }
            StreamStep::Pull(pieces) => {
                state.table.get_mut(id)?.intake.as_ref()?.grant(pieces).map(Moved::Granted)
            }
            StreamStep::End { whole } => {
                state.table.get_mut(id)?.channel.as_ref()?;
                Some(Moved::Ended(state.table.remove(id)?, whole))
            }
        };
        steps.into_iter().filter_map(one).collect()
    }

    /// Wakes the tasks whose answers have landed and returns the calls that were made; the distributor task runs it.
    pub fn distribute(&self) -> Vec<Call> {
        let Settled { wakers, calls, contexts, delivered, texts } = std::mem::take(&mut *lock(&self.settled));
        // Wakers are foreign code: a panic in one must not affect the other wakers or the calls.
        for waker in wakers {
            survive(|| waker.wake());
        }
        for context in contexts {
            survive(|| drop(context));
        }
        drop((delivered, texts));
        calls
    }

    /// Panics with both locks held, which poisons them.
    #[cfg(feature = "fault-injection")]
    #[allow(clippy::panic, clippy::missing_panics_doc, reason = "that is what it is for")]
    pub fn panic_while_locked(&self) {
        let (_state, _settled) = (lock(&self.state), lock(&self.settled));
        panic!("injected while the mailbox was locked");
    }

    /// Aborts the job `id`, which nobody waits for any more.
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

    /// The context of the job `id`.
    pub fn context(&self, id: u32) -> Option<StdArc<dyn Context>> {
        lock(&self.state).table.get_mut(id)?.context.clone()
    }

    /// The number of jobs with the isolate, and held for it.
    pub fn load(&self) -> usize {
        let state = lock(&self.state);
        state.table.len() + state.held.len()
    }

    /// Whether the isolate has ended.
    pub fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }
}
