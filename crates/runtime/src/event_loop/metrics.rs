//! The metrics of all event loops.

use std::sync::{Arc, OnceLock};

use crate::core::Core;
use crate::telemetry::{Family, Histogram, MetricKind, MetricSnapshot, MetricSpec, telemetry};

/// Upper bounds in seconds for delays of an event loop, most of which are far below a millisecond.
const DELAY_SECONDS: &[f64] =
    &[0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds for the items of one batch, of which there are at most 256.
const BATCH_ITEMS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The label by which an isolate is told from others: the number that it got when it attached.
const ISOLATE: &str = "twinloop.isolate";

/// The histograms of all event loops, by isolate.
pub(super) struct LoopMetrics {
    delay: Arc<Family<String, Histogram>>,
    batch_size: Arc<Family<String, Histogram>>,
}

static METRICS: OnceLock<LoopMetrics> = OnceLock::new();

impl LoopMetrics {
    /// The metrics, made and registered at the first call.
    pub(super) fn of(core: &'static Core) -> &'static Self {
        METRICS.get_or_init(|| {
            let registry = &telemetry().metrics;
            registry.add(Arc::new(move |into: &mut Vec<MetricSnapshot>| occupancy(core, into)));
            let delay =
                histogram("nodejs.eventloop.delay", "s", "Time from waking an isolate to its coming.");
            let sizes =
                histogram("twinloop.crossing.batch_size", "{item}", "Items that an isolate took at once.");
            Self {
                delay: registry.family(delay.bounds(DELAY_SECONDS)),
                batch_size: registry.family(sizes.bounds(BATCH_ITEMS)),
            }
        })
    }

    /// The delays and batch sizes of an isolate.
    pub(super) fn histograms(&self, isolate: u32) -> (Arc<Histogram>, Arc<Histogram>) {
        (self.delay.get(isolate.to_string()), self.batch_size.get(isolate.to_string()))
    }

    /// Drops the series of an isolate that has ended.
    pub(super) fn forget(isolate: u32) {
        let Some(metrics) = METRICS.get() else { return };
        metrics.delay.forget(&isolate.to_string());
        metrics.batch_size.forget(&isolate.to_string());
    }
}

fn histogram(name: &'static str, unit: &'static str, help: &'static str) -> MetricSpec {
    MetricSpec::new(MetricKind::Histogram, name, unit, help).labels(&[ISOLATE])
}

fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> MetricSpec {
    MetricSpec::new(MetricKind::Gauge, name, unit, help)
}

/// Adds the isolates, and the jobs that each of them has.
#[allow(clippy::cast_precision_loss, reason = "there are few")]
fn occupancy(core: &Core, into: &mut Vec<MetricSnapshot>) {
    let isolates = core.isolates().all();
    let count = gauge("twinloop.isolates", "{isolate}", "Isolates that have attached.");
    into.push(MetricSnapshot::number(count, isolates.len() as f64));
    let mut points = Vec::with_capacity(2 * isolates.len());
    for isolate in isolates {
        let (with_isolate, held) = isolate.port.occupancy();
        for (state, jobs) in [("in_flight", with_isolate), ("held", held)] {
            points.push((vec![isolate.id.to_string(), state.to_owned()], jobs as f64));
        }
    }
    let jobs = gauge("twinloop.crossing.jobs", "{job}", "Jobs with an isolate, and held until it has room.");
    if !points.is_empty() {
        into.push(MetricSnapshot::numbers(jobs.labels(&[ISOLATE, "state"]), points));
    }
}
