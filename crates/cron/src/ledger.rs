//! What is known of a job's runs: which instants are taken, who runs what, and what came of it.
//!
//! **Claims.** An instant is taken by whoever notes it first, and given to the same owner again while it is not done, for an answer
//! may be lost; a mark of each job says up to where instants are dealt with, so that
//! forgotten history does not make an old one free again. A claim decides about the overlap too, in the same step.
//!
//! **Leases.** A run that is begun or waits belongs to its owner as long as the owner extends it. One that ran out, and one that
//! was interrupted and is owed, is taken over where the job makes up for missed runs.

pub mod memory;
pub mod postgres;
mod schema;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Instant;
use crate::error::Error;
pub use crate::request::Overlap;

/// How many ended runs of a job are remembered.
pub const HISTORY: usize = 100;
/// How many runs of a job may wait for their turn; twice as many missed ones.
pub const MOST_WAITING: usize = 100;
/// How long an owner may be silent until its runs are another's.
pub const LEASE: Duration = Duration::from_secs(30);
/// A run that has taken so many owners with it is not begun again.
pub const MOST_OWNERS: i64 = 4;

/// A pending answer.
pub type LedgerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The number of a run.
pub type RunId = i64;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Up to where its instants are dealt with.
    pub mark: Instant,
    /// Whether it is paused.
    pub paused: bool,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The job's id.
    pub job: String,
    /// The instant, or when it was triggered.
    pub at: Instant,
    /// Triggered, and not by the clock.
    pub manual: bool,
    /// What happens where another run goes on.
    pub overlap: Overlap,
    /// It is not to begin at once.
    pub waits: bool,
    /// It makes up for a missed instant.
    pub late: bool,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It runs.
    Begun(RunId),
    /// It waits for its turn.
    Waiting(RunId),
    /// Another run goes on, or too many wait.
    Skipped,
    /// It is another's, or was dealt with.
    Known,
    /// The job is paused.
    Paused,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Its turn has not come.
    Waiting,
    /// It is with a handler, or will be tried again.
    Running,
    /// The handler is done.
    Succeeded,
    /// The handler has thrown, at the last attempt.
    Failed,
    /// The handler did not finish in time, at the last attempt.
    TimedOut,
    /// The app stopped, or its process ended.
    Interrupted,
    /// There was no room for it.
    Skipped,
}

/// How a run has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// One of those that end.
    pub status: Status,
    /// Attempts of this owner.
    pub attempts: u32,
    /// Why it has not succeeded.
    pub error: Option<String>,
    /// Another may begin it again.
    pub owed: bool,
}

/// A run, for the history. Times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// Its instant, or when it was triggered.
    pub scheduled_at: i64,
    /// When it was begun last.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// How it stands.
    pub outcome: Status,
    /// How often a handler has begun with it.
    pub attempts: i64,
    /// Why it has not succeeded.
    pub error: Option<String>,
    /// Machine and process.
    pub place: String,
    /// Triggered, and not by the clock.
    pub manual: bool,
}

/// A run that was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Its number.
    pub id: RunId,
    /// The job's id.
    pub job: String,
    /// Its instant.
    pub at: Instant,
}

/// Where runs are noted.
pub trait Ledger: Send + Sync {
    /// Makes a job known; where its times have changed, what was missed by the old ones is forgotten.
    fn declare<'a>(&'a self, job: &'a str, times: &'a str, now: Instant) -> LedgerFuture<'a, Standing>;

    /// Takes an instant, or a turn for what was triggered.
    fn claim(&self, claim: Claim) -> LedgerFuture<'_, Claimed>;

    /// Begins a run that waits, where its turn has come. Fails with `aborted` where it is another's by now.
    fn begin(&self, run: RunId, overlap: Overlap) -> LedgerFuture<'_, bool>;

    /// Notes how a run has ended; false where it was another's by then.
    fn finish(&self, run: RunId, ending: Ending) -> LedgerFuture<'_, bool>;

    /// Keeps runs, and gives those that are another's by now.
    fn extend<'a>(&'a self, runs: &'a [RunId]) -> LedgerFuture<'a, Vec<RunId>>;

    /// Takes over what was left behind, of the jobs that make up for it; of the others it is noted as interrupted. `live` are the
    /// runs that this process has: a claim whose answer was lost has left one behind that it does not know of.
    fn reap<'a>(
        &'a self,
        made_up: &'a [String],
        others: &'a [String],
        live: &'a [RunId],
    ) -> LedgerFuture<'a, Vec<Orphan>>;

    /// Pauses a job or resumes it: what is due in between is not missed.
    fn pause<'a>(&'a self, job: &'a str, paused: bool, now: Instant) -> LedgerFuture<'a, ()>;

    /// The last runs of a job, the newest first.
    fn history<'a>(&'a self, job: &'a str, limit: usize) -> LedgerFuture<'a, Vec<Run>>;

    /// Whether other processes use it too.
    fn is_shared(&self) -> bool;
}

/// Why a run was skipped.
const STILL_RUNNING: &str = "the run before was still going on";
const TOO_MANY: &str = "too many runs were waiting";
