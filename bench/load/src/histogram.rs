//! Latencies counted in buckets: constant memory, a relative error of at most 1/64, one shift per sample.

use std::time::Duration;

/// Each power of two is cut in `2^SUB_BITS` equal buckets.
const SUB_BITS: u32 = 6;
const SUB_BUCKETS: usize = 1 << SUB_BITS;
/// Up to 2^40 ns, 18 minutes; anything longer counts as that.
const MAX_BITS: u32 = 40;
const BUCKETS: usize = (MAX_BITS - SUB_BITS + 1) as usize * SUB_BUCKETS;

/// How many latencies fell into which bucket, and the exact longest.
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, longest: Duration::ZERO }
    }
}

impl Histogram {
    /// Counts one latency.
    pub(crate) fn record(&mut self, latency: Duration) {
        self.counts[bucket(latency)] += 1;
        self.total += 1;
        self.longest = self.longest.max(latency);
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// The latency that `thousandths` of all samples do not exceed; zero without samples.
    pub(crate) fn at(&self, thousandths: u64) -> Duration {
        let rank = (self.total * thousandths).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper_bound(index).min(self.longest);
            }
        }
        self.longest
    }

    /// The longest latency, exact.
    pub(crate) fn longest(&self) -> Duration {
        self.longest
    }
}

fn bucket(latency: Duration) -> usize {
    let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).min((1 << MAX_BITS) - 1);
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(SUB_BITS + 1);
    // Below 2^(SUB_BITS + 1) ns the buckets are one nanosecond wide, above they widen with `shift`.
    (shift as usize) * SUB_BUCKETS + usize::try_from(nanos >> shift).unwrap_or(usize::MAX)
}

fn upper_bound(bucket: usize) -> Duration {
    let shift = (bucket / SUB_BUCKETS).saturating_sub(1);
    let mantissa = (bucket - shift * SUB_BUCKETS) as u64;
    Duration::from_nanos(((mantissa + 1) << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::{Histogram, bucket, upper_bound};
    use std::time::Duration;

    #[test]
    fn every_latency_lies_within_a_64th_below_its_buckets_bound() {
        let mut nanos = 1_u64;
        while nanos < 1 << 39 {
            let bound = u64::try_from(upper_bound(bucket(Duration::from_nanos(nanos))).as_nanos()).unwrap();
            assert!(bound >= nanos && bound - nanos <= nanos / 64, "{nanos} ns has bound {bound}");
            nanos += nanos / 7 + 1;
        }
    }

    #[test]
    fn buckets_follow_one_another_without_gap() {
        let mut last = 0;
        for nanos in 0..100_000 {
            let now = bucket(Duration::from_nanos(nanos));
            assert!(now == last || now == last + 1, "{nanos}");
            last = now;
        }
    }

    #[test]
    fn takes_latencies_beyond_its_range() {
        let mut histogram = Histogram::default();
        histogram.record(Duration::from_secs(3600));
        assert_eq!(histogram.longest(), Duration::from_secs(3600));
        assert!(histogram.at(500) > Duration::from_secs(1000));
    }

    #[test]
    fn finds_the_median_and_the_tail() {
        let mut histogram = Histogram::default();
        let mut other = Histogram::default();
        for micros in 1..=500 {
            histogram.record(Duration::from_micros(micros));
            other.record(Duration::from_micros(500 + micros));
        }
        histogram.add(&other);
        assert!(histogram.at(500).abs_diff(Duration::from_micros(500)) <= Duration::from_micros(8));
        assert!(histogram.at(990).abs_diff(Duration::from_micros(990)) <= Duration::from_micros(16));
        assert_eq!(histogram.at(1000), Duration::from_millis(1));
        assert_eq!(Histogram::default().at(500), Duration::ZERO);
    }
}
