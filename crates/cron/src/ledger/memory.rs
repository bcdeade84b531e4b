//! A ledger in memory: records the runs of this process alone, and is lost with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use twinloop_runtime::{Failure, lock};

use super::{
    Claim, Claimed, Ending, HISTORY, Ledger, LedgerFuture, MOST_WAITING, Orphan, Overlap, Run, RunId,
    Standing, Status,
};
use crate::clock::{Clock, Instant};
use crate::timetable::CORRECTION;

struct JobRecord {
    standing: Standing,
    /// The job's runs, oldest first.
    runs: Vec<Run>,
}

impl JobRecord {
    fn live(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| is_live(run.outcome))
    }

    fn forget(&mut self) {
        let ended = self.runs.iter().filter(|run| !is_live(run.outcome)).count();
        let mut surplus = ended.saturating_sub(HISTORY);
        self.runs.retain(|run| {
            let forgotten = surplus > 0 && !is_live(run.outcome);
            surplus -= usize::from(forgotten);
            !forgotten
        });
    }
}

fn is_live(status: Status) -> bool {
    matches!(status, Status::Waiting | Status::Running)
}

#[derive(Default)]
struct State {
    jobs: HashMap<String, JobRecord>,
    last: RunId,
}

/// A ledger in memory, for one process. Nothing is left when the process ends.
pub struct MemoryLedger {
    clock: Arc<dyn Clock>,
    place: String,
    state: Mutex<State>,
}

impl MemoryLedger {
    /// An empty ledger. `place` names this machine and process in the history.
    pub fn new(clock: Arc<dyn Clock>, place: impl Into<String>) -> Self {
        Self { clock, place: place.into(), state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn millis(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn declare(&self, id: &str, now: Instant) -> Standing {
        let mut state = self.lock();
        let fresh = || JobRecord { standing: Standing { mark: now, paused: false }, runs: Vec::new() };
        state.jobs.entry(id.to_owned()).or_insert_with(fresh).standing
    }

    fn claim(&self, claim: &Claim) -> Result<Claimed, Failure> {
        let mut state = self.lock();
        let id = state.last + 1;
        let job = job_of(&mut state, &claim.job)?;
        let at = claim.at.timestamp_millis();
        if !claim.manual {
            let mark = job.standing.mark;
            let dealt_with = claim.at <= mark && mark - self.clock.now() <= CORRECTION;
            if dealt_with || job.runs.iter().any(|run| !run.manual && run.scheduled_at == at) {
                return Ok(Claimed::Known);
            }
            job.standing.mark = claim.at;
            if job.standing.paused {
                return Ok(Claimed::Paused);
            }
        }
        let (live, waiting) =
            (job.live().count(), job.live().filter(|run| run.outcome == Status::Waiting).count());
        let most = if claim.late { 2 * MOST_WAITING } else { MOST_WAITING };
        let refusal = match claim.overlap {
            Overlap::Skip if live > 0 => Some(super::STILL_RUNNING),
            Overlap::Queue if waiting >= most => Some(super::TOO_MANY),
            _ => None,
        };
        if refusal.is_some() && claim.manual {
            return Ok(Claimed::Skipped);
        }
        let begins = !claim.waits && (claim.overlap == Overlap::Allow || live == 0);
        let outcome = match (refusal, begins) {
            (Some(_), _) => Status::Skipped,
            (None, true) => Status::Running,
            (None, false) => Status::Waiting,
        };
        let now = self.millis();
        job.runs.push(Run {
            id,
            scheduled_at: at,
            started_at: (outcome == Status::Running).then_some(now),
            finished_at: refusal.map(|_| now),
            outcome,
            attempts: 0,
            error: refusal.map(str::to_owned),
            place: self.place.clone(),
            manual: claim.manual,
        });
        job.forget();
        state.last = id;
        Ok(match outcome {
            Status::Skipped => Claimed::Skipped,
            Status::Running => Claimed::Begun(id),
            _ => Claimed::Waiting(id),
        })
    }

    fn begin(&self, id: RunId, overlap: Overlap) -> bool {
        let now = self.millis();
        let mut state = self.lock();
        let Some(job) = state.jobs.values_mut().find(|job| job.runs.iter().any(|run| run.id == id)) else {
            return false;
        };
        let behind = job.live().any(|run| run.id != id && (run.outcome == Status::Running || run.id < id));
        if behind && overlap != Overlap::Allow {
            return false;
        }
        for run in job.runs.iter_mut().filter(|run| run.id == id) {
            run.outcome = Status::Running;
            run.started_at = Some(now);
        }
        true
    }

    fn finish(&self, id: RunId, ending: &Ending) -> bool {
        let now = self.millis();
        let mut state = self.lock();
        let mut runs = state.jobs.values_mut().flat_map(|job| &mut job.runs);
        let Some(run) = runs.find(|run| run.id == id && is_live(run.outcome)) else { return false };
        run.outcome = ending.status;
        run.finished_at = Some(now);
        run.attempts = i64::from(ending.attempts);
        run.error.clone_from(&ending.error);
        true
    }

    fn pause(&self, id: &str, paused: bool, now: Instant) -> Result<(), Failure> {
        let mut state = self.lock();
        let standing = &mut job_of(&mut state, id)?.standing;
        if standing.paused && !paused {
            standing.mark = standing.mark.max(now);
        }
        standing.paused = paused;
        Ok(())
    }

    fn history(&self, id: &str, limit: usize) -> Result<Vec<Run>, Failure> {
        Ok(job_of(&mut self.lock(), id)?.runs.iter().rev().take(limit).cloned().collect())
    }
}

fn job_of<'a>(state: &'a mut State, id: &str) -> Result<&'a mut JobRecord, Failure> {
    state.jobs.get_mut(id).ok_or_else(|| Failure::internal(format!("the job {id} was not declared")))
}

impl Ledger for MemoryLedger {
    fn declare<'a>(&'a self, job: &'a str, _times: &'a str, now: Instant) -> LedgerFuture<'a, Standing> {
        Box::pin(async move { Ok(self.declare(job, now)) })
    }

    fn claim(&self, claim: Claim) -> LedgerFuture<'_, Claimed> {
        Box::pin(async move { self.claim(&claim) })
    }

    fn begin(&self, run: RunId, overlap: Overlap) -> LedgerFuture<'_, bool> {
        Box::pin(async move { Ok(self.begin(run, overlap)) })
    }

    fn finish(&self, run: RunId, ending: Ending) -> LedgerFuture<'_, bool> {
        Box::pin(async move { Ok(self.finish(run, &ending)) })
    }

    fn extend<'a>(&'a self, _runs: &'a [RunId]) -> LedgerFuture<'a, Vec<RunId>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn reap<'a>(
        &'a self,
        _made_up: &'a [String],
        _others: &'a [String],
        _live: &'a [RunId],
    ) -> LedgerFuture<'a, Vec<Orphan>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn pause<'a>(&'a self, job: &'a str, paused: bool, now: Instant) -> LedgerFuture<'a, ()> {
        Box::pin(async move { self.pause(job, paused, now) })
    }

    fn history<'a>(&'a self, job: &'a str, limit: usize) -> LedgerFuture<'a, Vec<Run>> {
        Box::pin(async move { self.history(job, limit) })
    }

    fn is_shared(&self) -> bool {
        false
    }
}
