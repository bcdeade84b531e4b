//! What was counted, and the JSON object that says it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::histogram::Histogram;
use crate::response::Response;

/// Counts of one connection, or of all together.
#[derive(Default)]
pub(crate) struct Tally {
    statuses: BTreeMap<u16, u64>,
    bytes: u64,
    latencies: Histogram,
    errors: u64,
    first_error: Option<String>,
}

impl Tally {
    /// Counts one complete answer.
    pub(crate) fn answered(&mut self, response: &Response, latency: Duration) {
        *self.statuses.entry(response.status).or_default() += 1;
        self.bytes += response.bytes as u64;
        self.latencies.record(latency);
    }

    /// Counts one failed exchange; the first one's message is kept.
    pub(crate) fn failed(&mut self, message: &str) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| message.to_owned());
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.bytes += other.bytes;
        self.latencies.add(&other.latencies);
        self.errors += other.errors;
        if self.first_error.is_none() {
            self.first_error.clone_from(&other.first_error);
        }
    }
}

/// The result of one run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Complete answers of any status.
    requests: u64,
    requests_per_second: f64,
    /// Microseconds, at most 1/64 too high; the longest is exact.
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    /// Answers by status.
    statuses: BTreeMap<u16, u64>,
    /// Bytes of the answers, heads included.
    bytes: u64,
    errors: u64,
    first_error: Option<String>,
    connections: usize,
    seconds: f64,
    /// Processor time of the load generator itself, in seconds; near `seconds` it was the bottleneck. `None` off Linux.
    cpu_seconds: Option<f64>,
}

impl Report {
    /// Sums up a run that took `elapsed`.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(crate) fn new(tally: &Tally, connections: usize, elapsed: Duration) -> Self {
        let requests: u64 = tally.statuses.values().sum();
        let seconds = elapsed.as_secs_f64();
        Self {
            requests,
            requests_per_second: requests as f64 / seconds,
            p50_us: micros(tally.latencies.at(500)),
            p99_us: micros(tally.latencies.at(990)),
            max_us: micros(tally.latencies.longest()),
            statuses: tally.statuses.clone(),
            bytes: tally.bytes,
            errors: tally.errors,
            first_error: tally.first_error.clone(),
            connections,
            seconds,
            cpu_seconds: own_cpu_seconds(),
        }
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The first field of `schedstat`: nanoseconds on a processor. The one thread is all there is.
fn own_cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanos: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    Some(nanos / 1e9)
}

#[cfg(test)]
mod tests {
    use super::{Report, Tally};
    use crate::response::Response;
    use std::time::Duration;

    #[test]
    fn sums_up_the_connections() {
        let mut one = Tally::default();
        one.answered(&Response { status: 200, bytes: 100, closes: false }, Duration::from_micros(50));
        let mut two = Tally::default();
        two.answered(&Response { status: 400, bytes: 60, closes: false }, Duration::from_micros(70));
        two.failed("cut off");
        two.failed("again");
        one.add(&two);
        let report = serde_json::to_value(Report::new(&one, 2, Duration::from_secs(2))).unwrap();
        assert_eq!(report["requests"], 2);
        assert_eq!(report["requestsPerSecond"], 1.0);
        assert_eq!(report["statuses"], serde_json::json!({ "200": 1, "400": 1 }));
        assert_eq!(report["bytes"], 160);
        assert_eq!(report["maxUs"], 70.0);
        assert_eq!(report["errors"], 2);
        assert_eq!(report["firstError"], "cut off");
    }
}
