//! One task per job: sleeps until its next instant, and fires what is due.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use twinloop_runtime::Level;

use crate::engine::Engine;
use crate::error::Error;
use crate::job::Job;
use crate::timetable::Due;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Runs until the engine is halted.
pub(crate) async fn run(engine: Arc<Engine>, job: Arc<Job>) {
    let mut trouble: Option<Duration> = None;
    while !engine.is_halted() {
        let due = job.timetable().due(engine.clock.now());
        let fired = fire(&engine, &job, &due).await;
        let waited = match fired {
            Ok(()) => {
                if trouble.take().is_some() {
                    engine.core.log(Level::Info, "the job fires again", &json!({ "job": job.id() }));
                }
                wait_for_next(&engine, &job)
            }
            Err(error) => {
                let pause = trouble.map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
                if trouble.replace(pause).is_none() {
                    let fields = json!({ "job": job.id(), "code": error.code(), "error": error.message() });
                    engine.core.log(Level::Error, "the job cannot fire; it is tried again", &fields);
                }
                Box::pin(tokio::time::sleep(pause))
            }
        };
        tokio::select! {
            () = waited => {}
            () = engine.halted() => {}
        }
    }
}

async fn fire(engine: &Arc<Engine>, job: &Arc<Job>, due: &Due) -> Result<(), Error> {
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
        engine.core.log(Level::Warn, "runs were missed and are not made up for", &fields);
    }
    Ok(())
}

fn wait_for_next<'a>(
    engine: &'a Engine,
    job: &Job,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    match job.timetable().next() {
        Some(next) => engine.clock.sleep_until(next),
        None => Box::pin(std::future::pending()),
    }
}
