//! What this process has out, and until when. Nothing of it is in the file.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::message::Lease;

/// Of the whole process, so that no lease is ever given twice, not even after the file was opened anew.
static LAST: AtomicU64 = AtomicU64::new(0);

/// One delivery that is out.
#[derive(Clone, Debug)]
pub(super) struct Out {
    /// The subscription's number.
    pub(super) queue: u32,
    pub(super) place: u64,
    /// Where order matters.
    pub(super) key: Option<Arc<str>>,
    /// The consumer that has it.
    pub(super) holder: u64,
    pub(super) until: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Leases {
    out: HashMap<Lease, Out>,
    /// No lease ends before.
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

    /// Begins leases anew; returns those that were lost.
    pub(super) fn extend(&mut self, leases: &[Lease], until: Instant) -> Vec<Lease> {
        // Their old ends stay expected: at the worst somebody looks in vain.
        let mut extend = |lease: &Lease| match self.out.get_mut(lease) {
            Some(out) => {
                out.until = until;
                true
            }
            None => false,
        };
        leases.iter().filter(|lease| !extend(lease)).copied().collect()
    }

    /// Those of one consumer.
    pub(super) fn of_holder(&self, holder: u64) -> Vec<Lease> {
        self.out.iter().filter(|(_, out)| out.holder == holder).map(|(lease, _)| *lease).collect()
    }

    /// Ends what has not been extended in time.
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

    /// Forgets what the file does not have out.
    pub(super) fn retain(&mut self, mut is_out: impl FnMut(&Out) -> bool) {
        self.out.retain(|_, out| is_out(out));
    }
}

/// When a lease that begins now ends; a deadline beyond all time is a year.
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
