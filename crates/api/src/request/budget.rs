//! The memory budget of bodies that are being received, or whose requests are being answered.
//!
//! Without a common limit each connection could hold a body of the largest size that its endpoint accepts. Bytes are reserved
//! as they arrive, not as they are announced, so that an announcement alone takes nothing from other requests. The last eighth
//! is for small bodies, so that large uploads do not keep ordinary requests out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::answer::refusal::Refusal;

/// Most bytes of a small body.
pub(crate) const SMALL_BYTES: u64 = 64 << 10;

/// The budget: the bytes that are reserved, and the most that can be.
pub(crate) struct Budget {
    limit: u64,
    used: AtomicU64,
}

/// A share of the budget; released when this is dropped.
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, used: AtomicU64::new(0) }
    }

    /// The part of the budget that is open to a body of this size.
    fn ceiling(&self, bytes: u64) -> u64 {
        if bytes <= SMALL_BYTES { self.limit } else { self.limit - self.limit / 8 }
    }

    /// Checks whether a body of this size could be received now; reserves nothing.
    ///
    /// Errors: 413 for a body that exceeds the whole budget, 503 for one that does not fit now.
    pub(crate) fn admits(&self, bytes: u64) -> Result<(), Refusal> {
        let ceiling = self.ceiling(bytes);
        if bytes > ceiling {
            return Err(Refusal::BODY_TOO_LARGE);
        }
        let used = self.used.load(Ordering::Relaxed);
        if used.saturating_add(bytes) > ceiling { Err(Refusal::NO_ROOM) } else { Ok(()) }
    }

    /// Makes an empty share.
    pub(crate) fn share(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: 0 }
    }
}

impl Reservation {
    /// Grows the share to `bytes`.
    ///
    /// Errors: those of [`Budget::admits`]; the share then stays unchanged.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), Refusal> {
        let more = bytes.saturating_sub(self.bytes);
        let ceiling = self.budget.ceiling(bytes);
        if bytes > ceiling {
            return Err(Refusal::BODY_TOO_LARGE);
        }
        let before = self.budget.used.fetch_add(more, Ordering::Relaxed);
        if before.saturating_add(more) > ceiling {
            self.budget.used.fetch_sub(more, Ordering::Relaxed);
            return Err(Refusal::NO_ROOM);
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_share_is_given_back_when_it_is_dropped() {
        let budget = Arc::new(Budget::new(8 * MIB));
        let mut share = budget.share();
        assert_eq!(share.grow(7 * MIB), Ok(()));
        assert_eq!(budget.admits(MIB / 2), Err(Refusal::NO_ROOM));
        drop(share);
        assert_eq!((budget.admits(MIB / 2), budget.used.load(Ordering::Relaxed)), (Ok(()), 0));
    }

    #[test]
    fn the_last_eighth_is_for_small_bodies() {
        let budget = Arc::new(Budget::new(8 * MIB));
        let mut large = budget.share();
        assert_eq!(large.grow(7 * MIB), Ok(()));
        assert_eq!(large.grow(7 * MIB + 1), Err(Refusal::BODY_TOO_LARGE));
        let mut small: Vec<Reservation> = (0..16).map(|_| budget.share()).collect();
        assert!(small.iter_mut().all(|share| share.grow(SMALL_BYTES).is_ok()));
        assert_eq!(budget.share().grow(1), Err(Refusal::NO_ROOM));
    }

    #[test]
    fn a_share_that_cannot_grow_stays_as_it_was() {
        let budget = Arc::new(Budget::new(MIB));
        let (mut one, mut two) = (budget.share(), budget.share());
        assert_eq!((one.grow(MIB / 2), two.grow(MIB / 4)), (Ok(()), Ok(())));
        assert_eq!(two.grow(MIB / 2), Err(Refusal::NO_ROOM));
        drop(one);
        assert_eq!(two.grow(MIB / 2), Ok(()));
        drop(two);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
