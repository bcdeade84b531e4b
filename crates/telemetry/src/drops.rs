//! What was dropped because a bound was reached: counted, and told once a minute.

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
        Drops { spans: family.get("spans"), lines: family.get("lines"), metrics: family.get("metrics") }
    })
}

/// The numbers of the last report.
#[derive(Default)]
pub(crate) struct DropReport([f64; 3]);

impl DropReport {
    /// Logs what was dropped since the last report, if anything was.
    pub(crate) fn tell(&mut self, core: &Core) {
        let drops = drops();
        let now = [drops.spans.get(), drops.lines.get(), drops.metrics.get()];
        let since: Vec<f64> = now.iter().zip(self.0).map(|(now, before)| now - before).collect();
        self.0 = now;
        if since.iter().any(|&count| count > 0.0) {
            let fields = json!({ "spans": since[0], "lines": since[1], "metrics": since[2] });
            core.log(
                Level::Warn,
                "dropped telemetry: a buffer was full, or the collector did not take it",
                &fields,
            );
        }
    }
}
