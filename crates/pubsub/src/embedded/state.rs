//! The open file, and what is known about it without asking it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use redb::Database;
use tokio::sync::mpsc::WeakUnboundedSender;

use super::catalogue::Catalogue;
use super::fault::Fault;
use super::file;
use super::leases::Leases;
use super::numbers::Numbers;
use super::queue::{Held, Queue};
use super::record::milliseconds;
use super::request::{Claim, Request};
use super::serve;
use super::work::Work;
use crate::error::Error;

/// Answers one request, after its transaction was committed.
pub(super) type Outcome = Box<dyn FnOnce() + Send>;

/// A file that has failed is not opened again before this has passed: opening checks every page.
const REOPEN_AFTER: Duration = Duration::from_millis(500);
/// The clock may be set while somebody sleeps.
const MAX_SLEEP: Duration = Duration::from_secs(30);

/// Why the last requests had no answer, for those who asked.
pub(super) type LastFailure = Arc<Mutex<Option<Error>>>;

/// What transactions read and change beside the file.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) catalogue: Catalogue,
    pub(super) leases: Leases,
    pub(super) numbers: Numbers,
}

impl Memory {
    /// Reads what the file says, and puts back into its queue what this process does not have out.
    pub(super) fn recover(&mut self, database: &Database) -> Result<(), Fault> {
        let txn = database.begin_write()?;
        self.numbers = Numbers::read(&txn)?;
        self.catalogue = Catalogue::read(&txn, &self.catalogue)?;
        for number in self.catalogue.numbers() {
            let known = self.catalogue.known(number)?;
            let mut queue = Queue::open(&txn, &known.names, known.ordered)?;
            let leases = &mut self.leases;
            queue.recover(|place| leases.is_out(number, place))?;
            leases.retain(|out| out.queue != number || queue.is_out(out.place));
            let held = queue.held()?;
            drop(queue);
            self.catalogue.set_held(number, held);
        }
        Ok(txn.commit()?)
    }
}

pub(super) struct State {
    path: PathBuf,
    /// `None` before the first request, and after the file has failed.
    database: Option<Database>,
    memory: Memory,
    waiting: Vec<Claim>,
    writer: WeakUnboundedSender<Request>,
    failure: LastFailure,
    reopen_at: Instant,
}

impl State {
    pub(super) fn new(path: PathBuf, writer: WeakUnboundedSender<Request>, failure: LastFailure) -> Self {
        let (waiting, reopen_at) = (Vec::new(), Instant::now());
        Self { path, database: None, memory: Memory::default(), waiting, writer, failure, reopen_at }
    }

    /// Opens the file, where it is not. Blocks.
    pub(super) fn open(&mut self) -> Result<(), Error> {
        if self.database.is_some() {
            return Ok(());
        }
        self.database = Some(self.reopen().map_err(|fault| fault.explain(&self.path))?);
        Ok(())
    }

    fn reopen(&mut self) -> Result<Database, Fault> {
        let database = file::open(&self.path)?;
        self.memory.recover(&database)?;
        Ok(database)
    }

    /// Does what was asked and what is due in one transaction. Blocks until it is on the disk.
    ///
    /// When the file fails, nothing that was asked is answered: those who wait find the reason in `failure`.
    pub(super) fn step(&mut self, batch: Vec<Request>) -> Vec<Outcome> {
        // Held until all unanswered requests are dropped, so that nobody looks before the reason is there.
        let failure = Arc::clone(&self.failure);
        let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = None;
        let mut outcomes = Vec::with_capacity(batch.len());
        let done = if self.database.is_none() && Instant::now() < self.reopen_at {
            Err(Error::unavailable(format!(
                "the pubsub file {} has failed and is opened again",
                self.path.display()
            )))
        } else {
            self.open()
                .and_then(|()| self.transact(batch, &mut outcomes).map_err(|fault| fault.explain(&self.path)))
        };
        if let Err(error) = done {
            outcomes.clear();
            self.give_up();
            *failure = Some(error);
        }
        outcomes
    }

    /// redb refuses to go on after a failure: what it held is let go, and read again from the file.
    fn give_up(&mut self) {
        if self.database.take().is_some() || Instant::now() >= self.reopen_at {
            self.reopen_at = Instant::now() + REOPEN_AFTER;
        }
        self.waiting.clear();
        for number in self.memory.catalogue.numbers() {
            self.memory.catalogue.set_held(number, Held::default());
        }
    }

    fn transact(&mut self, batch: Vec<Request>, outcomes: &mut Vec<Outcome>) -> Result<(), Fault> {
        let Some(database) = &self.database else { return Ok(()) };
        let txn = database.begin_write()?;
        let mut work = Work::begin(&txn, &mut self.memory)?;
        for request in batch {
            if request.is_light() {
                serve::light(work.memory, &mut self.waiting, request);
            } else {
                outcomes.extend(serve::heavy(&mut work, request)?);
            }
        }
        work.tick()?;
        serve::hand_out(&mut work, &mut self.waiting, &self.writer, outcomes)?;
        if work.end()? {
            txn.commit()?;
        } else {
            txn.abort()?;
        }
        Ok(())
    }

    /// Answers what needs no file.
    pub(super) fn serve_light(&mut self, batch: Vec<Request>) {
        for request in batch {
            serve::light(&mut self.memory, &mut self.waiting, request);
        }
    }

    /// Whether there is something to do that nobody has asked for.
    pub(super) fn has_work(&mut self) -> bool {
        if self.database.is_none() {
            return !self.waiting.is_empty() && Instant::now() >= self.reopen_at;
        }
        let now_ms = milliseconds(SystemTime::now());
        let Memory { catalogue, leases, .. } = &self.memory;
        catalogue.next_due_ms().is_some_and(|at| at <= now_ms)
            || leases.next_end().is_some_and(|end| end <= Instant::now())
            || self.waiting.iter().any(|claim| catalogue.ready(claim.queue) > 0)
    }

    /// How long the writer may sleep.
    pub(super) fn sleep(&self) -> Duration {
        let now = Instant::now();
        if self.database.is_none() {
            let reopen = if self.waiting.is_empty() { MAX_SLEEP } else { self.reopen_at - now };
            return reopen.min(MAX_SLEEP);
        }
        let due = self.memory.catalogue.next_due_ms();
        let due = due.map(|at| Duration::from_millis(at.saturating_sub(milliseconds(SystemTime::now()))));
        let end = self.memory.leases.next_end().map(|end| end.saturating_duration_since(now));
        due.into_iter().chain(end).min().unwrap_or(MAX_SLEEP).min(MAX_SLEEP)
    }

    /// Lets go of the file, so that it can be opened again at once. Blocks.
    pub(super) fn close(self) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = Some(Error::precondition(format!("the pubsub file {} was closed", self.path.display())));
        drop(self.waiting);
        drop(self.database);
    }
}
