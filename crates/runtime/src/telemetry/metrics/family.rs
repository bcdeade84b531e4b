//! A family: the series of one metric, by the values of its labels.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, RwLock};

use crate::lock::{lock_to_read, lock_to_write};
use crate::telemetry::metrics::collect::Collect;
use crate::telemetry::metrics::instrument::Instrument;
use crate::telemetry::metrics::snapshot::{MetricSnapshot, MetricSpec, Point};

/// Most series of a family. Source: OpenTelemetry metrics SDK, "Cardinality limits".
const MAX_SERIES: usize = 2000;

/// The labels of a series, as a type of their own: compared by every use, written only when the metric is read.
pub trait LabelValues: Eq + Hash + Send + Sync + 'static {
    /// The values as texts, in the order of the names in the metric's description.
    fn values(&self) -> Vec<String>;
}

impl LabelValues for () {
    fn values(&self) -> Vec<String> {
        Vec::new()
    }
}

impl LabelValues for Vec<String> {
    fn values(&self) -> Vec<String> {
        self.clone()
    }
}

impl LabelValues for &'static str {
    fn values(&self) -> Vec<String> {
        vec![(*self).to_owned()]
    }
}

impl LabelValues for String {
    fn values(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

/// The series of one metric.
///
/// ```
/// use twinloop_runtime::telemetry::{Collect, Counter, Family, MetricKind, MetricSpec};
///
/// let spec = MetricSpec::new(MetricKind::Counter, "orders.placed", "{order}", "Orders that were placed.");
/// let orders: Family<&'static str, Counter> = Family::new(spec.labels(&["kind"]));
/// orders.get("gift").increment();
/// let mut read = Vec::new();
/// orders.collect(&mut read);
/// assert_eq!(read[0].points[0].labels, ["gift"]);
/// ```
pub struct Family<L, I> {
    spec: MetricSpec,
    series: RwLock<HashMap<L, Arc<I>>>,
    /// What is measured beyond the bound of series.
    overflow: RwLock<Option<Arc<I>>>,
}

impl<L: LabelValues, I: Instrument> Family<L, I> {
    /// Makes a family without series.
    pub fn new(spec: MetricSpec) -> Self {
        Self { spec, series: RwLock::default(), overflow: RwLock::default() }
    }

    /// The instrument of these labels. Keep it where it is used often.
    pub fn get(&self, labels: L) -> Arc<I> {
        if let Some(found) = lock_to_read(&self.series).get(&labels) {
            return Arc::clone(found);
        }
        let mut series = lock_to_write(&self.series);
        if series.len() >= MAX_SERIES && !series.contains_key(&labels) {
            drop(series);
            let mut overflow = lock_to_write(&self.overflow);
            return Arc::clone(overflow.get_or_insert_with(|| Arc::new(I::new(&self.spec))));
        }
        Arc::clone(series.entry(labels).or_insert_with(|| Arc::new(I::new(&self.spec))))
    }

    /// Drops the series of these labels, whose subject is gone.
    pub fn forget(&self, labels: &L) {
        lock_to_write(&self.series).remove(labels);
    }

    /// Whether measurements went to the series for all that is beyond the bound.
    pub fn is_overflowing(&self) -> bool {
        lock_to_read(&self.overflow).is_some()
    }
}

impl<L: LabelValues, I: Instrument> Collect for Family<L, I> {
    fn collect(&self, into: &mut Vec<MetricSnapshot>) {
        let mut points: Vec<Point> = lock_to_read(&self.series)
            .iter()
            .map(|(labels, one)| Point {
                labels: labels.values(),
                is_overflow: false,
                measured: one.measured(),
            })
            .collect();
        points.sort_by(|one, other| one.labels.cmp(&other.labels));
        if let Some(overflow) = &*lock_to_read(&self.overflow) {
            let labels = vec![String::new(); self.spec.labels.len()];
            points.push(Point { labels, is_overflow: true, measured: overflow.measured() });
        }
        if !points.is_empty() {
            into.push(MetricSnapshot { spec: self.spec.clone(), points });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::{Counter, Histogram, Measured, MetricKind};

    fn read<L: LabelValues, I: Instrument>(family: &Family<L, I>) -> Vec<Point> {
        let mut read = Vec::new();
        family.collect(&mut read);
        read.into_iter().flat_map(|metric| metric.points).collect()
    }

    #[test]
    fn series_beyond_the_bound_share_one() {
        let spec = MetricSpec::new(MetricKind::Counter, "test.explosion", "", "").labels(&["name"]);
        let family: Family<String, Counter> = Family::new(spec);
        for number in 0..MAX_SERIES + 500 {
            family.get(number.to_string()).increment();
        }
        family.get("7".to_owned()).increment();
        let points = read(&family);
        assert_eq!(points.len(), MAX_SERIES + 1);
        let last = points.last().unwrap();
        assert!(last.is_overflow && family.is_overflowing());
        assert_eq!(last.measured, Measured::Number(500.0));
        let seven = points.iter().find(|point| point.labels == ["7"]).unwrap();
        assert_eq!(seven.measured, Measured::Number(2.0));
    }

    #[test]
    fn a_measurement_is_in_the_bucket_of_its_bound() {
        let spec = MetricSpec::new(MetricKind::Histogram, "test.sizes", "s", "").bounds(&[1.0, 2.0]);
        let family: Family<(), Histogram> = Family::new(spec);
        let histogram = family.get(());
        for value in [0.5, 1.0, 1.5, 9.0, f64::NAN] {
            histogram.record(value);
        }
        let Measured::Histogram { count, sum, buckets, exemplars } = &read(&family)[0].measured else {
            panic!("no histogram")
        };
        assert_eq!((*count, buckets.as_slice(), exemplars.len()), (4, [2, 1, 1].as_slice(), 0));
        assert!((sum - 12.0).abs() < 1e-9);
    }
}
