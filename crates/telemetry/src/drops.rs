//! What was dropped because a bound was reached: counted, and told once a minute.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use serde_json::json;
use twinloop_runtime::telemetry::{Counter, Family, MetricKind, MetricSpec, telemetry};
use twinloop_runtime::{Core, Level};

/// The counters of what was dropped.
pub(crate) struct Drops {
    /// Spans that the exporter's queue had no room for, or that the collector refused.
    pub(crate) spans: Arc<Counter>,
    /// Lines that the access log's buffer had no room for.
    pub(crate) lines: Arc<Counter>,
    /// Metrics that were not exported.
    pub(crate) metrics: Arc<Counter>,
    /// Metrics whose further series share one.
    series: Arc<Counter>,
}

/// The counters of this process.
pub(crate) fn drops() -> &'static Drops {
    static DROPS: OnceLock<Drops> = OnceLock::new();
    DROPS.get_or_init(|| {
        let spec = MetricSpec::new(
            MetricKind::Counter,
            "twinloop.telemetry.dropped",
            "{item}",
            "Spans, lines and metrics that were dropped because a bound was reached or a collector refused them.",
        );
        let family: Arc<Family<&'static str, Counter>> = telemetry().metrics.family(spec.labels(&["what"]));
        let [spans, lines, metrics, series] =
            ["spans", "lines", "metrics", "series"].map(|what| family.get(what));
        Drops { spans, lines, metrics, series }
    })
}

/// What the last report has told.
#[derive(Default)]
pub(crate) struct DropReport {
    counts: [f64; 3],
    /// The metrics that have too many series.
    overflowing: HashSet<String>,
}

impl DropReport {
    /// Logs what was dropped since the last report, if anything was.
    pub(crate) fn tell(&mut self, core: &Core) {
        let drops = drops();
        let now = [drops.spans.get(), drops.lines.get(), drops.metrics.get()];
        let since: Vec<f64> = now.iter().zip(self.counts).map(|(now, before)| now - before).collect();
        self.counts = now;
        if since.iter().any(|&count| count > 0.0) {
            let fields = json!({ "spans": since[0], "lines": since[1], "metrics": since[2] });
            let message = "dropped telemetry: a buffer was full, or the collector did not take it";
            core.log(Level::Warn, message, &fields);
        }
        for name in self.newly_overflowing() {
            drops.series.increment();
            let message = "a metric has more than 2,000 series, and further ones share one: give it labels of few values";
            core.log(Level::Warn, message, &json!({ "metric": name }));
        }
    }

    fn newly_overflowing(&mut self) -> Vec<String> {
        let metrics = telemetry().metrics.collect();
        let overflowing = metrics.iter().filter(|metric| metric.points.iter().any(|point| point.is_overflow));
        overflowing
            .map(|metric| metric.spec.name.to_string())
            .filter(|name| self.overflowing.insert(name.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_with_too_many_series_is_told_once() {
        let spec = MetricSpec::new(MetricKind::Counter, "test.told.once", "", "").labels(&["name"]);
        let family: Arc<Family<String, Counter>> = telemetry().metrics.family(spec);
        let mut report = DropReport::default();
        let told =
            |report: &mut DropReport| report.newly_overflowing().iter().any(|name| name == "test.told.once");
        assert!(!told(&mut report));
        for number in 0..2_001 {
            family.get(number.to_string()).increment();
        }
        assert!(told(&mut report) && !told(&mut report));
    }
}
