//! A ledger in the app's PostgreSQL: all processes of the app together run each instant once, and share one history.
//!
//! Leases follow the server's clock; instants follow the clock of each process.

use std::sync::Arc;

use twinloop_runtime::{Failure, Sql, SqlPool, SqlRow, SqlValue};
use uuid::Uuid;

use super::{
    Claim, Claimed, Ending, HISTORY, LEASE, Ledger, LedgerFuture, MOST_OWNERS, MOST_WAITING, Orphan, Overlap,
    Run, RunId, Standing, Status, TriggeredRun, schema,
};
use crate::clock::{Instant, from_millis};

/// The most connections that the ledger opens in one process.
const CONNECTIONS: usize = 2;

const DECLARE: &str = "insert into twinloop.cron_job as known (job, times, mark_ms)
    values ($1::text, $2::text, $3::int8)
    on conflict (job) do update set times = excluded.times,
      mark_ms = case when known.times = excluded.times then known.mark_ms
        else greatest(known.mark_ms, excluded.mark_ms) end
    returning mark_ms, paused";
const CLAIM: &str = "select verdict, run from twinloop.cron_claim(
    $1::text, $2::int8, $3::bool, $4::text, $5::bool, $6::int8, $7::text, $8::text, $9::int8, $10::int8)";
const BEGIN: &str = "select twinloop.cron_begin($1::int8, $2::text, $3::text)";
const FINISH: &str = "update twinloop.cron_run set status = $3::text, finished_at = clock_timestamp(),
      attempts = attempts + $4::int8, error = $5::text, owed = $6::bool
    where id = $1::int8 and owner = $2::text and status in ('waiting', 'running')";
const EXTEND: &str =
    "update twinloop.cron_run set lease_until = clock_timestamp() + $3::int8 * interval '1 ms'
    where id = any($1::int8[]) and owner = $2::text and status in ('waiting', 'running') returning id";
const REAP: &str = "select run, of_job, at_ms from twinloop.cron_reap(
    $1::text[], $2::text[], $3::text, $4::text, $5::int8, $6::int8, $7::int8[])";
const PAUSE: &str = "update twinloop.cron_job set paused = $2::bool,
      mark_ms = case when paused and not $2::bool then greatest(mark_ms, $3::int8) else mark_ms end
    where job = $1::text";
const RUNS: &str = "select id, scheduled_ms, (extract(epoch from started_at) * 1000)::int8,
      (extract(epoch from finished_at) * 1000)::int8, status, attempts, error, place, manual
    from twinloop.cron_run where job = $1::text order by id desc limit $2::int8";

/// A ledger in a PostgreSQL database, in the schema `twinloop`.
pub struct PostgresLedger {
    pub(super) pool: Arc<dyn SqlPool>,
    pub(super) place: String,
    pub(super) owner: String,
}

