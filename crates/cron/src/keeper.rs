//! Renews the leases of this process's runs, and takes over runs that other processes left behind.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{Failure, Level};

use crate::engine::Engine;
use crate::execution::Execution;
use crate::job::CronJob;
use crate::ledger::{Orphan, TriggeredRun};

/// The interval at which the keeper looks for runs that an operator triggered: 2 seconds.
const LOOK: Duration = Duration::from_secs(2);
/// How many looks lie between two renewals of the leases, which last 30 seconds.
const LOOKS_PER_LEASE: u32 = 5;

/// Renews the leases of this process's cron runs, adopts runs of processes that died, and takes runs that operators triggered.
/// Runs until the engine closes. A ledger in memory needs no keeper.
pub(crate) async fn run(engine: Arc<Engine>) {
    let ids = |makes_up: Option<bool>| -> Vec<String> {
        let wanted = |job: &&Arc<CronJob>| makes_up.is_none_or(|makes_up| job.makes_up() == makes_up);
        engine.jobs.iter().filter(wanted).map(|job| job.id().to_owned()).collect()
    };
    let (made_up, others, all) = (ids(Some(true)), ids(Some(false)), ids(None));
    for look in (0..LOOKS_PER_LEASE).cycle() {
        if look == 0 {
            extend_leases(&engine).await;
        }
        if !engine.is_halted() {
            take_asked(&engine, &all).await;
            if look == 0 {
                adopt_orphans(&engine, &made_up, &others).await;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn adopt_orphans(engine: &Arc<Engine>, made_up: &[String], others: &[String]) {
    match engine.ask(engine.ledger.reap(made_up, others, &engine.live.runs())).await {
        Ok(orphans) => orphans.iter().for_each(|orphan| adopt(engine, orphan)),
        Err(error) => log_failure(engine, "failed to look for orphaned cron runs; retrying", &error),
    }
}

async fn take_asked(engine: &Arc<Engine>, jobs: &[String]) {
    match engine.ask(engine.ledger.take_asked(jobs)).await {
        Ok(asked) => asked.iter().for_each(|asked| run_asked(engine, asked)),
        Err(error) => log_failure(engine, "failed to look for triggered cron runs; retrying", &error),
    }
}

fn log_failure(engine: &Engine, message: &str, error: &Failure) {
    engine.core.log(Level::Debug, message, &json!({ "code": error.code, "error": &error.message }));
}

async fn extend_leases(engine: &Engine) {
    let runs = engine.live.runs();
    if runs.is_empty() {
        return;
    }
    // A lease outlives two renewals that fail.
    if let Ok(lost) = engine.ask(engine.ledger.extend(&runs)).await {
        engine.live.lose(&lost);
    }
}

fn adopt(engine: &Arc<Engine>, orphan: &Orphan) {
    let Some(job) = engine.jobs.iter().find(|job| job.id() == orphan.job) else { return };
    let fields = json!({ "job": job.id(), "scheduledAt": orphan.at.to_rfc3339() });
    engine.core.log(Level::Warn, "begin a cron run again: its process ended", &fields);
    engine.begin(Execution {
        engine: Arc::clone(engine),
        job: Arc::clone(job),
        run: orphan.id,
        at: orphan.at,
        overlap: job.overlap(true),
        waits: true,
        manual: false,
        home: None,
        caller: CallOrigin::default(),
    });
}

fn run_asked(engine: &Arc<Engine>, asked: &TriggeredRun) {
    let Some(job) = engine.jobs.iter().find(|job| job.id() == asked.job) else { return };
    let fields = json!({ "job": job.id(), "run": asked.id });
    engine.core.log(Level::Info, "run a cron job: an operator triggered it", &fields);
    engine.begin(Execution {
        engine: Arc::clone(engine),
        job: Arc::clone(job),
        run: asked.id,
        at: asked.at,
        overlap: job.overlap(false),
        waits: true,
        manual: true,
        home: None,
        caller: CallOrigin::default(),
    });
}
