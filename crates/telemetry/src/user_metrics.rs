//! Metrics of user code: JavaScript adds up, and tells what came since its last call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use twinloop_runtime::telemetry::{Counter, Family, Gauge, Histogram, MetricKind, MetricSpec, telemetry};
use twinloop_runtime::{Failure, lock, read_arguments};

use crate::summed_gauge::SummedGauge;

/// Most metrics that user code may define.
const MAX_METRICS: usize = 1_000;
/// Most labels of a metric.
const MAX_LABELS: usize = 32;
/// Most buckets of a histogram.
const MAX_BOUNDS: usize = 200;

#[derive(Deserialize)]
struct Told {
    metrics: Vec<ToldMetric>,
}

/// A metric with what has changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldMetric {
    name: String,
    kind: ToldKind,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    bounds: Vec<f64>,
    /// Of a gauge: whether the values of the isolates are added up; otherwise the last one set stands.
    #[serde(default)]
    sum: bool,
    points: Vec<ToldPoint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ToldKind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Deserialize)]
struct ToldPoint {
    #[serde(default)]
    labels: Vec<String>,
    /// What a counter has grown by.
    add: Option<f64>,
    /// What a gauge was set to.
    set: Option<f64>,
    /// What the buckets of a histogram have grown by.
    counts: Option<Vec<u64>>,
    /// What the sum of a histogram has grown by.
    sum: Option<f64>,
}

/// What two isolates must agree on.
#[derive(Clone, Debug, PartialEq)]
struct Definition {
    name: String,
    kind: ToldKind,
    unit: String,
    labels: Vec<String>,
    bounds: Vec<f64>,
    sum: bool,
}

enum Series {
    Counter(Arc<Family<Vec<String>, Counter>>),
    Gauge(Arc<Family<Vec<String>, Gauge>>),
    Summed(Arc<SummedGauge>),
    Histogram(Arc<Family<Vec<String>, Histogram>>),
}

struct UserMetric {
    definition: Definition,
    series: Series,
}

/// The metrics that user code has defined, by their names in Prometheus's form.
#[derive(Default)]
pub(crate) struct UserMetrics(Mutex<HashMap<String, UserMetric>>);

impl UserMetrics {
    /// Adds what an isolate tells: all of it, or where one definition cannot be taken, all but that one.
    ///
    /// Errors: `invalid_argument` for a name, label or bound that cannot be; `failed_precondition` for a definition that an earlier
    /// one disagrees with; `resource_exhausted` beyond 1,000 metrics.
    pub(crate) fn record(&self, text: &str, isolate: u32) -> Result<(), Failure> {
        let told: Told = read_arguments("telemetry.RecordMetrics", text.as_bytes())?;
        let mut defined = lock(&self.0);
        let mut first = Ok(());
        for mut metric in told.metrics {
            let points = std::mem::take(&mut metric.points);
            match find(&mut defined, metric) {
                Ok(found) => points.into_iter().for_each(|point| found.series.add(point, isolate)),
                Err(failure) => first = first.and(Err(failure)),
            }
        }
        first
    }

    /// Takes an isolate's values out of the gauges that are added up.
    pub(crate) fn isolate_ended(&self, isolate: u32) {
        for metric in lock(&self.0).values() {
            if let Series::Summed(gauge) = &metric.series {
                gauge.forget(isolate);
            }
        }
    }
}

/// A name as Prometheus has it, where `a.b` and `a_b` are one.
fn plain(name: &str) -> String {
    name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

fn find(defined: &mut HashMap<String, UserMetric>, told: ToldMetric) -> Result<&mut UserMetric, Failure> {
    let key = plain(&told.name);
    let help = told.help.clone();
    let definition = Definition::of(told);
    if !defined.contains_key(&key) {
        definition.check()?;
        if defined.len() >= MAX_METRICS {
            let message = format!("{}: user code has {MAX_METRICS} metrics already", definition.name);
            return Err(Failure::resource_exhausted(message));
        }
        defined.insert(
            key.clone(),
            UserMetric { series: definition.series(help), definition: definition.clone() },
        );
    }
    match defined.get_mut(&key) {
        Some(found) if found.definition == definition => Ok(found),
        _ => Err(Failure::failed_precondition(format!(
            "the metric {} is defined twice, with another kind, unit, labels or bounds: define it once, and import it",
            definition.name
        ))),
    }
}

impl Definition {
    fn of(told: ToldMetric) -> Self {
        let ToldMetric { name, kind, unit, labels, bounds, sum, .. } = told;
        Self { name, kind, unit, labels, bounds, sum }
    }

    fn check(&self) -> Result<(), Failure> {
        let refuse =
            |what: &str| Err(Failure::invalid_argument(format!("the metric {:?} {what}", self.name)));
        let is_name = |name: &str| {
            let mut letters = name.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || "_.-/".contains(letter))
                && name.len() < 256
        };
        if !is_name(&self.name) {
            return refuse(
                "has a name that cannot be: begin with a letter, then letters, digits, `_`, `.`, `-` and `/`",
            );
        }
        if self.labels.len() > MAX_LABELS || !self.labels.iter().all(|label| is_name(label)) {
            return refuse("has labels that cannot be: at most 32, named as metrics are");
        }
        if self.bounds.len() > MAX_BOUNDS || !self.bounds.is_sorted_by(|one, next| one < next) {
            return refuse("has bounds that cannot be: at most 200, ascending");
        }
        let own = plain(&self.name);
        let is_taken = telemetry().metrics.collect().iter().any(|metric| plain(&metric.spec.name) == own);
        if is_taken {
            return refuse("has the name of a metric that Twinloop or another package has");
        }
        Ok(())
    }

    fn series(&self, help: String) -> Series {
        let kind = match self.kind {
            ToldKind::Counter => MetricKind::Counter,
            ToldKind::Gauge => MetricKind::Gauge,
            ToldKind::Histogram => MetricKind::Histogram,
        };
        // Metrics live as long as the process, and are bounded in number.
        let bounds: &'static [f64] = Box::leak(self.bounds.clone().into_boxed_slice());
        let spec = MetricSpec {
            name: self.name.clone().into(),
            help: help.into(),
            unit: self.unit.clone().into(),
            kind,
            labels: self.labels.iter().map(|label| label.clone().into()).collect(),
            bounds,
        };
        let registry = &telemetry().metrics;
        match self.kind {
            ToldKind::Counter => Series::Counter(registry.family(spec)),
            ToldKind::Gauge if self.sum => {
                let gauge = Arc::new(SummedGauge::new(spec));
                registry.add(Arc::<SummedGauge>::clone(&gauge));
                Series::Summed(gauge)
            }
            ToldKind::Gauge => Series::Gauge(registry.family(spec)),
            ToldKind::Histogram => Series::Histogram(registry.family(spec)),
        }
    }
}

