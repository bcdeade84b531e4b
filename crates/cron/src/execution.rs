//! Executes one run: waits for its turn, makes its attempts, and notes how it ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use twinloop_mailbox::{Job as Task, Pending, Text};
use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{Code, Failure, Isolate, Level, backoff, fraction_of};

use crate::attempt_outcome::{self, AttemptOutcome, Failed};
use crate::clock::Instant;
use crate::engine::Engine;
use crate::job::CronJob;
use crate::ledger::{Ending, RunId, STILL_RUNNING, Status};
use crate::live::{LiveRun, RunStop};
use crate::metrics::outcome_name;
use crate::request::Overlap;
use crate::run_trace::{RunReport, RunTrace};

/// How often a waiting run asks the ledger for its turn while other processes may hold it: every 500 ms.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long an attempt waits for an isolate while all of them are being replaced.
const ISOLATE_WITHIN: Duration = Duration::from_secs(60);
/// The pause between two tries to find an isolate.
const ISOLATE_AGAIN: Duration = Duration::from_millis(100);
/// Pauses between the tries to note in the ledger how a run ended. After the last try, the run's lease expires.
const NOTE_AGAIN: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(10)];

const TAKEN_OVER: &str = "stop a cron run: another process took it over";

/// A run that this process has claimed.
pub(crate) struct Execution {
    /// The engine that claimed the run.
    pub(crate) engine: Arc<Engine>,
    /// The job that is run.
    pub(crate) job: Arc<CronJob>,
    /// The run's number in the ledger.
    pub(crate) run: RunId,
    /// The scheduled instant, or the time of the trigger.
    pub(crate) at: Instant,
    /// What happens if another run of the job is going on.
    pub(crate) overlap: Overlap,
    /// Whether the run has to wait for its turn.
    pub(crate) waits: bool,
    /// Whether a call or an operator triggered the run.
    pub(crate) manual: bool,
    /// The isolate that runs the handler if none serves: a script that triggers its own jobs.
    pub(crate) home: Option<Arc<Isolate>>,
    /// Who triggered the run.
    pub(crate) caller: CallOrigin,
}

/// How a run ended, for the caller that triggered it.
enum End {
    Done,
    Failed(Failed),
    /// The app stopped first.
    Interrupted,
    /// The run was triggered while another was going on, and the job takes one at a time.
    Skipped,
    /// The run went to another process.
    Lost,
}

impl Execution {
    /// Runs the handler until the run has ended, and notes the end in the ledger.
    ///
    /// Errors: `unknown` with the handler's own code in its details · `canceled` if the app stopped first ·
    /// `failed_precondition` if the run was skipped · `aborted` if another process took it over.
    pub(crate) async fn run(self, live_run: LiveRun) -> Result<(), Failure> {
        let end = tokio::select! {
            end = self.to_its_end(&live_run) => end,
            stop = live_run.stopped() => match stop {
                RunStop::Interrupt => End::Interrupted,
                RunStop::Lost => End::Lost,
            },
        };
        self.note(&live_run, &end).await;
        self.end_trace(&live_run, &end);
        match end {
            End::Done => Ok(()),
            // The code is the app's own, and the isolate hands it to the caller that triggered the run.
            End::Failed(failed) => Err(Failure::unknown(failed.message.clone())
                .with_details(json!({ "code": failed.code, "status": failed.status }))),
            End::Interrupted => Err(Failure::canceled("the app stopped before the run was done")),
            End::Skipped => Err(Failure::failed_precondition(STILL_RUNNING)),
            End::Lost => Err(Failure::aborted("the run was taken over by another process")),
        }
    }

    async fn to_its_end(&self, live_run: &LiveRun) -> End {
        if let Some(end) = self.wait_for_turn().await {
            return end;
        }
        let lateness = self.lateness();
        self.job.counters.started(lateness);
        let trace = live_run.trace.get_or_init(|| RunTrace::begin(&self.job, &self.caller, lateness));
        loop {
            let (attempt, began) = (live_run.attempt(), std::time::Instant::now());
            trace.begin_attempt(attempt);
            let outcome = self.attempt(live_run, trace, attempt).await;
            if let Some(outcome) = &outcome {
                trace.attempt(attempt, began, outcome.as_ref().err());
            }
            let failed = match outcome {
                None => return End::Interrupted,
                Some(Ok(())) => return End::Done,
                Some(Err(failed)) => failed,
            };
            live_run.with(None);
            if self.engine.is_cut() {
                return End::Interrupted;
            }
            if attempt > self.job.declared.max_retries {
                return End::Failed(failed);
            }
            let pause = backoff(self.job.declared.min_backoff(), self.job.declared.max_backoff(), attempt);
            self.job.counters.retried();
            self.log_attempt(trace, &failed, attempt, pause);
            if !self.rest(pause).await {
                return End::Interrupted;
            }
        }
    }

    /// How long after its instant a scheduled run begins, its jitter included; `None` for a run that was triggered.
    fn lateness(&self) -> Option<Duration> {
        let late = || (self.engine.clock.now() - self.at).to_std().unwrap_or_default();
        (!self.manual).then(late)
    }

    /// Waits for the jitter and for the runs before this one. Returns an end if the run will never begin here.
    async fn wait_for_turn(&self) -> Option<End> {
        if !self.waits {
            return None;
        }
        // A triggered run has no jitter: its caller waits.
        if !self.manual && !self.rest(fraction_of(self.job.declared.jitter())).await {
            return Some(End::Interrupted);
        }
        loop {
            let one_ends = self.engine.live.one_ends();
            match self.engine.ask(self.engine.ledger.begin(self.run, self.overlap)).await {
                Ok(true) => return None,
                Ok(false) if self.manual && self.overlap == Overlap::Skip => return Some(End::Skipped),
                Err(error) if error.code == Code::Aborted => return Some(End::Lost),
                // The keeper renews the lease meanwhile, or tells that it is lost.
                Ok(false) | Err(_) => {}
            }
            tokio::select! {
                () = one_ends => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = self.engine.halted() => return Some(End::Interrupted),
            }
        }
    }

