//! Records the runs of jobs: which instants are claimed, which process runs what, and how runs ended.
//!
//! **Claims.** The first process that claims an instant gets it. The same owner gets its unfinished claim again, because an answer
//! may have been lost. Each job has a mark, up to which all instants are done, so that forgetting old history frees no instant. A
//! claim also decides about overlapping runs, in the same step.
//!
//! **Leases.** A run that is waiting or running belongs to its owner as long as the owner renews the lease. Another process takes
//! over a run whose lease expired, and an interrupted run that is owed, if the job makes up for missed runs.

pub mod memory;
pub mod outside;
pub mod postgres;
mod schema;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use twinloop_runtime::Failure;

use crate::clock::Instant;
pub use crate::request::Overlap;

/// How many ended runs of a job the history holds.
pub const HISTORY: usize = 100;
/// How many runs of a job may wait for their turn. Runs that make up for missed instants may be twice as many.
pub const MOST_WAITING: usize = 100;
/// How long a run stays with an owner that does not renew its lease: 30 seconds.
pub const LEASE: Duration = Duration::from_secs(30);
/// How many owners may die during one run before the run is given up.
pub const MOST_OWNERS: i64 = 4;

/// A pending answer of a ledger.
pub type LedgerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// The number of a run, unique in its ledger.
pub type RunId = i64;

/// The state of a job in a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The instant up to which all instants of the job are done.
    pub mark: Instant,
    /// Whether the job is paused.
    pub paused: bool,
}

/// A claim to run a job at an instant.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The job's id.
    pub job: String,
    /// The scheduled instant, or the time of the trigger.
    pub at: Instant,
    /// Whether a call or an operator triggered the run, and not the clock.
    pub manual: bool,
    /// What happens if another run of the job is going on.
    pub overlap: Overlap,
    /// Whether the run must not begin at once.
    pub waits: bool,
    /// Whether the run makes up for a missed instant.
    pub late: bool,
}

/// The outcome of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The run begins now.
    Begun(RunId),
    /// The run waits for its turn.
    Waiting(RunId),
    /// There is no run: another is going on, or too many are waiting.
    Skipped,
    /// The instant is done, or another process has it.
    Known,
    /// The job is paused.
    Paused,
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Triggered by an operator; no process has taken the run yet.
    Asked,
    /// Waiting for its turn.
    Waiting,
    /// With a handler, or between two attempts.
    Running,
    /// The handler returned.
    Succeeded,
    /// The handler threw at the last attempt.
    Failed,
    /// The handler did not finish in time, at the last attempt.
    TimedOut,
    /// The app stopped, or the process ended, before the handler returned.
    Interrupted,
    /// There was no run: another was going on, or too many were waiting.
    Skipped,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The final status: never asked, waiting or running.
    pub status: Status,
    /// How many attempts this owner made.
    pub attempts: u32,
    /// Why it has not succeeded.
    pub error: Option<String>,
    /// Whether another process may begin the run again.
    pub owed: bool,
}

/// A run as the history shows it. Times are milliseconds since 1970 (UTC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The run's number.
    pub id: RunId,
    /// The scheduled instant, or the time of the trigger.
    pub scheduled_at: i64,
    /// When a process last began the run.
    pub started_at: Option<i64>,
    /// When the run ended.
    pub finished_at: Option<i64>,
    /// The run's status.
    pub outcome: Status,
    /// How many attempts a handler has begun.
    pub attempts: i64,
    /// Why the run has not succeeded.
    pub error: Option<String>,
    /// The machine and process that has the run.
    pub place: String,
    /// Whether a call or an operator triggered the run, and not the clock.
    pub manual: bool,
}

/// A run that this process has taken over from another process, or from an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The run's number.
    pub id: RunId,
    /// The job's id.
    pub job: String,
    /// The run's scheduled instant, or the time of its trigger.
    pub at: Instant,
}

/// A run that an operator has triggered from outside of the app.
pub type TriggeredRun = Orphan;

/// A record of runs, shared by the processes of an app or private to one.
///
/// Errors of all methods: `unavailable` and `deadline_exceeded` if the ledger cannot be reached.
pub trait Ledger: Send + Sync {
    /// Registers a job. If its times have changed, instants missed by the old times are forgotten.
    fn declare<'a>(&'a self, job: &'a str, times: &'a str, now: Instant) -> LedgerFuture<'a, Standing>;

    /// Claims an instant, or a turn for a triggered run.
    fn claim(&self, claim: Claim) -> LedgerFuture<'_, Claimed>;

    /// Begins a waiting run; false if its turn has not come. Errors: `aborted` if another process has taken the run over.
    fn begin(&self, run: RunId, overlap: Overlap) -> LedgerFuture<'_, bool>;

    /// Notes how a run ended; false if another process had taken the run over.
    fn finish(&self, run: RunId, ending: Ending) -> LedgerFuture<'_, bool>;

    /// Renews the leases of runs, and returns the runs that other processes have taken over.
    fn extend<'a>(&'a self, runs: &'a [RunId]) -> LedgerFuture<'a, Vec<RunId>>;

    /// Takes over runs whose owners left them behind, of the jobs in `made_up`; notes runs of the jobs in `others` as
    /// interrupted. `live` are the runs that this process knows: a claim whose answer was lost left one that it does not know.
    fn reap<'a>(
        &'a self,
        made_up: &'a [String],
        others: &'a [String],
        live: &'a [RunId],
    ) -> LedgerFuture<'a, Vec<Orphan>>;

    /// Takes the runs of these jobs that operators triggered.
    fn take_asked<'a>(&'a self, _jobs: &'a [String]) -> LedgerFuture<'a, Vec<TriggeredRun>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Pauses or resumes a job. Instants during a pause do not count as missed.
    fn pause<'a>(&'a self, job: &'a str, paused: bool, now: Instant) -> LedgerFuture<'a, ()>;

    /// The last `limit` runs of a job, newest first.
    fn history<'a>(&'a self, job: &'a str, limit: usize) -> LedgerFuture<'a, Vec<Run>>;

    /// Whether other processes use the ledger too.
    fn is_shared(&self) -> bool;
}

/// Why a run was skipped.
pub(crate) const STILL_RUNNING: &str = "the run before was still going on";
const TOO_MANY: &str = "too many runs were waiting";
