//! Metrics as OTLP's messages, cumulative since the start.
//!
//! Source: opentelemetry-proto, `metrics/v1/metrics.proto`; the numbers are those of its fields.

use std::time::{SystemTime, UNIX_EPOCH};

use twinloop_runtime::telemetry::{Exemplar, Measured, MetricKind, MetricSnapshot, MetricSpec, Point};

use crate::otlp::span_message::{write_scope, write_text_attribute};
use crate::otlp::wire::{bytes, double, fixed64, message, number, packed64};

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u64 = 2;

/// When measuring began, and now, in nanoseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Period {
    /// When measuring began.
    pub(super) start_ns: u64,
    /// Now.
    pub(super) now_ns: u64,
}

/// An instant as nanoseconds since 1970.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

/// A whole request, `ExportMetricsServiceRequest`.
pub(super) fn request(resource: &[u8], metrics: &[MetricSnapshot], period: Period) -> Vec<u8> {
    let mut request = Vec::new();
    message(&mut request, 1, |resource_metrics| {
        resource_metrics.extend_from_slice(resource);
        message(resource_metrics, 2, |scope_metrics| {
            write_scope(scope_metrics);
            for metric in metrics {
                message(scope_metrics, 2, |into| write_metric(into, metric, period));
            }
        });
    });
    request
}

fn write_metric(into: &mut Vec<u8>, metric: &MetricSnapshot, period: Period) {
    let spec = &metric.spec;
    bytes(into, 1, spec.name.as_bytes());
    bytes(into, 2, spec.help.as_bytes());
    bytes(into, 3, spec.unit.as_bytes());
    let points = |into: &mut Vec<u8>| {
        for point in &metric.points {
            message(into, 1, |into| write_point(into, spec, point, period));
        }
    };
    match spec.kind {
        MetricKind::Gauge => message(into, 5, points),
        MetricKind::Counter => message(into, 7, |sum| {
            points(sum);
            number(sum, 2, CUMULATIVE);
            number(sum, 3, 1);
        }),
        MetricKind::Histogram => message(into, 9, |histogram| {
            points(histogram);
            number(histogram, 2, CUMULATIVE);
        }),
    }
}

fn write_point(into: &mut Vec<u8>, spec: &MetricSpec, point: &Point, period: Period) {
    // A gauge is of one instant, and has no beginning.
    if spec.kind != MetricKind::Gauge {
        fixed64(into, 2, period.start_ns);
    }
    fixed64(into, 3, period.now_ns);
    match &point.measured {
        Measured::Number(value) => {
            double(into, 4, *value);
            write_labels(into, 7, spec, point);
        }
        Measured::Histogram { count, sum, buckets, exemplars } => {
            fixed64(into, 4, *count);
            double(into, 5, *sum);
            packed64(into, 6, buckets.iter().copied());
            packed64(into, 7, spec.bounds.iter().map(|bound| bound.to_bits()));
            for exemplar in exemplars.iter().flatten() {
                message(into, 8, |into| write_exemplar(into, exemplar));
            }
            write_labels(into, 9, spec, point);
        }
    }
}

fn write_labels(into: &mut Vec<u8>, field: u32, spec: &MetricSpec, point: &Point) {
    if point.is_overflow {
        // A boolean, by the specification of cardinality limits.
        return message(into, field, |attribute| {
            bytes(attribute, 1, b"otel.metric.overflow");
            message(attribute, 2, |any| number(any, 2, 1));
        });
    }
    // An empty value says that there is none, such as of an error where there was no error.
    for (name, value) in spec.labels.iter().zip(&point.labels).filter(|(_, value)| !value.is_empty()) {
        write_text_attribute(into, field, name, value);
    }
}

fn write_exemplar(into: &mut Vec<u8>, exemplar: &Exemplar) {
    fixed64(into, 2, nanoseconds(exemplar.time));
    double(into, 3, exemplar.value);
    bytes(into, 4, &exemplar.context.span.0);
    bytes(into, 5, &exemplar.context.trace.0);
}
