//! Keeps this process's runs, and takes over what others have left.

use std::sync::Arc;

use serde_json::json;
use twinloop_runtime::Level;

use crate::engine::Engine;
use crate::execution::Execution;
use crate::job::Job;
use crate::ledger::{LEASE, Orphan};

/// Runs until it is ended. Nothing is to be kept where no other process could take it.
pub(crate) async fn run(engine: Arc<Engine>) {
    let (made_up, others): (Vec<&Arc<Job>>, Vec<&Arc<Job>>) =
        engine.jobs.iter().partition(|job| job.makes_up());
    let ids = |jobs: Vec<&Arc<Job>>| -> Vec<String> { jobs.iter().map(|job| job.id().to_owned()).collect() };
    let (made_up, others) = (ids(made_up), ids(others));
    loop {
        keep(&engine).await;
        if !engine.is_halted() {
            match engine.ledger.reap(&made_up, &others, &engine.live.runs()).await {
                Ok(orphans) => orphans.iter().for_each(|orphan| adopt(&engine, orphan)),
                Err(error) => {
                    let fields = json!({ "code": error.code(), "error": error.message() });
                    let message = "it could not be looked for runs that other processes have left";
                    engine.core.log(Level::Debug, message, &fields);
                }
            }
        }
        tokio::time::sleep(LEASE / 3).await;
    }
}

async fn keep(engine: &Engine) {
    let runs = engine.live.runs();
    if runs.is_empty() {
        return;
    }
    // One that fails is made up for by the next; leases bear two of them.
    if let Ok(lost) = engine.ledger.extend(&runs).await {
        engine.live.lose(&lost);
    }
}

fn adopt(engine: &Arc<Engine>, orphan: &Orphan) {
    let Some(job) = engine.jobs.iter().find(|job| job.id() == orphan.job) else { return };
    let fields = json!({ "job": job.id(), "scheduledAt": orphan.at.to_rfc3339() });
    engine.core.log(Level::Warn, "a run whose process has ended is begun again", &fields);
    engine.begin(Execution {
        engine: Arc::clone(engine),
        job: Arc::clone(job),
        run: orphan.id,
        at: orphan.at,
        overlap: job.overlap(true),
        waits: true,
        manual: false,
        home: None,
    });
}
