//! What objects tells of its work: a span for each operation, its duration, and the bytes that went in and out.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use twinloop_runtime::telemetry::{
    CallOrigin, Counter, DURATION_SECONDS, Family, Histogram, LabelValues, MetricKind, MetricSpec, OpenSpan,
    SpanKind, telemetry,
};
use twinloop_runtime::{Code, Failure, lock};

/// The direction of bytes, as the process sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    /// From the store: downloads.
    In,
    /// To the store: uploads.
    Out,
}

#[derive(PartialEq, Eq, Hash)]
struct OperationLabels {
    operation: &'static str,
    bucket: Arc<str>,
    /// The code of the failure; empty where there is none.
    error: &'static str,
}

impl LabelValues for OperationLabels {
    fn values(&self) -> Vec<String> {
        vec![self.operation.to_owned(), self.bucket.to_string(), self.error.to_owned()]
    }
}

#[derive(PartialEq, Eq, Hash)]
struct BytesLabels(Arc<str>, Direction);

impl LabelValues for BytesLabels {
    fn values(&self) -> Vec<String> {
        let direction = if self.1 == Direction::In { "in" } else { "out" };
        vec![self.0.to_string(), direction.to_owned()]
    }
}

/// The metrics of all stores of the process.
struct Metrics {
    durations: Arc<Family<OperationLabels, Histogram>>,
    bytes: Arc<Family<BytesLabels, Counter>>,
}

fn metrics() -> &'static Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| {
        let help = "How long operations on objects took, without the pauses of who reads or writes.";
        let durations =
            MetricSpec::new(MetricKind::Histogram, "twinloop.objects.operation.duration", "s", help)
                .labels(&["twinloop.operation", "twinloop.bucket", "error.type"])
                .bounds(DURATION_SECONDS);
        let help = "Bytes of objects that were uploaded (out) and downloaded (in).";
        let bytes = MetricSpec::new(MetricKind::Counter, "twinloop.objects.io", "By", help)
            .labels(&["twinloop.bucket", "direction"]);
        let registry = &telemetry().metrics;
        Metrics { durations: registry.family(durations), bytes: registry.family(bytes) }
    })
}

/// An operation under way, or nothing while nobody looks. One that is dropped before its end is recorded as canceled.
#[must_use = "a record that is dropped tells of an operation that was canceled"]
pub(crate) struct OperationRecord(Option<Open>);

struct Open {
    operation: &'static str,
    bucket: Arc<str>,
    span: OpenSpan,
    bytes: Option<(Direction, u64)>,
    /// When the operation began, or went on.
    since: Instant,
    /// How long it ran before: it rests while its reader or writer wants nothing.
    ran: Duration,
    is_resting: bool,
}

impl OperationRecord {
    /// Begins the record of an operation on a bucket, and on the object of a key or those of a prefix.
    pub(crate) fn begin(caller: &CallOrigin, operation: &'static str, bucket: &str, key: &str) -> Self {
        let settings = &telemetry().settings;
        if !settings.reads_metrics() && !settings.collects_traces() {
            return Self(None);
        }
        let mut span = if settings.collects_traces() {
            caller.open(format!("{operation} {bucket}"), SpanKind::Client)
        } else {
            OpenSpan::none()
        };
        if span.is_recorded() {
            span.set("twinloop.bucket", bucket.to_owned());
            span.set("twinloop.object.key", key.to_owned());
        }
        let (since, ran) = (Instant::now(), Duration::ZERO);
        let bucket = Arc::from(bucket);
        Self(Some(Open { operation, bucket, span, bytes: None, since, ran, is_resting: false }))
    }

    /// Counts bytes that went one way.
    pub(crate) fn count(&mut self, direction: Direction, bytes: usize) {
        if let Some(open) = &mut self.0 {
            let before = open.bytes.map_or(0, |(_, before)| before);
            open.bytes = Some((direction, before + bytes as u64));
        }
    }

    /// Stops the clock.
    pub(crate) fn rest(&mut self) {
        if let Some(open) = self.0.as_mut().filter(|open| !open.is_resting) {
            open.ran += open.since.elapsed();
            open.is_resting = true;
        }
    }

    /// Lets the clock go on.
    pub(crate) fn go_on(&mut self) {
        if let Some(open) = self.0.as_mut().filter(|open| open.is_resting) {
            open.since = Instant::now();
            open.is_resting = false;
        }
    }

    /// Ends the record with the outcome of the operation.
    pub(crate) fn end<T>(mut self, result: &Result<T, Failure>) {
        if let Some(open) = self.0.take() {
            open.end(result.as_ref().err().map(|failure| failure.code));
        }
    }
}

impl Drop for OperationRecord {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.end(Some(Code::Canceled));
        }
    }
}

impl Open {
    fn end(mut self, error: Option<Code>) {
        let took = if self.is_resting { self.ran } else { self.ran + self.since.elapsed() };
        if telemetry().settings.reads_metrics() {
            self.measure(took, error.map_or("", Code::as_str));
        }
        if let Some((_, bytes)) = self.bytes {
            self.span.set("twinloop.object.bytes", bytes);
        }
        if let Some(code) = error {
            // A store's own words may hold more of a request than a trace should.
            let message = Cow::Owned(format!("{} failed: {}", self.operation, code.as_str()));
            self.span.fail(code.as_str(), message);
        }
    }

    fn measure(&self, took: Duration, error: &'static str) {
        let labels = OperationLabels { operation: self.operation, bucket: Arc::clone(&self.bucket), error };
        let duration = metrics().durations.get(labels);
        match self.span.context().filter(|context| context.is_sampled()) {
            Some(context) => duration.record_in(took.as_secs_f64(), context),
            None => duration.record_duration(took),
        }
        if let Some((direction, bytes)) = self.bytes {
            metrics().bytes.get(BytesLabels(Arc::clone(&self.bucket), direction)).add(bytes);
        }
    }
}

/// Something that an isolate has open over several calls, with its record until the end.
pub(crate) struct Recorded<T> {
    pub(crate) of: T,
    record: Mutex<Option<OperationRecord>>,
}

impl<T> Recorded<T> {
    /// Rests the record until the next call.
    pub(crate) fn new(of: T, mut record: OperationRecord) -> Self {
        record.rest();
        Self { of, record: Mutex::new(Some(record)) }
    }

    /// Lets the clock go on for a call.
    pub(crate) fn go_on(&self) {
        lock(&self.record).iter_mut().for_each(OperationRecord::go_on);
    }

    /// Counts the bytes of a call, and rests until the next; a failure ends the record.
    pub(crate) fn passed<R>(&self, direction: Direction, bytes: usize, result: &Result<R, Failure>) {
        if result.is_err() {
            return self.end(result);
        }
        if let Some(record) = &mut *lock(&self.record) {
            if bytes > 0 {
                record.count(direction, bytes);
            }
            record.rest();
        }
    }

    /// Ends the record.
    pub(crate) fn end<R>(&self, result: &Result<R, Failure>) {
        let record = lock(&self.record).take();
        if let Some(record) = record {
            record.end(result);
        }
    }
}
