//! Operators' access to the ledger from outside of the app: the state of its jobs, and runs that operators trigger.
//!
//! **Triggered runs.** A run that an operator triggers is a row without an owner, which one process of the app takes. No process
//! takes the row after [`PATIENCE`], so that nothing runs long after the operator has given up.

use std::time::Duration;

use serde::Serialize;
use twinloop_runtime::{Failure, SqlRow, SqlValue};

use super::postgres::{PostgresLedger, int, run_of, string, text, texts, unreadable};
use super::{LEASE, Run, RunId, TriggeredRun};
use crate::clock::{Instant, from_millis};

/// How long a run that an operator triggered waits for a process to take it: 60 seconds.
pub const PATIENCE: Duration = Duration::from_secs(60);

const STANDINGS: &str = "select j.job, j.times, j.paused,
      (select count(*) from twinloop.cron_run f where f.job = j.job and f.status in ('failed', 'timed_out')
        and f.id > coalesce((select max(s.id) from twinloop.cron_run s
          where s.job = j.job and s.status = 'succeeded'), 0)),
      r.id, r.scheduled_ms, (extract(epoch from r.started_at) * 1000)::int8,
      (extract(epoch from r.finished_at) * 1000)::int8, r.status, r.attempts, r.error, r.place, r.manual
    from twinloop.cron_job j left join lateral (
      select * from twinloop.cron_run l where l.job = j.job and l.status <> 'asked' order by l.id desc limit 1
    ) r on true order by j.job";
const RUN: &str = "select id, scheduled_ms, (extract(epoch from started_at) * 1000)::int8,
      (extract(epoch from finished_at) * 1000)::int8, status, attempts, error, place, manual
    from twinloop.cron_run where id = $1::int8";
const ASK: &str =
    "insert into twinloop.cron_run (job, scheduled_ms, manual, status, place, owner, lease_until)
    select job, $2::int8, true, 'asked', $3::text, '', clock_timestamp() + $4::int8 * interval '1 ms'
    from twinloop.cron_job where job = $1::text returning id";
const TAKE: &str = "with gone as (
      delete from twinloop.cron_run where status = 'asked' and lease_until < clock_timestamp()
    ), asked as (
      select id from twinloop.cron_run
      where status = 'asked' and job = any($1::text[]) and lease_until >= clock_timestamp()
      order by id for update skip locked
    )
    update twinloop.cron_run r set status = 'waiting', place = $2::text, owner = $3::text,
      lease_until = clock_timestamp() + $4::int8 * interval '1 ms'
    from asked where r.id = asked.id returning r.id, r.job, r.scheduled_ms";
const WITHDRAW: &str = "delete from twinloop.cron_run where id = $1::int8 and status = 'asked'";

/// The state of a job in the ledger, as operators see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobState {
    /// The job's id.
    pub job: String,
    /// The job's times as the ledger notes them: the rule, a blank, and the time zone.
    #[serde(skip)]
    pub times: String,
    /// Whether the job is paused.
    pub paused: bool,
    /// How many runs in the history have failed since the last one that succeeded.
    pub failures: i64,
    /// The job's last run.
    pub last: Option<Run>,
}

impl PostgresLedger {
    /// The state of all jobs, by id.
    pub async fn standings(&self) -> Result<Vec<JobState>, Failure> {
        let rows = self.pool.query(STANDINGS, Vec::new()).await?;
        rows.into_iter().map(|row| job_of(row).ok_or_else(unreadable)).collect()
    }

    /// Triggers a run of a job. Returns the run's number, or `None` if the ledger has no such job.
    pub async fn ask(&self, job: &str, now: Instant) -> Result<Option<RunId>, Failure> {
        let parameters =
            vec![text(job), SqlValue::Int(now.timestamp_millis()), text(&self.place), millis(PATIENCE)];
        let rows = self.pool.query(ASK, parameters).await?;
        Ok(rows.first().and_then(|row| int(row.first()?)))
    }

    /// Withdraws a triggered run; false if a process has taken it.
    pub async fn withdraw(&self, run: RunId) -> Result<bool, Failure> {
        Ok(self.pool.execute(WITHDRAW, vec![SqlValue::Int(run)]).await? == 1)
    }

    /// Finds a run by its number.
    pub async fn run(&self, run: RunId) -> Result<Option<Run>, Failure> {
        let rows = self.pool.query(RUN, vec![SqlValue::Int(run)]).await?;
        rows.into_iter().next().map(|row| run_of(row).ok_or_else(unreadable)).transpose()
    }

    pub(super) async fn take_asked(&self, jobs: &[String]) -> Result<Vec<TriggeredRun>, Failure> {
        let parameters = vec![texts(jobs), text(&self.place), text(&self.owner), millis(LEASE)];
        let rows = self.pool.query(TAKE, parameters).await?;
        rows.into_iter()
            .map(|row| match <[SqlValue; 3]>::try_from(row) {
                Ok([SqlValue::Int(id), SqlValue::Text(job), SqlValue::Int(at)]) => {
                    Ok(TriggeredRun { id, job, at: from_millis(at) })
                }
                _ => Err(unreadable()),
            })
            .collect()
    }
}

fn job_of(mut row: SqlRow) -> Option<JobState> {
    let run = row.split_off(4);
    let [job, times, paused, failures] = <[SqlValue; 4]>::try_from(row).ok()?;
    let last = if run.first() == Some(&SqlValue::Null) { None } else { Some(run_of(run)?) };
    let paused = paused == SqlValue::Bool(true);
    Some(JobState { job: string(job)?, times: string(times)?, paused, failures: int(&failures)?, last })
}

fn millis(time: Duration) -> SqlValue {
    SqlValue::Int(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
