//! The open file with its state in memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use redb::Database;
use tokio::sync::mpsc::WeakUnboundedSender;
use twinloop_runtime::{Failure, lock};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::file;
use crate::provider::embedded::memory::Memory;
use crate::provider::embedded::queue::Held;
use crate::provider::embedded::record::milliseconds;
use crate::provider::embedded::request::{Claim, Outcome, Request};
use crate::provider::embedded::serve;
use crate::provider::embedded::work::Work;

/// Least time between two openings of a file that fails, because opening checks every page.
const REOPEN_AFTER: Duration = Duration::from_millis(500);
/// Longest sleep of the writer: the system's clock may be set meanwhile.
const MAX_SLEEP: Duration = Duration::from_secs(30);

/// The reason for which the last requests got no answer.
pub(super) type LastFailure = Arc<Mutex<Option<Failure>>>;

/// The writer's state: the open file and what it holds in memory.
pub(super) struct State {
    path: PathBuf,
    /// The database; `None` before the first request, and after the file has failed.
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

    /// Opens the file if it is not open. Blocks.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
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

    /// Carries out requests and due work in one transaction. Blocks until it is on the disk.
    ///
    /// When the file fails, no request of the batch is answered: the callers find the reason in `failure`.
    pub(super) fn step(&mut self, batch: Vec<Request>) -> Vec<Outcome> {
        // The lock is held until all unanswered requests are dropped, so that no caller reads the reason before it is set.
        let failure = Arc::clone(&self.failure);
        let mut failure = lock(&failure);
        *failure = None;
        let mut outcomes = Vec::with_capacity(batch.len());
        let done = if self.database.is_none() && Instant::now() < self.reopen_at {
            Err(Failure::unavailable(format!("reopening the pubsub file {}: it failed", self.path.display())))
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

    /// Closes the database after a failure, because redb refuses further use; the state is read from the file again.
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

    /// Answers requests that need no file.
    pub(super) fn serve_light(&mut self, batch: Vec<Request>) {
        for request in batch {
            serve::light(&mut self.memory, &mut self.waiting, request);
        }
    }

    /// Returns whether there is due work without a request.
    pub(super) fn has_work(&mut self) -> bool {
        if self.database.is_none() {
            return !self.waiting.is_empty() && Instant::now() >= self.reopen_at;
        }
        let now_ms = milliseconds(SystemTime::now());
        let Memory { catalogue, leases, .. } = &self.memory;
        catalogue.next_due_ms().is_some_and(|at| at <= now_ms)
            || leases.next_end().is_some_and(|end| end <= Instant::now())
            || self.waiting.iter().any(|claim| catalogue.ready(claim.demand.queue) > 0)
    }

    /// Returns how long the writer may sleep.
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

    /// Closes the file, so that it can be opened again at once. Blocks.
    pub(super) fn close(self) {
        let mut failure = lock(&self.failure);
        *failure =
            Some(Failure::failed_precondition(format!("the pubsub file {} was closed", self.path.display())));
        drop(self.waiting);
        drop(self.database);
    }
}