    /// Pauses; false if the app stops meanwhile.
    async fn rest(&self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.engine.halted() => false,
        }
    }

    /// Makes one attempt; `None` if the app stops before it begins.
    async fn attempt(
        &self,
        live_run: &LiveRun,
        trace: &Arc<RunTrace>,
        number: u32,
    ) -> Option<Result<(), Failed>> {
        let timeout = self.job.declared.timeout();
        let deadline = tokio::time::Instant::now() + ISOLATE_WITHIN;
        loop {
            let task = Task {
                component: self.engine.serving.component(),
                is_counted: false,
                target: self.job.number,
                text: Text::from(format!("[{},{number},{}]", self.at.timestamp_millis(), self.run)),
                context: Some(Arc::<RunTrace>::clone(trace)),
                timeout: Some(timeout),
                intake: None,
            };
            if let Some((isolate, pending)) = self.submit(task) {
                live_run.with(Some(isolate));
                match attempt_outcome::after(pending.await, timeout) {
                    AttemptOutcome::Done => return Some(Ok(())),
                    AttemptOutcome::Failed(failed) => return Some(Err(failed)),
                    AttemptOutcome::Again => live_run.with(None),
                }
            }
            if tokio::time::Instant::now() > deadline {
                let message = "no isolate of the app has taken the run";
                return Some(Err(Failed::new(Status::Failed, Code::Unavailable, message)));
            }
            if !self.rest(ISOLATE_AGAIN).await {
                return None;
            }
        }
    }

    fn submit(&self, task: Task) -> Option<(u32, Pending)> {
        match &self.home {
            Some(home) if self.engine.serving.is_empty() => {
                home.port.submit(task).ok().map(|pending| (home.id, pending))
            }
            _ => self.engine.serving.submit(task).ok(),
        }
    }

    async fn note(&self, live_run: &LiveRun, end: &End) {
        let (status, error) = match end {
            End::Done => (Status::Succeeded, None),
            End::Failed(failed) => (failed.status, Some(failed.text())),
            End::Interrupted => {
                (Status::Interrupted, Some("canceled: the app stopped before it was done".to_owned()))
            }
            End::Skipped => (Status::Skipped, Some(STILL_RUNNING.to_owned())),
            End::Lost => return self.log(live_run, Level::Warn, TAKEN_OVER, None),
        };
        let attempts = live_run.attempts.load(Ordering::Relaxed);
        self.job.counters.ended(status);
        if let Some(trace) = live_run.trace.get() {
            self.job.counters.took(status, trace.began.elapsed(), trace.exemplar());
        }
        if let End::Failed(failed) = end {
            let level = if failed.is_told { Level::Debug } else { Level::Error };
            self.log(live_run, level, "failed to run a cron job: no attempts are left", error.as_deref());
        }
        let owed = status == Status::Interrupted
            && self.job.makes_up()
            && !self.manual
            && self.engine.ledger.is_shared();
        let ending = Ending { status, attempts, error, owed };
        let mut pauses = NOTE_AGAIN.iter();
        loop {
            match self.engine.ask(self.engine.ledger.finish(self.run, ending.clone())).await {
                Ok(true) => return,
                Ok(false) => {
                    return self.log(live_run, Level::Warn, TAKEN_OVER, None);
                }
                Err(error) => {
                    let Some(pause) = pauses.next() else {
                        let message = "failed to note how a cron run ended: it may be begun again";
                        return self.log(live_run, Level::Error, message, Some(&error.message));
                    };
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }

    /// Ends the run's trace, if the run has begun.
    fn end_trace(&self, live_run: &LiveRun, end: &End) {
        let Some(trace) = live_run.trace.get() else { return };
        let (outcome, error) = match end {
            End::Done => (outcome_name(Status::Succeeded), None),
            End::Failed(failed) => (outcome_name(failed.status), Some((failed.code.clone(), failed.text()))),
            End::Interrupted => (outcome_name(Status::Interrupted), None),
            End::Skipped => (outcome_name(Status::Skipped), None),
            End::Lost => ("lost", None),
        };
        trace.end(RunReport {
            run: self.run,
            at: self.at,
            attempts: live_run.attempts.load(Ordering::Relaxed),
            outcome,
            error,
        });
    }

    fn log_attempt(&self, trace: &RunTrace, failed: &Failed, attempt: u32, pause: Duration) {
        let level = if failed.is_told { Level::Debug } else { Level::Warn };
        let mut fields = self.fields(Some(trace));
        fields["attempt"] = json!(attempt);
        fields["error"] = json!(failed.text());
        fields["retryInMs"] = json!(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        self.engine.core.log(level, "failed to run a cron job; retrying", &fields);
    }

    fn log(&self, live_run: &LiveRun, level: Level, message: &str, error: Option<&str>) {
        let mut fields = self.fields(live_run.trace.get().map(|trace| &**trace));
        fields["error"] = json!(error);
        self.engine.core.log(level, message, &fields);
    }

    /// The fields of a line about the run.
    fn fields(&self, trace: Option<&RunTrace>) -> Value {
        let mut fields = json!({ "job": self.job.id(), "scheduledAt": self.at.to_rfc3339() });
        if let Some(trace) = trace {
            fields["trace_id"] = json!(trace.place().trace.to_string());
            fields["span_id"] = json!(trace.place().span.to_string());
        }
        fields
    }
}
