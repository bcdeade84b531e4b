//! One job of the app.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Instant;
use crate::counters::Counters;
use crate::error::Error;
use crate::request::{DeclaredJob, Overlap};
use crate::schedule::Schedule;
use crate::timetable::{Missed, Timetable};

pub(crate) struct Job {
    pub(crate) declared: DeclaredJob,
    /// Its number in every operation and tick.
    pub(crate) number: u16,
    pub(crate) counters: Counters,
    schedule: Schedule,
    timetable: Mutex<Timetable>,
}

impl Job {
    pub(crate) fn new(declared: DeclaredJob, number: usize, mark: Instant) -> Result<Self, Error> {
        let schedule = declared.times.schedule()?;
        let timetable = Mutex::new(Timetable::new(schedule.clone(), declared.missed, mark));
        let number = u16::try_from(number).map_err(|_| Error::invalid("an app has at most 65,536 jobs"))?;
        Ok(Self { declared, number, counters: Counters::default(), schedule, timetable })
    }

    pub(crate) fn id(&self) -> &str {
        &self.declared.id
    }

    pub(crate) fn timetable(&self) -> MutexGuard<'_, Timetable> {
        self.timetable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an interrupted run is begun again.
    pub(crate) fn makes_up(&self) -> bool {
        self.declared.missed != Missed::Skip
    }

    /// How a run behaves that makes up for a missed instant: it is not left out because another one does the same.
    pub(crate) fn overlap(&self, late: bool) -> Overlap {
        match self.declared.overlap {
            Overlap::Skip if late => Overlap::Queue,
            declared => declared,
        }
    }

    /// The next instants after `now`.
    pub(crate) fn next_runs(&self, now: Instant, count: usize) -> Vec<Instant> {
        self.schedule.following(now, count)
    }
}
