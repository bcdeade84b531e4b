//! One run: from its turn to the note of how it has ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use twinloop_mailbox::{Context, Job as Task, Kind, Pending, Text};
use twinloop_runtime::{Failure, Isolate, Level, backoff, fraction_of};
use uuid::Uuid;

use crate::clock::Instant;
use crate::engine::Engine;
use crate::job::Job;
use crate::ledger::{Ending, RunId, Status};
use crate::live::{Place, Stop};
use crate::request::Overlap;
use crate::verdict::{self, Failed, Verdict};

/// How often a run that waits looks whether its turn has come, when others may have what it waits for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long it is waited for an isolate, when all of them are being replaced.
const ISOLATE_WITHIN: Duration = Duration::from_secs(60);
const ISOLATE_AGAIN: Duration = Duration::from_millis(100);
/// Pauses between the tries to note how a run has ended. After the last, its lease runs out.
const NOTE_AGAIN: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(10)];

/// A run that was claimed.
pub(crate) struct Execution {
    pub(crate) engine: Arc<Engine>,
    pub(crate) job: Arc<Job>,
    pub(crate) run: RunId,
    pub(crate) at: Instant,
    pub(crate) overlap: Overlap,
    /// Its turn has not come yet.
    pub(crate) waits: bool,
    pub(crate) manual: bool,
    /// Who runs it where no isolate serves: a script triggers its own jobs.
    pub(crate) home: Option<Arc<Isolate>>,
}

/// How a run has ended, for whoever triggered it.
enum End {
    Done,
    Failed(Failed),
    Interrupted,
    Lost,
}

/// What stays in Rust with a run: the same trace for all of its attempts.
struct Trace(String);

impl Context for Trace {
    fn get(&self, name: &str) -> Option<String> {
        (name == "request-id").then(|| self.0.clone())
    }

    fn all(&self) -> String {
        json!({ "request-id": self.0 }).to_string()
    }
}

impl Execution {
    /// Runs it to its end, and notes that.
    pub(crate) async fn run(self, place: Place) -> Result<(), Failure> {
        let end = tokio::select! {
            end = self.to_its_end(&place) => end,
            stop = place.stopped() => match stop {
                Stop::Interrupt => End::Interrupted,
                Stop::Lost => End::Lost,
            },
        };
        self.note(&place, &end).await;
        match end {
            End::Done => Ok(()),
            // The code is the app's own: the isolate gives it to whoever has triggered the run.
            End::Failed(failed) => Err(Failure::new("unknown", failed.message.clone())
                .with_details(json!({ "code": failed.code, "status": failed.status }))),
            End::Interrupted => Err(Failure::new("canceled", "the app stopped before the run was done")),
            End::Lost => Err(Failure::new("aborted", "the run was taken over by another process")),
        }
    }

    async fn to_its_end(&self, place: &Place) -> End {
        if let Some(end) = self.wait_for_turn().await {
            return end;
        }
        self.job.counters.started();
        let trace: Arc<dyn Context> = Arc::new(Trace(Uuid::new_v4().simple().to_string()));
        loop {
            let attempt = place.attempt();
            let failed = match self.attempt(place, &trace, attempt).await {
                None => return End::Interrupted,
                Some(Ok(())) => return End::Done,
                Some(Err(failed)) => failed,
            };
            place.with(None);
            if self.engine.is_cut() {
                return End::Interrupted;
            }
            if attempt > self.job.declared.max_retries {
                return End::Failed(failed);
            }
            let pause = backoff(self.job.declared.min_backoff(), self.job.declared.max_backoff(), attempt);
            self.job.counters.retried();
            self.log_attempt(&failed, attempt, pause);
            if !self.rest(pause).await {
                return End::Interrupted;
            }
        }
    }

