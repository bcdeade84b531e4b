//! The jobs of one app in one process, whatever number of isolates.
//!
//! **Timers.** One task per job sleeps until its next instant on the wall clock, and claims it in the ledger. They go with the
//! first isolate that serves, and are halted by the first that drains: only a stopping app does.
//!
//! **Runs.** What was claimed is a task of its own: it waits for its turn, goes to the less busy of two isolates, is tried again
//! by its policy, and is noted. One more task keeps the leases of all of them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use twinloop_runtime::{Core, Failure, Isolate, Level, Serving};

use crate::clock::{Clock, Instant, WallClock};
use crate::error::Error;
use crate::execution::Execution;
use crate::job::Job;
use crate::ledger::memory::Memory;
use crate::ledger::postgres::Postgres;
use crate::ledger::{Claim, Claimed, Ledger, Status};
use crate::live::Live;
use crate::request::Open;
use crate::{keeper, pacer};

/// How long the notes of what was interrupted may take.
const NOTED_WITHIN: Duration = Duration::from_secs(2);

/// See the module's page.
pub(crate) struct Engine {
    pub(crate) core: &'static Core,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) jobs: Vec<Arc<Job>>,
    pub(crate) serving: Serving,
    pub(crate) live: Arc<Live>,
    halted: watch::Sender<bool>,
    /// The grace is over: handlers are told to end, and what they then throw is no failure of theirs.
    cut: AtomicBool,
    timers: Mutex<Vec<JoinHandle<()>>>,
    /// Isolates that have opened it.
    users: Mutex<HashSet<u32>>,
}

/// Opens the ledger and finds where each job stands.
pub(crate) async fn open(core: &'static Core, asked: &Open) -> Result<Engine, Error> {
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let ledger: Arc<dyn Ledger> = match &asked.database {
        Some(url) => {
            let sql =
                core.sql().ok_or_else(|| Error::precondition("this build does not speak to PostgreSQL"))?;
            Arc::new(Postgres::open(sql, url, asked.place.clone()).await?)
        }
        None => Arc::new(Memory::new(Arc::clone(&clock), asked.place.clone())),
    };
    over(core, asked, clock, ledger).await
}

/// The same over a clock and a ledger that are there.
pub(crate) async fn over(
    core: &'static Core,
    asked: &Open,
    clock: Arc<dyn Clock>,
    ledger: Arc<dyn Ledger>,
) -> Result<Engine, Error> {
    let mut jobs = Vec::with_capacity(asked.jobs.len());
    for (number, declared) in asked.jobs.iter().enumerate() {
        let standing = ledger.declare(&declared.id, &declared.times.text(), clock.now()).await?;
        jobs.push(Arc::new(Job::new(declared.clone(), number, standing.mark)?));
    }
    Ok(Engine {
        core,
        clock,
        ledger,
        jobs,
        serving: Serving::default(),
        live: Arc::default(),
        halted: watch::Sender::new(false),
        cut: AtomicBool::new(false),
        timers: Mutex::default(),
        users: Mutex::default(),
    })
}

impl Engine {
    /// The job of this number.
    pub(crate) fn job(&self, number: usize) -> Result<&Arc<Job>, Error> {
        let found = self.jobs.get(number);
        found.ok_or_else(|| Error::internal(format!("no job has the number {number}")))
    }

    pub(crate) fn is_halted(&self) -> bool {
        *self.halted.borrow()
    }

    /// Resolves when nothing is to be begun any more.
    pub(crate) async fn halted(&self) {
        let mut halted = self.halted.subscribe();
        // The sender lives as long as this.
        let _ = halted.wait_for(|halted| *halted).await;
    }

    pub(crate) fn join(&self, isolate: u32) {
        lock(&self.users).insert(isolate);
    }

    pub(crate) fn is_used(&self) -> bool {
        !lock(&self.users).is_empty()
    }

    /// The isolate needs it no longer; true when nobody does.
    pub(crate) fn part(&self, isolate: u32) -> bool {
        self.serving.leave(isolate);
        let mut users = lock(&self.users);
        users.remove(&isolate) && users.is_empty()
    }

