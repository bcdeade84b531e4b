//! The instruments: numbers that threads add to without a lock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::lock::lock;
use crate::telemetry::metrics::exemplar::Exemplar;
use crate::telemetry::metrics::snapshot::{Measured, MetricSpec};
use crate::telemetry::trace_context::TraceContext;

/// An instrument of a family.
pub trait Instrument: Send + Sync + 'static {
    /// Makes an instrument of the family.
    fn new(spec: &MetricSpec) -> Self;
    /// The value now.
    fn measured(&self) -> Measured;
}

/// A number with fractions that threads add to.
#[derive(Debug, Default)]
struct AtomicF64(AtomicU64);

impl AtomicF64 {
    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    fn add(&self, value: f64) {
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter {
    whole: AtomicU64,
    fractions: AtomicF64,
}

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds a whole number.
    pub fn add(&self, count: u64) {
        self.whole.fetch_add(count, Ordering::Relaxed);
    }

    /// Adds a number with fractions; one that is negative or no number is left out.
    pub fn add_f64(&self, value: f64) {
        if value > 0.0 && value.is_finite() {
            self.fractions.add(value);
        }
    }

    /// The value now.
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    pub fn get(&self) -> f64 {
        self.whole.load(Ordering::Relaxed) as f64 + self.fractions.get()
    }
}

impl Instrument for Counter {
    fn new(_: &MetricSpec) -> Self {
        Self::default()
    }

    fn measured(&self) -> Measured {
        Measured::Number(self.get())
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub struct Gauge(AtomicF64);

impl Gauge {
    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.0.set(value);
    }

    /// Adds to the value, which may be negative.
    pub fn add(&self, value: f64) {
        self.0.add(value);
    }

    /// The value now.
    pub fn get(&self) -> f64 {
        self.0.get()
    }
}

impl Instrument for Gauge {
    fn new(_: &MetricSpec) -> Self {
        Self::default()
    }

    fn measured(&self) -> Measured {
        Measured::Number(self.get())
    }
}

/// Measurements, counted by their size.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One more than bounds: the last counts what exceeds them all.
    buckets: Box<[AtomicU64]>,
    sum: AtomicF64,
    /// The last exemplar of each bucket, where one was given.
    exemplars: Mutex<Vec<Option<Exemplar>>>,
}

impl Histogram {
    /// Records a measurement; one that is no number is left out.
    pub fn record(&self, value: f64) {
        self.place(value);
    }

    /// Records a duration in seconds.
    pub fn record_duration(&self, duration: Duration) {
        self.place(duration.as_secs_f64());
    }

    /// Records a measurement that was made in a sampled span, which becomes the exemplar of its bucket.
    pub fn record_in(&self, value: f64, context: TraceContext) {
        self.record_at(value, context, SystemTime::now());
    }

    /// Records a measurement like [`record_in`](Self::record_in), made at a time that is known.
    pub fn record_at(&self, value: f64, context: TraceContext, time: SystemTime) {
        let Some(bucket) = self.place(value) else { return };
        let mut exemplars = lock(&self.exemplars);
        if exemplars.is_empty() {
            exemplars.resize(self.buckets.len(), None);
        }
        exemplars[bucket] = Some(Exemplar { value, context, time });
    }

    /// Adds measurements that were counted elsewhere, such as in JavaScript; counts beyond the buckets are left out.
    pub fn merge(&self, counts: &[u64], sum: f64) {
        for (bucket, count) in self.buckets.iter().zip(counts) {
            bucket.fetch_add(*count, Ordering::Relaxed);
        }
        if sum.is_finite() {
            self.sum.add(sum);
        }
    }

    fn place(&self, value: f64) -> Option<usize> {
        if value.is_nan() {
            return None;
        }
        let bucket = self.bounds.iter().position(|&bound| value <= bound).unwrap_or(self.bounds.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.add(value);
        Some(bucket)
    }
}

impl Instrument for Histogram {
    fn new(spec: &MetricSpec) -> Self {
        Self {
            bounds: spec.bounds,
            buckets: (0..=spec.bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicF64::default(),
            exemplars: Mutex::default(),
        }
    }

    fn measured(&self) -> Measured {
        let buckets: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let count = buckets.iter().sum();
        let exemplars = lock(&self.exemplars).clone();
        Measured::Histogram { count, sum: self.sum.get(), buckets, exemplars }
    }
}
