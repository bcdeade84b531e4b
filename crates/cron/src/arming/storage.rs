//! The jobs of all engines, as the storage of tokio-cron-scheduler: what is near, and what is run for it.
//!
//! The scheduler calls these methods on tasks of its own, where a panic would stop all timers without a word. So none of them
//! panics: what a look computes is contained job by job.

use std::collections::HashMap;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::RwLock;
use tokio_cron_scheduler::job::job_data::{JobAndNextTick, JobStoredData, JobType};
use tokio_cron_scheduler::store::{DataStore, InitStore};
use tokio_cron_scheduler::{
    Context, JobCode, JobSchedulerError, JobToRunAsync, MetaDataStorage, PinnedGetFuture, ToCode,
};
use twinloop_runtime::lock;
use uuid::Uuid;

use super::LEAD;
use crate::engine::Engine;
use crate::job::CronJob;

/// A pending answer to the scheduler.
type Reply<T> = Pin<Box<dyn Future<Output = Result<T, JobSchedulerError>> + Send>>;

/// The function that the scheduler runs for a job.
type Code = Arc<RwLock<Box<JobToRunAsync>>>;

/// The second since 1970 at which a listed job is due, for the scheduler: long past, so that a job which is listed is armed.
const AT_ONCE: u64 = 1;

struct Entry {
    engine: Weak<Engine>,
    job: Arc<CronJob>,
    code: Code,
}

/// The jobs of all engines that are not halted, under ids that the scheduler knows them by. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Storage(Arc<Mutex<HashMap<Uuid, Entry>>>);

impl Entry {
    fn new(engine: &Arc<Engine>, job: &Arc<CronJob>) -> Self {
        let (engine, job) = (Arc::downgrade(engine), Arc::clone(job));
        let (of, armed) = (engine.clone(), Arc::clone(&job));
        let run: Box<JobToRunAsync> = Box::new(move |_, _| {
            let (engine, job) = (of.clone(), Arc::clone(&armed));
            Box::pin(async move {
                if let Some(engine) = engine.upgrade() {
                    engine.arm(&job);
                }
            })
        });
        Self { engine, job, code: Arc::new(RwLock::new(run)) }
    }

    fn is_over(&self) -> bool {
        self.engine.upgrade().is_none_or(|engine| engine.is_halted())
    }

    /// Whether a timer is to be started. A timetable that panics is near: its timer panics too, which is contained and logged.
    fn is_near(&self) -> bool {
        let look = || {
            let Some(engine) = self.engine.upgrade() else { return false };
            let now = engine.clock.now();
            !self.job.is_armed() && self.job.timetable().next_at(now).is_some_and(|next| next - now < LEAD)
        };
        catch_unwind(AssertUnwindSafe(look)).unwrap_or(true)
    }
}

impl Storage {
    /// Adds the jobs of an engine, until the engine is halted.
    pub(super) fn add(&self, engine: &Arc<Engine>) {
        let entries = engine.jobs.iter().map(|job| (Uuid::new_v4(), Entry::new(engine, job)));
        self.lock().extend(entries);
    }

    /// The ids of the jobs that are near and have no timer. Drops those of engines that are halted.
    pub(super) fn near(&self) -> Vec<Uuid> {
        let mut entries = self.lock();
        entries.retain(|_, entry| !entry.is_over());
        entries.iter().filter(|(_, entry)| entry.is_near()).map(|(id, _)| *id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        lock(&self.0)
    }
}

fn reply<T: Send + 'static>(value: T) -> Reply<T> {
    Box::pin(ready(Ok(value)))
}

impl InitStore for Storage {
    fn init(&mut self) -> Reply<()> {
        reply(())
    }

    fn inited(&mut self) -> Reply<bool> {
        reply(true)
    }
}

impl DataStore<JobStoredData> for Storage {
    fn get(&mut self, id: Uuid) -> Reply<Option<JobStoredData>> {
        let is_known = self.lock().contains_key(&id);
        reply(is_known.then(|| JobStoredData {
            id: Some(id.into()),
            last_updated: None,
            last_tick: None,
            next_tick: AT_ONCE,
            job_type: JobType::OneShot.into(),
            count: 0,
            extra: Vec::new(),
            ran: false,
            stopped: false,
            job: None,
            time_offset_seconds: 0,
        }))
    }

    /// Refuses: jobs come with their engine, by [`Storage::add`].
    fn add_or_update(&mut self, _: JobStoredData) -> Reply<()> {
        Box::pin(ready(Err(JobSchedulerError::CantAdd)))
    }

    fn delete(&mut self, id: Uuid) -> Reply<()> {
        self.lock().remove(&id);
        reply(())
    }
}

impl MetaDataStorage for Storage {
    fn list_next_ticks(&mut self) -> Reply<Vec<JobAndNextTick>> {
        let due = |id: Uuid| JobAndNextTick {
            id: Some(id.into()),
            job_type: JobType::OneShot.into(),
            next_tick: AT_ONCE,
            last_tick: None,
        };
        reply(self.near().into_iter().map(due).collect())
    }

    /// Does nothing: the job's timetable knows where it stands.
    fn set_next_and_last_tick(
        &mut self,
        _: Uuid,
        _: Option<DateTime<Utc>>,
        _: Option<DateTime<Utc>>,
    ) -> Reply<()> {
        reply(())
    }

    /// Gives `None`: nobody sleeps by it.
    fn time_till_next_job(&mut self) -> Reply<Option<Duration>> {
        reply(None)
    }
}

impl ToCode<Box<JobToRunAsync>> for Storage {
    fn init(&mut self, _: &Context) -> Reply<()> {
        reply(())
    }

    fn get(&mut self, id: Uuid) -> PinnedGetFuture<Box<JobToRunAsync>> {
        let code = self.lock().get(&id).map(|entry| Arc::clone(&entry.code));
        Box::pin(ready(Ok(code)))
    }
}

impl JobCode for Storage {}
