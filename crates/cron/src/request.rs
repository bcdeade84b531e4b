//! What the isolate sends with an operation.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;

use crate::error::Error;
use crate::schedule::{self, Schedule};
use crate::timetable::Missed;

/// When a job is due, as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Times {
    every_ms: Option<i64>,
    pattern: Option<String>,
    time_zone: String,
}

impl Times {
    pub(crate) fn schedule(&self) -> Result<Schedule, Error> {
        let zone = schedule::zone(&self.time_zone)?;
        match (&self.pattern, self.every_ms) {
            (Some(pattern), None) => Schedule::pattern(pattern, zone),
            (None, Some(millis)) => Schedule::every(TimeDelta::milliseconds(millis), zone),
            _ => Err(Error::invalid("a job has either a pattern or a period")),
        }
    }

    /// What is wrong: the zone, the pattern, and why.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        if let Err(error) = schedule::zone(&self.time_zone) {
            return Some(("timeZone", error.message().to_owned()));
        }
        let field = if self.pattern.is_some() { "schedule" } else { "every" };
        self.schedule().err().map(|error| (field, error.message().to_owned()))
    }

    /// The same text for the same times.
    pub(crate) fn text(&self) -> String {
        let rule = match (&self.pattern, self.every_ms) {
            (Some(pattern), _) => pattern.clone(),
            (None, millis) => format!("every {} ms", millis.unwrap_or_default()),
        };
        format!("{rule} {}", self.time_zone)
    }
}

/// What happens when a job is due while its last run is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// There is no run.
    Skip,
    /// The run waits for its turn.
    Queue,
    /// They run beside each other.
    Allow,
}

impl Overlap {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Allow => "allow",
        }
    }
}

/// One job, as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredJob {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) times: Times,
    pub(crate) overlap: Overlap,
    pub(crate) missed: Missed,
    jitter_ms: u64,
    timeout_ms: u64,
    min_backoff_ms: u64,
    max_backoff_ms: u64,
    pub(crate) max_retries: u32,
}

impl DeclaredJob {
    pub(crate) fn jitter(&self) -> Duration {
        Duration::from_millis(self.jitter_ms)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) fn min_backoff(&self) -> Duration {
        Duration::from_millis(self.min_backoff_ms)
    }

    pub(crate) fn max_backoff(&self) -> Duration {
        Duration::from_millis(self.max_backoff_ms)
    }
}

/// `open`: the jobs, and the database that makes them fire once per fleet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Open {
    /// Which app of this process.
    pub(crate) root: String,
    pub(crate) jobs: Vec<DeclaredJob>,
    /// Its URL.
    pub(crate) database: Option<String>,
    /// This machine and process, for the history.
    pub(crate) place: String,
}

/// `[jobs]` of a check.
#[derive(Deserialize)]
pub(crate) struct Check(pub(crate) [Vec<Times>; 1]);

/// `[times, after, count]` of a preview.
#[derive(Deserialize)]
pub(crate) struct Preview(pub(crate) Times, pub(crate) i64, pub(crate) usize);

/// `[jobs number]`.
#[derive(Deserialize)]
pub(crate) struct Of(pub(crate) [u32; 1]);

/// `[jobs number, graceMs]` of a drain.
#[derive(Deserialize)]
pub(crate) struct Within(pub(crate) u32, u64);

impl Within {
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(self.1)
    }
}

/// `[jobs number, job]`.
#[derive(Deserialize)]
pub(crate) struct At(pub(crate) u32, pub(crate) usize);

/// `[jobs number, job, count]`: of next runs or of the history.
#[derive(Deserialize)]
pub(crate) struct Count(pub(crate) u32, pub(crate) usize, pub(crate) usize);
