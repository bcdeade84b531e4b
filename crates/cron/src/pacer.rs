//! The timer of one job: sleeps the last piece of the way to an instant, and fires what is due.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use twinloop_runtime::{Failure, Level, backoff};

use crate::arming::LEAD;
use crate::engine::Engine;
use crate::job::CronJob;
use crate::timetable::Due;

/// The longest first pause after a claim that failed; later ones double it.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Fires what is due of a job, again and again while its next instant is nearer than [`LEAD`], and ends when none is or when
/// the engine is halted. A claim that fails is made again after a pause.
pub(crate) async fn run(engine: Arc<Engine>, job: Arc<CronJob>) {
    let mut failures = 0_u32;
    while !engine.is_halted() {
        let due = job.timetable().due(engine.clock.now());
        let waited = match fire(&engine, &job, &due).await {
            Ok(()) => {
                if std::mem::take(&mut failures) > 0 {
                    engine.core.log(
                        Level::Debug,
                        "fire the cron job again: the ledger answers",
                        &json!({ "job": job.id() }),
                    );
                }
                let next = job.timetable().next();
                match next.filter(|next| *next - engine.clock.now() < LEAD) {
                    Some(next) => engine.clock.sleep_until(next),
                    None if next.is_some() => return,
                    None => return log_end(&engine, &job),
                }
            }
            Err(error) => {
                // An outage is told once, for all jobs.
                if failures == 0 && !error.is_outage() {
                    let fields = json!({ "job": job.id(), "code": error.code, "error": &error.message });
                    engine.core.log(Level::Error, "failed to fire the cron job; retrying", &fields);
                }
                failures = failures.saturating_add(1);
                Box::pin(tokio::time::sleep(backoff(FIRST_PAUSE, LONGEST_PAUSE, failures)))
            }
        };
        tokio::select! {
            () = waited => {}
            () = engine.halted() => {}
        }
    }
}

/// Warns, once per job, that its schedule has no further instant.
fn log_end(engine: &Engine, job: &CronJob) {
    if job.ends_now() {
        let message = "the cron job is never due again: its schedule has no further instant";
        engine.core.log(Level::Warn, message, &json!({ "job": job.id() }));
    }
}

async fn fire(engine: &Arc<Engine>, job: &Arc<CronJob>, due: &Due) -> Result<(), Failure> {
    for at in &due.fires {
        engine.fire(job, *at, due.late).await?;
        job.timetable().pass(*at);
    }
    if due.dropped > 0 {
        job.counters.missed(due.dropped);
        if due.fires.is_empty() {
            job.timetable().pass(engine.clock.now());
        }
        let fields = json!({ "job": job.id(), "missed": due.dropped });
        engine.core.log(Level::Warn, "dropped cron runs that were missed", &fields);
    }
    Ok(())
}