    /// Waits out the jitter and the runs before it; gives an end where it will never run here.
    async fn wait_for_turn(&self) -> Option<End> {
        if !self.waits {
            return None;
        }
        if !self.rest(fraction_of(self.job.declared.jitter())).await {
            return Some(End::Interrupted);
        }
        loop {
            let one_ends = self.engine.live.one_ends();
            match self.engine.ledger.begin(self.run, self.overlap).await {
                Ok(true) => return None,
                Err(error) if error.code() == "aborted" => return Some(End::Lost),
                // The lease is kept meanwhile, or lost, and then it is another's.
                Ok(false) | Err(_) => {}
            }
            tokio::select! {
                () = one_ends => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = self.engine.halted() => return Some(End::Interrupted),
            }
        }
    }

    /// False where the app stops meanwhile.
    async fn rest(&self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.engine.halted() => false,
        }
    }

    /// One attempt; `None` where the app stops before it is begun.
    async fn attempt(
        &self,
        place: &Place,
        trace: &Arc<dyn Context>,
        number: u32,
    ) -> Option<Result<(), Failed>> {
        let timeout = self.job.declared.timeout();
        let deadline = tokio::time::Instant::now() + ISOLATE_WITHIN;
        loop {
            let task = Task {
                kind: Kind::Tick,
                target: self.job.number,
                text: Text::from(format!("[{},{number}]", self.at.timestamp_millis())),
                context: Some(Arc::clone(trace)),
                timeout: Some(timeout),
            };
            if let Some((isolate, pending)) = self.submit(task) {
                place.with(Some(isolate));
                match verdict::after(pending.await, timeout) {
                    Verdict::Done => return Some(Ok(())),
                    Verdict::Failed(failed) => return Some(Err(failed)),
                    Verdict::Again => place.with(None),
                }
            }
            if tokio::time::Instant::now() > deadline {
                let message = "no isolate of the app has taken the run";
                return Some(Err(Failed::new(Status::Failed, "unavailable", message)));
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
            _ => self.engine.serving.submit(task).ok().map(|(isolate, pending)| (isolate.id, pending)),
        }
    }

    async fn note(&self, place: &Place, end: &End) {
        let (status, error) = match end {
            End::Done => (Status::Succeeded, None),
            End::Failed(failed) => (failed.status, Some(failed.text())),
            End::Interrupted => {
                (Status::Interrupted, Some("canceled: the app stopped before it was done".to_owned()))
            }
            End::Lost => return self.log(Level::Warn, "a run was taken over by another process", None),
        };
        let attempts = place.attempts.load(Ordering::Relaxed);
        self.job.counters.ended(status);
        if let End::Failed(failed) = end {
            let level = if failed.is_told { Level::Debug } else { Level::Error };
            self.log(level, "a run has failed", error.as_deref());
        }
        let owed = status == Status::Interrupted
            && self.job.makes_up()
            && !self.manual
            && self.engine.ledger.is_shared();
        let ending = Ending { status, attempts, error, owed };
        let mut pauses = NOTE_AGAIN.iter();
        loop {
            match self.engine.ledger.finish(self.run, ending.clone()).await {
                Ok(true) => return,
                Ok(false) => return self.log(Level::Warn, "a run was taken over by another process", None),
                Err(error) => {
                    let Some(pause) = pauses.next() else {
                        let message = "how a run has ended could not be noted: it may be begun again";
                        return self.log(Level::Error, message, Some(error.message()));
                    };
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }

    fn log_attempt(&self, failed: &Failed, attempt: u32, pause: Duration) {
        let level = if failed.is_told { Level::Debug } else { Level::Warn };
        let fields = json!({
            "job": self.job.id(),
            "scheduledAt": self.at.to_rfc3339(),
            "attempt": attempt,
            "error": failed.text(),
            "retryInMs": u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        });
        self.engine.core.log(level, "a run will be tried again", &fields);
    }

    fn log(&self, level: Level, message: &str, error: Option<&str>) {
        let fields = json!({ "job": self.job.id(), "scheduledAt": self.at.to_rfc3339(), "error": error });
        self.engine.core.log(level, message, &fields);
    }
}
