//! The jobs of one app in one process, shared by all of the app's isolates.
//!
//! **Timers.** The scheduler of [`arming`] arms a job when its next instant is near: a task sleeps the last piece of the way
//! and claims the instant in the ledger. Timers run from the first isolate that serves to the first that drains, which only
//! an app that stops does.
//!
//! **Runs.** Each claimed run is a task: it waits for its turn, goes to the less busy of two isolates, retries by the job's
//! policy, and notes its end. One more task renews the leases of all runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{Core, Failure, Isolate, Level, Serving, SharedEngine, lock};

use crate::clock::{Clock, Instant, WallClock};
use crate::execution::Execution;
use crate::job::CronJob;
use crate::ledger::memory::MemoryLedger;
use crate::ledger::postgres::PostgresLedger;
use crate::ledger::{Claim, Claimed, Ledger, Status};
use crate::live::Live;
use crate::metrics::DueJobs;
use crate::request::OpenJobs;
use crate::{arming, keeper, metrics, pacer};

/// How long noting the ends of interrupted runs may take: 2 seconds.
const NOTED_WITHIN: Duration = Duration::from_secs(2);

/// The name of the ledger in logs and in the process's health.
const LEDGER: &str = "cron ledger";

/// The jobs of one app: their timers, their runs, and the ledger that all processes of the app share.
pub(crate) struct Engine {
    /// The runtime, for tasks and the log.
    pub(crate) core: &'static Core,
    /// The clock by which jobs are due.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where runs are claimed and noted.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// The jobs, by their number in operations and ticks.
    pub(crate) jobs: Vec<Arc<CronJob>>,
    /// The isolates that take runs.
    pub(crate) serving: Serving,
    /// The runs that this process holds.
    pub(crate) live: Arc<Live>,
    halted: watch::Sender<bool>,
    /// The grace of a stop is over: handlers are told to end, and what they throw from then on is no failure.
    cut: AtomicBool,
    /// How often the ledger was lost or found again: odd while it is lost.
    turns: AtomicU64,
    /// The tasks that serve all jobs: the registration of timers, and the keeper of leases.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl SharedEngine for Engine {
    type Asked = OpenJobs;

    const NAME: &'static str = "cron";
    const CLOSED: &'static str = "the jobs are closed: the app has stopped";

    fn is_meant(opened: &OpenJobs, asked: &OpenJobs) -> bool {
        opened.root == asked.root
    }

    fn is_fit(opened: &OpenJobs, asked: &OpenJobs) -> bool {
        opened == asked
    }

    fn misfit(&self) -> String {
        "cron runs with other jobs in this process: every worker must declare the same ones".to_owned()
    }

    /// Opens an engine: opens the ledger, and reads from it up to where each job's instants are done.
    ///
    /// Errors: those of the database · `failed_precondition` if its tables cannot be made or this build has no PostgreSQL.
    async fn open(core: &'static Core, serving: Serving, asked: &OpenJobs) -> Result<Self, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(WallClock);
        let ledger: Arc<dyn Ledger> = match &asked.database {
            Some(url) => Arc::new(PostgresLedger::open(core.postgres()?, url, asked.place.clone()).await?),
            None => Arc::new(MemoryLedger::new(Arc::clone(&clock), asked.place.clone())),
        };
        engine_with(core, serving, asked, clock, ledger).await
    }

    /// Halts the timers and interrupts every run.
    async fn close(&self) -> Result<(), Failure> {
        self.halted.send_replace(true);
        self.interrupt(None).await;
        lock(&self.tasks).drain(..).for_each(|task| task.abort());
        self.jobs.iter().filter_map(|job| job.timer().take()).for_each(|timer| timer.abort());
        if self.ledger.is_shared() {
            self.core.forget_dependency(LEDGER);
        }
        Ok(())
    }

    fn serving(&self) -> &Serving {
        &self.serving
    }
}