    /// The isolate takes runs; the timers start with the first one.
    pub(crate) fn serve(self: &Arc<Self>, isolate: &Arc<Isolate>) {
        self.serving.enter(isolate);
        let mut timers = lock(&self.timers);
        if !timers.is_empty() || self.is_halted() {
            return;
        }
        if self.ledger.is_shared() {
            timers.push(self.core.spawn("cron leases", keeper::run(Arc::clone(self))));
        }
        for job in &self.jobs {
            timers.push(self.core.spawn("cron job", pacer::run(Arc::clone(self), Arc::clone(job))));
        }
    }

    /// Claims an instant of a job, and runs it where it is this process's.
    pub(crate) async fn fire(self: &Arc<Self>, job: &Arc<Job>, at: Instant, late: bool) -> Result<(), Error> {
        let overlap = job.overlap(late);
        let claim = Claim {
            job: job.id().to_owned(),
            at,
            manual: false,
            overlap,
            waits: !job.declared.jitter().is_zero(),
            late,
        };
        let (run, waits) = match self.ledger.claim(claim).await? {
            Claimed::Begun(run) => (run, false),
            Claimed::Waiting(run) => (run, true),
            Claimed::Skipped => {
                job.counters.ended(Status::Skipped);
                let fields = json!({ "job": job.id(), "scheduledAt": at.to_rfc3339() });
                self.core.log(Level::Warn, "a run was skipped: others of its job are not done", &fields);
                return Ok(());
            }
            Claimed::Known | Claimed::Paused => return Ok(()),
        };
        let (engine, job) = (Arc::clone(self), Arc::clone(job));
        self.begin(Execution { engine, job, run, at, overlap, waits, manual: false, home: None });
        Ok(())
    }

    /// Runs what was claimed, in a task of its own.
    pub(crate) fn begin(&self, execution: Execution) {
        let Some(place) = self.live.enter(execution.run) else { return };
        self.core.spawn("cron run", async move {
            // Whoever looks for its error finds it in the log and in the history.
            let _ = execution.run(place).await;
        });
    }

    /// Runs a job now, and resolves with its end.
    pub(crate) async fn trigger(self: &Arc<Self>, number: usize, home: &Arc<Isolate>) -> Result<(), Failure> {
        let job = Arc::clone(self.job(number)?);
        if self.is_halted() {
            return Err(Failure::from(Error::precondition("the app is stopping: nothing new is begun")));
        }
        let (at, overlap) = (self.clock.now(), job.declared.overlap);
        let claim = Claim { job: job.id().to_owned(), at, manual: true, overlap, waits: false, late: false };
        let (run, waits) = match self.ledger.claim(claim).await? {
            Claimed::Begun(run) => (run, false),
            Claimed::Waiting(run) => (run, true),
            _ => {
                let message = format!("the job {} was not begun: other runs of it are not done", job.id());
                return Err(Failure::from(Error::precondition(message)));
            }
        };
        let (engine, home) = (Arc::clone(self), Some(Arc::clone(home)));
        let Some(place) = self.live.enter(run) else {
            return Err(Failure::from(Error::internal("a run was begun twice")));
        };
        Execution { engine, job, run, at, overlap, waits, manual: true, home }.run(place).await
    }

    /// Nothing new is begun, and what the isolate has is waited for; the last one waits for all. Returns how many are left.
    pub(crate) async fn drain(&self, isolate: u32, within: Duration) -> usize {
        self.halted.send_replace(true);
        self.serving.leave(isolate);
        let of = (!self.serving.is_empty()).then_some(isolate);
        let left = self.live.done(of, within).await;
        if left > 0 {
            self.cut.store(true, Ordering::Release);
        }
        left
    }

    /// Whether what fails now does so because the app stops.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// Interrupts what an isolate has; of `None`, everything.
    pub(crate) async fn interrupt(&self, isolate: Option<u32>) {
        self.live.interrupt(isolate);
        self.live.done(isolate, NOTED_WITHIN).await;
    }

    /// Ends all of it.
    pub(crate) async fn close(&self) {
        self.halted.send_replace(true);
        self.interrupt(None).await;
        lock(&self.timers).drain(..).for_each(|timer| timer.abort());
    }
}

/// Nothing that is done under these locks can leave them half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
