//! All metrics as JSON.

use serde_json::{Map, Value as Json, json};
use twinloop_runtime::telemetry::{Measured, MetricKind, MetricSnapshot, MetricSpec, Point, telemetry};

use crate::store::line::now_ms;

/// All metrics of this instant, as `MetricsAnswer` of the dashboard's contract.
pub(crate) fn answer() -> Json {
    let metrics: Vec<Json> = telemetry().metrics.collect().iter().map(metric).collect();
    json!({ "timeMs": now_ms(), "metrics": metrics })
}

fn metric(metric: &MetricSnapshot) -> Json {
    let spec = &metric.spec;
    let mut written = json!({
        "name": spec.name,
        "help": spec.help,
        "unit": spec.unit,
        "kind": match spec.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        },
        "points": metric.points.iter().map(|each| point(spec, each)).collect::<Vec<_>>(),
    });
    if spec.kind == MetricKind::Histogram {
        written["bounds"] = json!(spec.bounds);
    }
    written
}

fn point(spec: &MetricSpec, point: &Point) -> Json {
    let labels: Map<String, Json> = if point.is_overflow {
        Map::from_iter([("otel_metric_overflow".to_owned(), "true".into())])
    } else {
        spec.labels
            .iter()
            .zip(&point.labels)
            .map(|(name, value)| (name.to_string(), value.as_str().into()))
            .collect()
    };
    match &point.measured {
        Measured::Number(value) => json!({ "labels": labels, "value": value }),
        Measured::Histogram { count, sum, buckets, .. } => {
            json!({ "labels": labels, "value": sum, "count": count, "buckets": buckets })
        }
    }
}
