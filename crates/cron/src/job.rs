//! One job of an app, as the engine holds it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::task::JoinHandle;
use twinloop_runtime::{Failure, lock};

use crate::clock::Instant;
use crate::counters::RunCounters;
use crate::request::{DeclaredJob, Overlap};
use crate::schedule::Schedule;
use crate::timetable::{Missed, Timetable};

/// A declared job with its timetable, its timer and its counters.
pub(crate) struct CronJob {
    /// The job as the app declares it.
    pub(crate) declared: DeclaredJob,
    /// The job's number in operations and ticks, from 0 in the order of declaration.
    pub(crate) number: u16,
    /// What has become of its runs in this process.
    pub(crate) counters: RunCounters,
    /// The instants at which the job is due.
    schedule: Schedule,
    /// Which of them are done.
    timetable: Mutex<Timetable>,
    /// The task that fires the job, from shortly before an instant until its claim is made.
    timer: Mutex<Option<JoinHandle<()>>>,
    /// Whether the log says already that the schedule has no further instant.
    has_ended: AtomicBool,
}

impl CronJob {
    pub(crate) fn new(declared: DeclaredJob, number: usize, mark: Instant) -> Result<Self, Failure> {
        let schedule = declared.times.schedule()?;
        let timetable = Mutex::new(Timetable::new(schedule.clone(), declared.missed, mark));
        let number =
            u16::try_from(number).map_err(|_| Failure::invalid_argument("an app has at most 65,536 jobs"))?;
        Ok(Self {
            counters: RunCounters::new(&declared.id),
            declared,
            number,
            schedule,
            timetable,
            timer: Mutex::default(),
            has_ended: AtomicBool::new(false),
        })
    }

    /// The job's id, unique in the app.
    pub(crate) fn id(&self) -> &str {
        &self.declared.id
    }

    /// Locks the job's timetable.
    pub(crate) fn timetable(&self) -> MutexGuard<'_, Timetable> {
        lock(&self.timetable)
    }

    /// Locks the slot of the job's timer.
    pub(crate) fn timer(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        lock(&self.timer)
    }

    /// Whether a timer is about to fire the job.
    pub(crate) fn is_armed(&self) -> bool {
        self.timer().as_ref().is_some_and(|timer| !timer.is_finished())
    }

    /// Notes that the schedule has no further instant; true the first time.
    pub(crate) fn ends_now(&self) -> bool {
        !self.has_ended.swap(true, Ordering::Relaxed)
    }

    /// Whether an interrupted run begins again: true for jobs that make up for missed instants.
    pub(crate) fn makes_up(&self) -> bool {
        self.declared.missed != Missed::Skip
    }

    /// The overlap policy of a run. A run that makes up for a missed instant (`late`) queues rather than being skipped, since
    /// another such run may be going on.
    pub(crate) fn overlap(&self, late: bool) -> Overlap {
        match self.declared.overlap {
            Overlap::Skip if late => Overlap::Queue,
            declared => declared,
        }
    }

    /// The next `count` instants later than `now`.
    pub(crate) fn next_runs(&self, now: Instant, count: usize) -> Vec<Instant> {
        self.schedule.following(now, count)
    }
}
