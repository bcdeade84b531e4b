//! A gauge whose value is the sum of what each isolate has set.

use std::collections::HashMap;
use std::sync::Mutex;

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::{Collect, Measured, MetricSnapshot, MetricSpec, Point};

/// Most series, as of a family.
const MAX_SERIES: usize = 2_000;

/// The values of each series by isolate.
type Values = HashMap<u32, f64>;

/// A gauge that adds up over isolates. What is beyond 2,000 series goes to one.
pub(crate) struct SummedGauge {
    spec: MetricSpec,
    series: Mutex<HashMap<Vec<String>, Values>>,
    overflow: Mutex<Values>,
}

impl SummedGauge {
    /// Makes a gauge without series.
    pub(crate) fn new(spec: MetricSpec) -> Self {
        Self { spec, series: Mutex::default(), overflow: Mutex::default() }
    }

    /// Sets an isolate's value.
    pub(crate) fn set(&self, labels: Vec<String>, isolate: u32, value: f64) {
        let mut series = lock(&self.series);
        if series.len() >= MAX_SERIES && !series.contains_key(&labels) {
            lock(&self.overflow).insert(isolate, value);
            return;
        }
        series.entry(labels).or_default().insert(isolate, value);
    }

    /// Takes an isolate's values out.
    pub(crate) fn forget(&self, isolate: u32) {
        lock(&self.series).retain(|_, values| {
            values.remove(&isolate);
            !values.is_empty()
        });
        lock(&self.overflow).remove(&isolate);
    }
}

impl Collect for SummedGauge {
    fn collect(&self, into: &mut Vec<MetricSnapshot>) {
        let point = |labels: Vec<String>, is_overflow, values: &Values| {
            let measured = Measured::Number(values.values().sum());
            Point { labels, is_overflow, measured }
        };
        let series = lock(&self.series);
        let mut points: Vec<Point> =
            series.iter().map(|(labels, values)| point(labels.clone(), false, values)).collect();
        points.sort_by(|one, other| one.labels.cmp(&other.labels));
        let overflow = lock(&self.overflow);
        if !overflow.is_empty() {
            points.push(point(vec![String::new(); self.spec.labels.len()], true, &overflow));
        }
        if !points.is_empty() {
            into.push(MetricSnapshot { spec: self.spec.clone(), points });
        }
    }
}