impl PostgresLedger {
    /// Opens the ledger in the database at a URL, and makes its tables if they are missing. `place` names this machine and
    /// process in the history.
    ///
    /// Errors: those of the database · `failed_precondition` if the tables cannot be made or a newer release made them.
    pub async fn open(sql: &dyn Sql, url: &str, place: impl Into<String>) -> Result<Self, Failure> {
        let pool = sql.open(&named(url), CONNECTIONS)?;
        schema::LEDGER.ensure(&*pool).await?;
        Ok(Self { pool, place: place.into(), owner: Uuid::new_v4().simple().to_string() })
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, Failure> {
        let most = if claim.late { 2 * MOST_WAITING } else { MOST_WAITING };
        let parameters = vec![
            SqlValue::Text(claim.job),
            SqlValue::Int(claim.at.timestamp_millis()),
            SqlValue::Bool(claim.manual),
            text(claim.overlap.name()),
            SqlValue::Bool(claim.waits),
            count(most),
            SqlValue::Text(self.place.clone()),
            SqlValue::Text(self.owner.clone()),
            lease(),
            count(HISTORY),
        ];
        let rows = self.pool.query(CLAIM, parameters).await?;
        let Some([SqlValue::Text(verdict), SqlValue::Int(run)]) = rows.first().map(Vec::as_slice) else {
            return Err(unreadable());
        };
        Ok(match verdict.as_str() {
            "running" => Claimed::Begun(*run),
            "waiting" => Claimed::Waiting(*run),
            "skipped" => Claimed::Skipped,
            "paused" => Claimed::Paused,
            _ => Claimed::Known,
        })
    }

    async fn begin(&self, run: RunId, overlap: Overlap) -> Result<bool, Failure> {
        let parameters = vec![SqlValue::Int(run), text(overlap.name()), SqlValue::Text(self.owner.clone())];
        let rows = self.pool.query(BEGIN, parameters).await?;
        match rows.first().map(Vec::as_slice) {
            Some([SqlValue::Bool(begun)]) => Ok(*begun),
            _ => Err(Failure::aborted("the run was taken over by another process")),
        }
    }

    async fn finish(&self, run: RunId, ending: Ending) -> Result<bool, Failure> {
        let parameters = vec![
            SqlValue::Int(run),
            SqlValue::Text(self.owner.clone()),
            text(status_name(ending.status)),
            SqlValue::Int(i64::from(ending.attempts)),
            // PostgreSQL's type text cannot hold NUL (section 8.3, Character Types).
            ending.error.map_or(SqlValue::Null, |error| SqlValue::Text(error.replace('\0', "\u{fffd}"))),
            SqlValue::Bool(ending.owed),
        ];
        Ok(self.pool.execute(FINISH, parameters).await? == 1)
    }

    async fn extend(&self, runs: &[RunId]) -> Result<Vec<RunId>, Failure> {
        let rows =
            self.pool.query(EXTEND, vec![ints(runs), SqlValue::Text(self.owner.clone()), lease()]).await?;
        let kept: Vec<RunId> = rows
            .iter()
            .filter_map(|row| if let [SqlValue::Int(id)] = row[..] { Some(id) } else { None })
            .collect();
        Ok(runs.iter().filter(|run| !kept.contains(run)).copied().collect())
    }

    async fn reap(
        &self,
        made_up: &[String],
        others: &[String],
        live: &[RunId],
    ) -> Result<Vec<Orphan>, Failure> {
        let parameters = vec![
            texts(made_up),
            texts(others),
            SqlValue::Text(self.place.clone()),
            SqlValue::Text(self.owner.clone()),
            lease(),
            SqlValue::Int(MOST_OWNERS),
            ints(live),
        ];
        let rows = self.pool.query(REAP, parameters).await?;
        rows.into_iter()
            .map(|row| match <[SqlValue; 3]>::try_from(row) {
                Ok([SqlValue::Int(id), SqlValue::Text(job), SqlValue::Int(at)]) => {
                    Ok(Orphan { id, job, at: from_millis(at) })
                }
                _ => Err(unreadable()),
            })
            .collect()
    }
}

impl Ledger for PostgresLedger {
    fn declare<'a>(&'a self, job: &'a str, times: &'a str, now: Instant) -> LedgerFuture<'a, Standing> {
        Box::pin(async move {
            let parameters = vec![text(job), text(times), SqlValue::Int(now.timestamp_millis())];
            let rows = self.pool.query(DECLARE, parameters).await?;
            match rows.first().map(Vec::as_slice) {
                Some([SqlValue::Int(mark), SqlValue::Bool(paused)]) => {
                    Ok(Standing { mark: from_millis(*mark), paused: *paused })
                }
                _ => Err(unreadable()),
            }
        })
    }

    fn claim(&self, claim: Claim) -> LedgerFuture<'_, Claimed> {
        Box::pin(self.claim(claim))
    }

    fn begin(&self, run: RunId, overlap: Overlap) -> LedgerFuture<'_, bool> {
        Box::pin(self.begin(run, overlap))
    }

    fn finish(&self, run: RunId, ending: Ending) -> LedgerFuture<'_, bool> {
        Box::pin(self.finish(run, ending))
    }

    fn extend<'a>(&'a self, runs: &'a [RunId]) -> LedgerFuture<'a, Vec<RunId>> {
        Box::pin(self.extend(runs))
    }

    fn reap<'a>(
        &'a self,
        made_up: &'a [String],
        others: &'a [String],
        live: &'a [RunId],
    ) -> LedgerFuture<'a, Vec<Orphan>> {
        Box::pin(self.reap(made_up, others, live))
    }

    fn take_asked<'a>(&'a self, jobs: &'a [String]) -> LedgerFuture<'a, Vec<TriggeredRun>> {
        Box::pin(self.take_asked(jobs))
    }

    fn pause<'a>(&'a self, job: &'a str, paused: bool, now: Instant) -> LedgerFuture<'a, ()> {
        Box::pin(async move {
            let parameters = vec![text(job), SqlValue::Bool(paused), SqlValue::Int(now.timestamp_millis())];
            self.pool.execute(PAUSE, parameters).await?;
            Ok(())
        })
    }

    fn history<'a>(&'a self, job: &'a str, limit: usize) -> LedgerFuture<'a, Vec<Run>> {
        Box::pin(async move {
            let rows = self.pool.query(RUNS, vec![text(job), count(limit)]).await?;
            rows.into_iter().map(|row| run_of(row).ok_or_else(unreadable)).collect()
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

pub(super) fn run_of(row: SqlRow) -> Option<Run> {
    let [id, scheduled, started, finished, status, attempts, error, place, manual] =
        <[SqlValue; 9]>::try_from(row).ok()?;
    Some(Run {
        id: int(&id)?,
        scheduled_at: int(&scheduled)?,
        started_at: int(&started),
        finished_at: int(&finished),
        outcome: status_of(&string(status)?)?,
        attempts: int(&attempts)?,
        error: string(error),
        place: string(place)?,
        manual: manual == SqlValue::Bool(true),
    })
}

pub(super) fn int(value: &SqlValue) -> Option<i64> {
    if let SqlValue::Int(number) = value { Some(*number) } else { None }
}

pub(super) fn string(value: SqlValue) -> Option<String> {
    if let SqlValue::Text(text) = value { Some(text) } else { None }
}

pub(super) fn texts(names: &[String]) -> SqlValue {
    SqlValue::Texts(names.iter().cloned().map(Some).collect())
}

pub(super) fn text(value: &str) -> SqlValue {
    SqlValue::Text(value.to_owned())
}

fn ints(numbers: &[RunId]) -> SqlValue {
    SqlValue::Ints(numbers.iter().map(|number| Some(*number)).collect())
}

fn count(number: usize) -> SqlValue {
    SqlValue::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn lease() -> SqlValue {
    SqlValue::Int(i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX))
}

pub(super) fn unreadable() -> Failure {
    Failure::internal("the tables of cron hold a value that this release does not know: update the app")
}

const STATUSES: [(Status, &str); 8] = [
    (Status::Asked, "asked"),
    (Status::Waiting, "waiting"),
    (Status::Running, "running"),
    (Status::Succeeded, "succeeded"),
    (Status::Failed, "failed"),
    (Status::TimedOut, "timed_out"),
    (Status::Interrupted, "interrupted"),
    (Status::Skipped, "skipped"),
];

fn status_name(status: Status) -> &'static str {
    STATUSES.iter().find(|(one, _)| *one == status).map_or("failed", |(_, name)| name)
}

fn status_of(name: &str) -> Option<Status> {
    STATUSES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
}

/// Adds an application name to a URL, which gives cron a pool of its own. Leases are then renewed even while handlers hold all
/// of the app's connections.
fn named(url: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut name = "twinloop";
    let mut kept: Vec<&str> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("application_name", given)) => name = given,
            _ => kept.push(pair),
        }
    }
    let named = format!("application_name={name}-cron");
    kept.push(&named);
    format!("{base}?{}", kept.join("&"))
}
