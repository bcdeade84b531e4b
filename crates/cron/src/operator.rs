//! Opens the ledger of an app for its operators, without the app's code and without running jobs.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use twinloop_runtime::{Core, Failure};

use crate::clock::{Clock, Instant, WallClock};
use crate::ledger::outside::JobState;
use crate::ledger::postgres::PostgresLedger;
use crate::ledger::{HISTORY, Ledger, RunId};
use crate::request::Times;

/// The arguments that open a ledger: the database's URL, and the operator's machine and process.
#[derive(Deserialize)]
pub(crate) struct OpenLedger {
    database: String,
    place: String,
}

/// A question of an operator to a ledger.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub(crate) enum Question {
    /// List the state of all jobs.
    List,
    /// List the last `limit` runs of a job.
    History { job: String, limit: usize },
    /// Stop a job from firing, in all processes.
    Pause { job: String },
    /// Let a paused job fire again.
    Resume { job: String },
    /// Have one process of the app run a job.
    Trigger { job: String },
    /// Find a run by its number.
    Run { run: RunId },
    /// Withdraw a triggered run; false if a process has taken it.
    Withdraw { run: RunId },
}

/// A ledger that an operator has open.
pub(crate) struct Operator(PostgresLedger);

impl Operator {
    /// Opens the ledger. Errors: those of the database · `failed_precondition` if this build has no PostgreSQL.
    pub(crate) async fn open(core: &'static Core, asked: OpenLedger) -> Result<Arc<Self>, Failure> {
        Ok(Arc::new(Self(PostgresLedger::open(core.postgres()?, &asked.database, asked.place).await?)))
    }

    /// Answers a question with JSON. Errors: `not_found` for a job that the ledger does not have.
    pub(crate) async fn answer(&self, question: Question) -> Result<Value, Failure> {
        let ledger = &self.0;
        let now = WallClock.now();
        Ok(match question {
            Question::List => {
                let jobs = ledger.standings().await?;
                Value::Array(jobs.iter().map(|job| listed(job, now)).collect())
            }
            Question::History { job, limit } => {
                self.known(&job).await?;
                json!(ledger.history(&job, limit.min(2 * HISTORY)).await?)
            }
            Question::Pause { job } => self.pause(&job, true, now).await?,
            Question::Resume { job } => self.pause(&job, false, now).await?,
            Question::Trigger { job } => {
                json!(ledger.ask(&job, now).await?.ok_or_else(|| unknown(&job))?)
            }
            Question::Run { run } => json!(ledger.run(run).await?),
            Question::Withdraw { run } => json!(ledger.withdraw(run).await?),
        })
    }

    async fn pause(&self, job: &str, paused: bool, now: Instant) -> Result<Value, Failure> {
        self.known(job).await?;
        self.0.pause(job, paused, now).await?;
        Ok(Value::Null)
    }

    async fn known(&self, job: &str) -> Result<(), Failure> {
        let is_known = self.0.standings().await?.iter().any(|one| one.job == job);
        if is_known { Ok(()) } else { Err(unknown(job)) }
    }
}

fn unknown(job: &str) -> Failure {
    Failure::not_found(format!(
        "the ledger has no cron job {job:?}: no process of the app has started with it yet"
    ))
}

/// A job as JSON, with its rule, zone and next instant, which follow from the times in the ledger.
fn listed(job: &JobState, now: Instant) -> Value {
    let mut value = json!(job);
    let times = Times::of_text(&job.times);
    value["due"] = json!(times.as_ref().map(Times::due));
    value["timeZone"] = json!(times.as_ref().map(Times::time_zone));
    let next = times.and_then(|times| times.schedule().ok()?.next_after(now));
    value["next"] = json!(next.map(|next| next.timestamp_millis()));
    value
}