impl Series {
    /// Adds a point; what does not belong to the kind is left out.
    fn add(&self, point: ToldPoint, isolate: u32) {
        let ToldPoint { labels, add, set, counts, sum } = point;
        match self {
            Self::Counter(family) => family.get(labels).add_f64(add.unwrap_or_default()),
            Self::Gauge(family) => match (set, add) {
                (Some(value), _) => family.get(labels).set(value),
                (None, Some(value)) => family.get(labels).add(value),
                (None, None) => {}
            },
            Self::Summed(gauge) => gauge.set(labels, isolate, set.unwrap_or_default()),
            Self::Histogram(family) => {
                family.get(labels).merge(&counts.unwrap_or_default(), sum.unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use twinloop_runtime::Code;
    use twinloop_runtime::telemetry::Measured;

    use super::*;

    fn read(name: &str) -> Vec<(Vec<String>, Measured)> {
        let all = telemetry().metrics.collect();
        let found = all.into_iter().find(|metric| metric.spec.name == name);
        let points = found.map(|metric| metric.points).unwrap_or_default();
        points.into_iter().map(|point| (point.labels, point.measured)).collect()
    }

    #[test]
    fn deltas_of_several_isolates_add_up() {
        let metrics = UserMetrics::default();
        let told = r#"{"metrics":[{"name":"test.orders","kind":"counter","labels":["kind"],"points":[{"labels":["gift"],"add":2}]},
            {"name":"test.sizes","kind":"histogram","unit":"By","bounds":[1,10],"points":[{"counts":[1,0,2],"sum":50}]}]}"#;
        metrics.record(told, 1).unwrap();
        metrics.record(told, 2).unwrap();
        assert_eq!(read("test.orders"), [(vec!["gift".to_owned()], Measured::Number(4.0))]);
        let Measured::Histogram { count, buckets, .. } = &read("test.sizes")[0].1 else {
            panic!("no histogram")
        };
        assert_eq!((*count, buckets.as_slice()), (6, [2, 0, 4].as_slice()));
    }

    #[test]
    fn gauges_sum_over_isolates_or_the_last_stands() {
        let metrics = UserMetrics::default();
        let told = |sum: bool, name: &str, value: f64| {
            format!(
                r#"{{"metrics":[{{"name":"{name}","kind":"gauge","sum":{sum},"points":[{{"set":{value}}}]}}]}}"#
            )
        };
        for (isolate, value) in [(1, 5.0), (2, 7.0)] {
            metrics.record(&told(true, "test.open", value), isolate).unwrap();
            metrics.record(&told(false, "test.last", value), isolate).unwrap();
        }
        assert_eq!(read("test.open")[0].1, Measured::Number(12.0));
        assert_eq!(read("test.last")[0].1, Measured::Number(7.0));
        metrics.isolate_ended(2);
        assert_eq!(read("test.open")[0].1, Measured::Number(5.0));
    }

    #[test]
    fn definitions_that_disagree_are_refused_and_the_others_are_taken() {
        let metrics = UserMetrics::default();
        metrics.record(r#"{"metrics":[{"name":"test.twice","kind":"counter","points":[]}]}"#, 1).unwrap();
        let both = r#"{"metrics":[{"name":"test_twice","kind":"gauge","points":[{"set":1}]},
            {"name":"test.other","kind":"counter","points":[{"add":1}]}]}"#;
        let refused = metrics.record(both, 2).unwrap_err();
        assert_eq!(refused.code, Code::FailedPrecondition);
        assert!(refused.message.contains("test_twice"), "{refused}");
        assert_eq!(read("test.other")[0].1, Measured::Number(1.0));
    }

    #[test]
    fn names_labels_and_bounds_that_cannot_be_are_refused() {
        crate::process::register();
        let metrics = UserMetrics::default();
        for bad in [
            r#"{"name":"1st","kind":"counter","points":[]}"#,
            r#"{"name":"","kind":"counter","points":[]}"#,
            r#"{"name":"a\nb","kind":"counter","points":[]}"#,
            r#"{"name":"test.labels","kind":"counter","labels":["a b"],"points":[]}"#,
            r#"{"name":"test.bounds","kind":"histogram","bounds":[2,1],"points":[]}"#,
            r#"{"name":"process_uptime","kind":"gauge","points":[]}"#,
        ] {
            let refused = metrics.record(&format!(r#"{{"metrics":[{bad}]}}"#), 1).unwrap_err();
            assert_eq!(refused.code, Code::InvalidArgument, "{bad}");
        }
    }
}
