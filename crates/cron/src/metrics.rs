//! The metrics of cron jobs: runs, how late and how long they were, failures, and when each job is due next.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::{
    Collect, Counter, Family, Gauge, Histogram, MetricKind, MetricSnapshot, MetricSpec, TraceContext,
    telemetry,
};

use crate::ledger::Status;

const JOB: &str = "twinloop.cron.job";
const OUTCOME: &str = "twinloop.outcome";
/// Upper bounds in seconds for how late runs begin.
const LATENESS: &[f64] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0];
/// Upper bounds in seconds for how long runs take.
const DURATION: &[f64] =
    &[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0];

/// The families of cron, one of each for the process.
struct Families {
    runs: Arc<Family<Vec<String>, Counter>>,
    lateness: Arc<Family<Vec<String>, Histogram>>,
    duration: Arc<Family<Vec<String>, Histogram>>,
    failures: Arc<Family<Vec<String>, Gauge>>,
    next_runs: Arc<NextRuns>,
}

impl Families {
    fn new() -> Self {
        let metrics = &telemetry().metrics;
        let spec = |kind, name, unit, help| MetricSpec::new(kind, name, unit, help);
        let next_runs = Arc::<NextRuns>::default();
        metrics.add(Arc::<NextRuns>::clone(&next_runs));
        Self {
            runs: metrics.family(
                spec(
                    MetricKind::Counter,
                    "twinloop.cron.runs",
                    "{run}",
                    "Runs of cron jobs by how they ended.",
                )
                .labels(&[JOB, OUTCOME]),
            ),
            lateness: metrics.family(
                spec(MetricKind::Histogram, "twinloop.cron.lateness", "s", "How late scheduled runs began.")
                    .bounds(LATENESS)
                    .labels(&[JOB]),
            ),
            duration: metrics.family(
                spec(
                    MetricKind::Histogram,
                    "twinloop.cron.duration",
                    "s",
                    "How long runs took, with all attempts.",
                )
                .bounds(DURATION)
                .labels(&[JOB, OUTCOME]),
            ),
            failures: metrics.family(
                spec(
                    MetricKind::Gauge,
                    "twinloop.cron.failures_in_a_row",
                    "{run}",
                    "Runs that failed in this process since the last one that succeeded.",
                )
                .labels(&[JOB]),
            ),
            next_runs,
        }
    }
}

fn families() -> &'static Families {
    static FAMILIES: OnceLock<Families> = OnceLock::new();
    FAMILIES.get_or_init(Families::new)
}

/// The metrics of one job.
pub(crate) struct JobMetrics {
    job: String,
    lateness: Arc<Histogram>,
    failures: Arc<Gauge>,
    failed: AtomicU32,
}

impl JobMetrics {
    /// The metrics of the job with this id.
    pub(crate) fn new(job: &str) -> Self {
        let labels = vec![job.to_owned()];
        Self {
            lateness: families().lateness.get(labels.clone()),
            failures: families().failures.get(labels),
            failed: AtomicU32::new(0),
            job: job.to_owned(),
        }
    }

    /// Records how late a scheduled run began.
    pub(crate) fn began(&self, lateness: Duration) {
        self.lateness.record_duration(lateness);
    }

    /// Counts instants that got no run.
    pub(crate) fn missed(&self, count: u64) {
        families().runs.get(self.labels("missed")).add(count);
    }

    /// Counts a run by how it ended.
    pub(crate) fn ended(&self, status: Status) {
        families().runs.get(self.labels(outcome_name(status))).increment();
        let failed = match status {
            Status::Succeeded => 0,
            Status::Failed | Status::TimedOut => self.failed.load(Ordering::Relaxed).saturating_add(1),
            _ => return,
        };
        self.failed.store(failed, Ordering::Relaxed);
        self.failures.set(f64::from(failed));
    }

    /// Records how long a run took; `exemplar` is its span where that is exported.
    pub(crate) fn took(&self, status: Status, took: Duration, exemplar: Option<TraceContext>) {
        let duration = families().duration.get(self.labels(outcome_name(status)));
        match exemplar {
            Some(context) => duration.record_in(took.as_secs_f64(), context),
            None => duration.record_duration(took),
        }
    }

    fn labels(&self, outcome: &str) -> Vec<String> {
        vec![self.job.clone(), outcome.to_owned()]
    }
}

/// The value of `twinloop.outcome` of a run that ended so.
pub(crate) fn outcome_name(status: Status) -> &'static str {
    match status {
        Status::Asked => "asked",
        Status::Waiting => "waiting",
        Status::Running => "running",
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        Status::TimedOut => "timed_out",
        Status::Interrupted => "interrupted",
        Status::Skipped => "skipped",
    }
}

/// The jobs of an app, as the gauge of next instants asks for them.
pub(crate) trait DueJobs: Send + Sync {
    /// The id of each job that is due again, with that instant in seconds since 1970; `None` once no job is fired any more.
    fn due(&self) -> Option<Vec<(String, f64)>>;
}

/// Adds jobs to those of which metrics say when they are due next, until they are fired no more.
pub(crate) fn tell_next_runs(jobs: Weak<dyn DueJobs>) {
    lock(&families().next_runs.0).push(jobs);
}

/// The jobs of all apps, for the gauge of their next instants, which is computed when it is read.
#[derive(Default)]
struct NextRuns(Mutex<Vec<Weak<dyn DueJobs>>>);

impl Collect for NextRuns {
    fn collect(&self, into: &mut Vec<MetricSnapshot>) {
        let mut points = Vec::new();
        let known = lock(&self.0).clone();
        let mut ended = Vec::new();
        for jobs in known {
            match jobs.upgrade().and_then(|jobs| jobs.due()) {
                Some(due) => points.extend(due.into_iter().map(|(job, at)| (vec![job], at))),
                None => ended.push(jobs),
            }
        }
        if !ended.is_empty() {
            lock(&self.0).retain(|jobs| !ended.iter().any(|each| each.ptr_eq(jobs)));
        }
        if points.is_empty() {
            return;
        }
        let help = "When each job is due next, in seconds since 1970.";
        let spec = MetricSpec::new(MetricKind::Gauge, "twinloop.cron.next_run", "s", help).labels(&[JOB]);
        into.push(MetricSnapshot::numbers(spec, points));
    }
}
