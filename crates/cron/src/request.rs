//! The arguments of cron's operations, as an isolate sends them.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;
use twinloop_runtime::Failure;

use crate::field::PatternError;
use crate::operator::Question;
use crate::schedule::{self, Schedule};
use crate::timetable::Missed;

/// The times of a job as it was declared: a pattern or a period, and a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Times {
    /// The period in milliseconds; `None` for a pattern.
    every_ms: Option<i64>,
    /// The five or six fields; `None` for a period.
    pattern: Option<String>,
    /// The IANA name of the time zone.
    time_zone: String,
}

impl Times {
    pub(crate) fn schedule(&self) -> Result<Schedule, Failure> {
        let zone = schedule::zone(&self.time_zone).map_err(|_| {
            let hint = "write a name of the IANA database, such as Europe/Berlin, or UTC";
            Failure::invalid_argument(format!("timeZone {:?} is no time zone: {hint}", self.time_zone))
        })?;
        match (&self.pattern, self.every_ms) {
            (Some(pattern), None) => Ok(Schedule::pattern(pattern, zone)?),
            (None, Some(millis)) => Schedule::every(TimeDelta::milliseconds(millis), zone),
            _ => Err(Failure::invalid_argument("a job has either a pattern or a period")),
        }
    }

    /// The problem with the times, if any: the option, why it is wrong, and a hint; an empty hint stands for the option's form.
    pub(crate) fn problem(&self) -> Option<(&'static str, String, String)> {
        let zone = match schedule::zone(&self.time_zone) {
            Ok(zone) => zone,
            Err(error) => return Some(("timeZone", error.message.clone(), String::new())),
        };
        if let (Some(pattern), None) = (&self.pattern, self.every_ms) {
            let PatternError { what, hint } = Schedule::pattern(pattern, zone).err()?;
            return Some(("schedule", what, hint));
        }
        self.schedule().err().map(|error| ("every", error.message.clone(), String::new()))
    }

    /// Parses times that [`text`](Self::text) wrote; `None` if another release wrote them in another form.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let (rule, time_zone) = text.rsplit_once(' ')?;
        let every = rule.strip_prefix("every ").and_then(|period| period.strip_suffix(" ms"));
        let every_ms = every.map(str::parse).transpose().ok()?;
        let pattern = every_ms.is_none().then(|| rule.to_owned());
        Some(Self { every_ms, pattern, time_zone: time_zone.to_owned() })
    }

    /// The rule for people, such as `every 10m` or `30 4 * * *`.
    pub(crate) fn due(&self) -> String {
        match (&self.pattern, self.every_ms.unwrap_or_default()) {
            (Some(pattern), _) => pattern.clone(),
            (None, millis) if millis % 3_600_000 == 0 => format!("every {}h", millis / 3_600_000),
            (None, millis) if millis % 60_000 == 0 => format!("every {}m", millis / 60_000),
            (None, millis) if millis % 1_000 == 0 => format!("every {}s", millis / 1_000),
            (None, millis) => format!("every {millis}ms"),
        }
    }

    pub(crate) fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// The times as a text, equal for equal times.
    pub(crate) fn text(&self) -> String {
        let rule = match (&self.pattern, self.every_ms) {
            (Some(pattern), _) => pattern.clone(),
            (None, millis) => format!("every {} ms", millis.unwrap_or_default()),
        };
        format!("{rule} {}", self.time_zone)
    }
}

/// A job's policy for instants at which its last run is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// Make no run.
    Skip,
    /// Let the run wait for its turn.
    Queue,
    /// Run both side by side.
    Allow,
}

impl Overlap {
    /// The policy's name, as options and the ledger write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Allow => "allow",
        }
    }
}

/// One job as it was declared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredJob {
    /// The job's id, unique in the app.
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) times: Times,
    /// The policy for a run that is due while the one before goes on.
    pub(crate) overlap: Overlap,
    /// The policy for instants at which no process could fire.
    pub(crate) missed: Missed,
    jitter_ms: u64,
    timeout_ms: u64,
    min_backoff_ms: u64,
    max_backoff_ms: u64,
    /// The most attempts after the first.
    pub(crate) max_retries: u32,
}

impl DeclaredJob {
    /// The most by which a run is delayed, by chance.
    pub(crate) fn jitter(&self) -> Duration {
        Duration::from_millis(self.jitter_ms)
    }

    /// The time after which an attempt has failed.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// The longest pause before the second attempt.
    pub(crate) fn min_backoff(&self) -> Duration {
        Duration::from_millis(self.min_backoff_ms)
    }

    /// The longest pause between two attempts.
    pub(crate) fn max_backoff(&self) -> Duration {
        Duration::from_millis(self.max_backoff_ms)
    }
}

/// `open`: the jobs, and the database that makes them fire once per fleet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct OpenJobs {
    /// The app's root folder, which tells apps of one process apart.
    pub(crate) root: String,
    /// The jobs, in the order of their declaration.
    pub(crate) jobs: Vec<DeclaredJob>,
    /// The URL of the ledger's database; `None` for a ledger in memory.
    pub(crate) database: Option<String>,
    /// This machine and process as `host/pid`, for the history.
    pub(crate) place: String,
}

/// The times of jobs that are to be checked: `[[times, …]]`.
#[derive(Deserialize)]
pub(crate) struct CheckTimes {
    pub(crate) times: Vec<Times>,
}

/// Times that no job has: `[times, after, count]`, `after` in milliseconds since 1970.
#[derive(Deserialize)]
pub(crate) struct Preview {
    pub(crate) times: Times,
    pub(crate) after: i64,
    pub(crate) count: usize,
}

/// The jobs of an app, by the number that they were opened with: `[jobs]`.
#[derive(Deserialize)]
pub(crate) struct Jobs {
    pub(crate) jobs: u32,
}

/// The jobs of an app, and for how long what runs is waited for: `[jobs, graceMs]`.
#[derive(Deserialize)]
pub(crate) struct DrainJobs {
    pub(crate) jobs: u32,
    grace_ms: u64,
}

impl DrainJobs {
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

/// A question to a ledger, by the number that it was opened with: `[ledger, question]`.
#[derive(Deserialize)]
pub(crate) struct LedgerQuestion {
    pub(crate) ledger: u32,
    pub(crate) question: Question,
}

/// An open ledger: `[ledger]`.
#[derive(Deserialize)]
pub(crate) struct OpenedLedger {
    pub(crate) ledger: u32,
}

/// One job of an app, by its place among the declared ones: `[jobs, job]`.
#[derive(Deserialize)]
pub(crate) struct OneJob {
    pub(crate) jobs: u32,
    pub(crate) job: usize,
}

/// A number of next instants or last runs of one job: `[jobs, job, count]`.
#[derive(Deserialize)]
pub(crate) struct JobRuns {
    pub(crate) jobs: u32,
    pub(crate) job: usize,
    pub(crate) count: usize,
}
