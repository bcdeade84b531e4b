//! Arms the jobs of the process: tokio-cron-scheduler looks twice a second for those whose next instant is near.
//!
//! **Why not its own instants.** The scheduler cuts instants to whole seconds and looks every 500 ms, so that a job which it
//! fires itself comes up to 1.4 s early or 0.5 s late. Here its storage lists a job [`LEAD`] before the instant that the job's
//! timetable gives, and what the scheduler runs is the job's timer, which sleeps the rest of the way exactly. Time zones,
//! missed instants and jumps of the clock stay with the timetable.
//!
//! **One scheduler a process.** A scheduler's tasks never end, so engines come and go in the storage of the one there is. An
//! engine that is halted is dropped from it at the next look; its timers end at once, by themselves.
//!
//! **Lost activations.** The scheduler sends activations over a broadcast channel, which drops the oldest when it overflows. A
//! job whose activation was dropped has no timer, and is therefore listed again half a second later.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::OnceCell;
use tokio_cron_scheduler::{
    JobScheduler, JobSchedulerError, SimpleNotificationCode, SimpleNotificationStore,
};
use twinloop_runtime::{Level, backoff};

use crate::engine::Engine;

mod storage;

use storage::Storage;

/// How far ahead of its instant a job is armed: four looks of the scheduler.
pub(crate) const LEAD: TimeDelta = TimeDelta::seconds(2);

/// How many activations the scheduler's channels hold at least and at most: one for each job of the first app.
const CHANNEL: (usize, usize) = (64, 16_384);

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

static ARMING: OnceCell<Arming> = OnceCell::const_new();

/// The scheduler of the process, by the storage through which it sees jobs.
struct Arming {
    storage: Storage,
    #[cfg(test)]
    scheduler: JobScheduler,
}

impl Arming {
    /// Starts the scheduler, whose tasks run on the runtime that this is polled on.
    async fn start(jobs: usize) -> Result<Self, JobSchedulerError> {
        let storage = Storage::default();
        let scheduler = JobScheduler::new_with_storage_and_code(
            Box::new(storage.clone()),
            Box::<SimpleNotificationStore>::default(),
            Box::new(storage.clone()),
            Box::<SimpleNotificationCode>::default(),
            jobs.clamp(CHANNEL.0, CHANNEL.1),
        )
        .await?;
        scheduler.start().await?;
        Ok(Self {
            storage,
            #[cfg(test)]
            scheduler,
        })
    }
}

/// Has the scheduler look after the jobs of an engine until the engine is halted. Starts the scheduler if no engine has yet.
pub(crate) async fn register(engine: Arc<Engine>) {
    for attempt in 1.. {
        match ARMING.get_or_try_init(|| Arming::start(engine.jobs.len())).await {
            Ok(arming) => return arming.storage.add(&engine),
            Err(error) => {
                let fields = json!({ "error": error.to_string() });
                engine.core.log(Level::Error, "failed to start the timers of cron jobs; retrying", &fields);
                tokio::time::sleep(backoff(FIRST_PAUSE, LONGEST_PAUSE, attempt)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