/// The engine of an app's jobs, with a clock and an open ledger.
pub(crate) async fn engine_with(
    core: &'static Core,
    serving: Serving,
    asked: &OpenJobs,
    clock: Arc<dyn Clock>,
    ledger: Arc<dyn Ledger>,
) -> Result<Engine, Failure> {
    let mut jobs = Vec::with_capacity(asked.jobs.len());
    for (number, declared) in asked.jobs.iter().enumerate() {
        let standing = ledger.declare(&declared.id, &declared.times.text(), clock.now()).await?;
        jobs.push(Arc::new(CronJob::new(declared.clone(), number, standing.mark)?));
    }
    Ok(Engine {
        core,
        clock,
        ledger,
        jobs,
        serving,
        live: Arc::default(),
        halted: watch::Sender::new(false),
        cut: AtomicBool::new(false),
        turns: AtomicU64::new(0),
        tasks: Mutex::default(),
    })
}

impl Engine {
    /// Awaits an answer of the ledger, and logs once for all jobs when the ledger is lost and when it is found again.
    ///
    /// An answer counts only if nothing has changed since its question: when a database goes away, earlier answers still
    /// arrive, and when it comes back, the oldest questions still fail.
    pub(crate) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let before = self.turns.load(Ordering::Acquire);
        let answer = question.await;
        let outage = answer.as_ref().err().filter(|error| error.is_outage());
        let was_lost = before % 2 == 1;
        if !self.ledger.is_shared() || self.is_halted() {
            return answer;
        }
        let is_news = outage.is_some() != was_lost;
        if is_news
            && self.turns.compare_exchange(before, before + 1, Ordering::AcqRel, Ordering::Acquire).is_ok()
        {
            match outage {
                Some(error) => self.core.lost(LEDGER, &error.message),
                None => self.core.reached(LEDGER),
            }
        }
        answer
    }

    /// The job with a number, from 0 in the order of declaration. Errors: `internal` for an unknown number.
    pub(crate) fn job(&self, number: usize) -> Result<&Arc<CronJob>, Failure> {
        let found = self.jobs.get(number);
        found.ok_or_else(|| Failure::internal(format!("no job has the number {number}")))
    }

    /// Whether nothing new begins any more.
    pub(crate) fn is_halted(&self) -> bool {
        *self.halted.borrow()
    }

    /// Resolves when nothing new begins any more.
    pub(crate) async fn halted(&self) {
        let mut halted = self.halted.subscribe();
        // The sender lives as long as the engine, so waiting cannot fail.
        let _ = halted.wait_for(|halted| *halted).await;
    }

    /// Lets an isolate take runs. The first isolate starts the timers.
    pub(crate) fn serve(self: &Arc<Self>, isolate: &Arc<Isolate>) {
        self.serving.enter(isolate);
        let mut tasks = lock(&self.tasks);
        if !tasks.is_empty() || self.is_halted() {
            return;
        }
        if self.ledger.is_shared() {
            self.core.reached(LEDGER);
            tasks.push(self.core.spawn("cron leases", keeper::run(Arc::clone(self))));
        }
        let jobs: Weak<dyn DueJobs> = Arc::downgrade(&(Arc::clone(self) as Arc<dyn DueJobs>));
        metrics::tell_next_runs(jobs);
        tasks.push(self.core.spawn("cron timers", arming::register(Arc::clone(self))));
        // Jobs that are due before the scheduler's first look do not wait for it.
        self.jobs.iter().for_each(|job| self.arm(job));
    }

    /// Starts the timer of a job, unless the job has one or the engine is halted.
    pub(crate) fn arm(self: &Arc<Self>, job: &Arc<CronJob>) {
        let mut timer = job.timer();
        let is_armed = timer.as_ref().is_some_and(|timer| !timer.is_finished());
        if !is_armed && !self.is_halted() {
            *timer = Some(self.core.spawn("cron job", pacer::run(Arc::clone(self), Arc::clone(job))));
        }
    }

    /// Claims an instant of a job, and begins a run if this process got it.
    pub(crate) async fn fire(
        self: &Arc<Self>,
        job: &Arc<CronJob>,
        at: Instant,
        late: bool,
    ) -> Result<(), Failure> {
        let overlap = job.overlap(late);
        let claim = Claim {
            job: job.id().to_owned(),
            at,
            manual: false,
            overlap,
            waits: !job.declared.jitter().is_zero(),
            late,
        };
        let (run, waits) = match self.ask(self.ledger.claim(claim)).await? {
            Claimed::Begun(run) => (run, false),
            Claimed::Waiting(run) => (run, true),
            Claimed::Skipped => {
                job.counters.ended(Status::Skipped);
                let fields = json!({ "job": job.id(), "scheduledAt": at.to_rfc3339() });
                self.core.log(
                    Level::Warn,
                    "skipped a cron run: earlier runs of its job are not done",
                    &fields,
                );
                return Ok(());
            }
            Claimed::Known | Claimed::Paused => return Ok(()),
        };
        let (engine, job) = (Arc::clone(self), Arc::clone(job));
        let caller = CallOrigin::default();
        self.begin(Execution { engine, job, run, at, overlap, waits, manual: false, home: None, caller });
        Ok(())
    }

    /// Runs a claimed run in a task of its own.
    pub(crate) fn begin(&self, execution: Execution) {
        let Some(live_run) = self.live.enter(execution.run) else { return };
        self.core.spawn("cron run", async move {
            // The error is in the log and in the history.
            let _ = execution.run(live_run).await;
        });
    }

    /// Runs a job now for `caller`, and resolves when the run has ended.
    ///
    /// Errors: `failed_precondition` if the app is stopping or other runs of the job are not done; those of the run.
    pub(crate) async fn trigger(
        self: &Arc<Self>,
        number: usize,
        home: &Arc<Isolate>,
        caller: CallOrigin,
    ) -> Result<(), Failure> {
        let job = Arc::clone(self.job(number)?);
        if self.is_halted() {
            return Err(Failure::failed_precondition("the app is stopping: nothing new is begun"));
        }
        let (at, overlap) = (self.clock.now(), job.declared.overlap);
        let claim = Claim { job: job.id().to_owned(), at, manual: true, overlap, waits: false, late: false };
        let (run, waits) = match self.ask(self.ledger.claim(claim)).await? {
            Claimed::Begun(run) => (run, false),
            Claimed::Waiting(run) => (run, true),
            _ => {
                let message = format!("the job {} was not begun: other runs of it are not done", job.id());
                return Err(Failure::failed_precondition(message));
            }
        };
        let (engine, home) = (Arc::clone(self), Some(Arc::clone(home)));
        let Some(live_run) = self.live.enter(run) else {
            return Err(Failure::internal("a run was begun twice"));
        };
        Execution { engine, job, run, at, overlap, waits, manual: true, home, caller }.run(live_run).await
    }

    /// Halts the engine and waits for the isolate's runs; the last isolate waits for all runs. Returns how many are left after
    /// `within`.
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

    /// Whether handlers fail because the app is stopping.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// Interrupts the runs of one isolate, or all runs for `None`, and waits until their ends are noted.
    pub(crate) async fn interrupt(&self, isolate: Option<u32>) {
        self.live.interrupt(isolate);
        self.live.done(isolate, NOTED_WITHIN).await;
    }
}

impl DueJobs for Engine {
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    fn due(&self) -> Option<Vec<(String, f64)>> {
        let due = |job: &Arc<CronJob>| {
            let next = job.timetable().next()?;
            Some((job.id().to_owned(), next.timestamp_millis() as f64 / 1000.0))
        };
        (!self.is_halted()).then(|| self.jobs.iter().filter_map(due).collect())
    }
}

#[cfg(test)]
mod tests;
