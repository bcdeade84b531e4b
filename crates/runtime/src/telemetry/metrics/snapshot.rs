//! Metrics as they are read: what they are, and their values at one instant.

use std::borrow::Cow;

use crate::telemetry::metrics::exemplar::Exemplar;

/// What a metric counts or measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// A number that only grows.
    Counter,
    /// A number that grows and shrinks.
    Gauge,
    /// Measurements, counted by their size.
    Histogram,
}

/// The description of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSpec {
    /// The name in OpenTelemetry's form, such as `http.server.request.duration`.
    pub name: Cow<'static, str>,
    /// One sentence for people.
    pub help: Cow<'static, str>,
    /// The unit in UCUM, such as `s`, `By` or `{request}`; empty for none.
    pub unit: Cow<'static, str>,
    /// What it is.
    pub kind: MetricKind,
    /// The names of its labels, in OpenTelemetry's form.
    pub labels: Vec<Cow<'static, str>>,
    /// Of a histogram: the upper bounds of its buckets, ascending; the last bucket has none.
    pub bounds: &'static [f64],
}

impl MetricSpec {
    /// Describes a metric by constants.
    pub fn new(kind: MetricKind, name: &'static str, unit: &'static str, help: &'static str) -> Self {
        let (name, unit, help) = (name.into(), unit.into(), help.into());
        Self { name, help, unit, kind, labels: Vec::new(), bounds: &[] }
    }

    /// Gives the metric labels of these names.
    #[must_use]
    pub fn labels(self, names: &[&'static str]) -> Self {
        Self { labels: names.iter().map(|&name| Cow::Borrowed(name)).collect(), ..self }
    }

    /// Gives the histogram these upper bounds.
    #[must_use]
    pub fn bounds(self, bounds: &'static [f64]) -> Self {
        Self { bounds, ..self }
    }
}

/// The value of one series.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// The value of a counter or gauge.
    Number(f64),
    /// The counts of a histogram.
    Histogram {
        /// The number of measurements.
        count: u64,
        /// The sum of the measurements.
        sum: f64,
        /// The measurements of each bucket, not added up.
        buckets: Vec<u64>,
        /// The last exemplar of each bucket; empty where no measurement had one.
        exemplars: Vec<Option<Exemplar>>,
    },
}

/// One series of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The values of the labels, in the order of their names; those of the series for all that is beyond the bound are empty.
    pub labels: Vec<String>,
    /// Whether the series stands for all that is beyond the bound of series.
    pub is_overflow: bool,
    /// The value.
    pub measured: Measured,
}

/// A metric at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSnapshot {
    /// What it is.
    pub spec: MetricSpec,
    /// The series of the metric.
    pub points: Vec<Point>,
}

impl MetricSnapshot {
    /// A metric of one series without labels, computed when it is asked for.
    pub fn number(spec: MetricSpec, value: f64) -> Self {
        Self::numbers(spec, [(Vec::new(), value)])
    }

    /// A metric computed when it is asked for: label values, and the value.
    pub fn numbers(spec: MetricSpec, points: impl IntoIterator<Item = (Vec<String>, f64)>) -> Self {
        let point = |(labels, value)| Point { labels, is_overflow: false, measured: Measured::Number(value) };
        Self { spec, points: points.into_iter().map(point).collect() }
    }
}
