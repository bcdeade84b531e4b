//! The leases of this process, which are in memory alone: after a crash every delivery is due again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::provider::message::Lease;

/// The last lease of the whole process, so that no lease is given twice, not even after the file was opened again.
static LAST: AtomicU64 = AtomicU64::new(0);

/// One delivery in flight.
#[derive(Clone, Debug)]
pub(super) struct Out {
    /// The subscription's number.
    pub(super) queue: u32,
    pub(super) place: u64,
    /// The ordering key, where the subscription is ordered.
    pub(super) key: Option<Arc<str>>,
    /// The number of the consumer that has the delivery.
    pub(super) holder: u64,
    pub(super) until: Instant,
}

/// The leases of all deliveries in flight.
#[derive(Debug, Default)]
pub(super) struct Leases {
    out: HashMap<Lease, Out>,
    /// The earliest time at which a lease may end.
    next_end: Option<Instant>,
}

impl Leases {
    pub(super) fn grant(&mut self, out: Out) -> Lease {
        let lease = Lease(LAST.fetch_add(1, Ordering::Relaxed) + 1);
        self.expect_end(out.until);
        self.out.insert(lease, out);
        lease
    }

    fn expect_end(&mut self, end: Instant) {
        self.next_end = Some(self.next_end.map_or(end, |next| next.min(end)));
    }

    /// Ends a lease; `None` where it was lost.
    pub(super) fn take(&mut self, lease: Lease) -> Option<Out> {
        self.out.remove(&lease)
    }

    /// Extends leases to `until`. Returns the leases that were lost.
    pub(super) fn extend(&mut self, leases: &[Lease], until: Instant) -> Vec<Lease> {
        // The earliest end may then be too early, which costs one check without a result.
        let mut extend = |lease: &Lease| match self.out.get_mut(lease) {
            Some(out) => {
                out.until = until;
                true
            }
            None => false,
        };
        leases.iter().filter(|lease| !extend(lease)).copied().collect()
    }

    /// Returns the leases of one consumer.
    pub(super) fn of_holder(&self, holder: u64) -> Vec<Lease> {
        self.out.iter().filter(|(_, out)| out.holder == holder).map(|(lease, _)| *lease).collect()
    }

    /// Ends the leases that were not extended in time.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Out> {
        if self.next_end.is_none_or(|end| end > now) {
            return Vec::new();
        }
        let ended: Vec<Lease> =
            self.out.iter().filter(|(_, out)| out.until <= now).map(|(lease, _)| *lease).collect();
        let ended = ended.into_iter().filter_map(|lease| self.out.remove(&lease)).collect();
        self.next_end = self.out.values().map(|out| out.until).min();
        ended
    }

    pub(super) fn next_end(&self) -> Option<Instant> {
        self.next_end
    }

    pub(super) fn is_out(&self, queue: u32, place: u64) -> bool {
        self.out.values().any(|out| out.queue == queue && out.place == place)
    }

    /// Drops the leases of entries that are not in flight according to the file.
    pub(super) fn retain(&mut self, mut is_out: impl FnMut(&Out) -> bool) {
        self.out.retain(|_, out| is_out(out));
    }
}

/// Returns when a lease that begins now ends; a deadline beyond the range of time counts as a year.
pub(super) fn end_of(deadline: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(deadline).unwrap_or_else(|| now + Duration::from_secs(31_536_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(until: Instant) -> Out {
        Out { queue: 1, place: 2, key: None, holder: 3, until }
    }

    #[test]
    fn a_lease_that_was_extended_does_not_end_at_its_first_deadline() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut leases = Leases::default();
        let [kept, lost] = [leases.grant(out(start + second)), leases.grant(out(start + second))];
        assert_eq!(leases.extend(&[kept, Lease(u64::MAX)], start + 3 * second), [Lease(u64::MAX)]);
        assert_eq!(leases.expire(start + 2 * second).len(), 1);
        assert!(leases.take(lost).is_none(), "a late answer finds nothing");
        assert_eq!(leases.next_end(), Some(start + 3 * second));
        assert!(leases.take(kept).is_some());
    }
}
