//! A subscription's record in the file, beside its messages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::provider::embedded::record::milliseconds;
use crate::provider::operate::{Expiry, Known, SERVED_WITHIN};

const NEVER: u64 = u64::MAX;
const UNKNOWN: u64 = u64::MAX - 1;
const HAS_LEFT: u8 = 1;
const IS_PAUSED: u8 = 2;
const IS_EXPIRED: u8 = 4;

/// Who serves a subscription, and what operators decided about it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// `None` where a release that did not record the time has created the subscription.
    pub(super) made_at: Option<SystemTime>,
    pub(super) served_at: SystemTime,
    pub(super) has_left: bool,
    pub(super) expiry: Expiry,
    pub(super) is_paused: bool,
    pub(super) is_expired: bool,
    /// The names that the subscription had before.
    pub(super) former: Vec<String>,
}

impl About {
    /// Creates the record of a subscription about which the file has none.
    pub(super) fn unknown(now: SystemTime) -> Self {
        Self {
            made_at: None,
            served_at: now,
            has_left: false,
            expiry: Expiry::Unknown,
            is_paused: false,
            is_expired: false,
            former: Vec::new(),
        }
    }

    pub(super) fn read((made_ms, served_ms, expiry_ms, bits): (u64, u64, u64, u8)) -> Self {
        let at = |ms: u64| UNIX_EPOCH.checked_add(Duration::from_millis(ms)).unwrap_or(UNIX_EPOCH);
        Self {
            made_at: (made_ms > 0).then(|| at(made_ms)),
            served_at: at(served_ms),
            has_left: bits & HAS_LEFT != 0,
            expiry: match expiry_ms {
                NEVER => Expiry::Never,
                UNKNOWN => Expiry::Unknown,
                ms => Expiry::After(Duration::from_millis(ms)),
            },
            is_paused: bits & IS_PAUSED != 0,
            is_expired: bits & IS_EXPIRED != 0,
            former: Vec::new(),
        }
    }

    pub(super) fn write(&self) -> (u64, u64, u64, u8) {
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let bits =
            bit(self.has_left, HAS_LEFT) | bit(self.is_paused, IS_PAUSED) | bit(self.is_expired, IS_EXPIRED);
        let expiry_ms = match self.expiry {
            Expiry::Never => NEVER,
            Expiry::Unknown => UNKNOWN,
            Expiry::After(time) => u64::try_from(time.as_millis()).unwrap_or(NEVER).min(UNKNOWN - 1),
        };
        (self.made_at.map_or(0, milliseconds), milliseconds(self.served_at), expiry_ms, bits)
    }

    pub(super) fn known(&self, topic: &str, name: &str, ordered: bool, now: SystemTime) -> Known {
        let served_ago = now.duration_since(self.served_at).unwrap_or_default();
        Known {
            topic: topic.to_owned(),
            name: name.to_owned(),
            former: self.former.clone(),
            ordered,
            served_ago,
            is_served: !self.has_left && served_ago < SERVED_WITHIN,
            expiry: self.expiry,
            is_paused: self.is_paused,
            is_expired: self.is_expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for expiry in [Expiry::Unknown, Expiry::Never, Expiry::After(Duration::from_secs(30))] {
            let made_at = Some(UNIX_EPOCH + Duration::from_millis(7));
            let served_at = UNIX_EPOCH + Duration::from_millis(9);
            let about = About { made_at, expiry, is_paused: true, ..About::unknown(served_at) };
            let read = About::read(about.write());
            assert_eq!((read.made_at, read.served_at, read.expiry), (made_at, served_at, expiry));
            assert_eq!((read.has_left, read.is_paused, read.is_expired), (false, true, false));
        }
    }
}
