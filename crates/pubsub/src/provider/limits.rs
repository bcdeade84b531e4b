//! Limits of a subscription over all processes that serve it.

use std::time::Duration;

/// The limits of a subscription over the whole fleet; each may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most messages that handlers of all processes work on at once.
    pub max_in_flight: Option<u32>,
    /// The most deliveries that begin within a time, over all processes.
    pub rate: Option<Rate>,
}

/// A rate as a token bucket: `messages` tokens are there at first and at most, and as many come back over `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The most deliveries that begin at once.
    pub messages: u32,
    /// The time over which as many may begin again.
    pub per: Duration,
}

/// The longest that a token which is there waits for others, so that a fast rate does not cost a claim for each message.
const GATHER: Duration = Duration::from_millis(20);

impl Limits {
    /// Returns whether there is no limit.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Rate {
    /// Returns the tokens after `elapsed`, of which `tokens` were there before.
    pub(crate) fn refilled(self, tokens: f64, elapsed: Duration) -> f64 {
        let most = f64::from(self.messages);
        (tokens + most * elapsed.as_secs_f64() / self.per.as_secs_f64()).min(most)
    }

    /// Returns how long it takes from `tokens`, of which there is not a whole one, until messages may begin again.
    pub(crate) fn wait(self, tokens: f64) -> Duration {
        let one = self.per.mul_f64(((1.0 - tokens) / f64::from(self.messages)).max(0.0));
        one.max(GATHER.min(self.per))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_over_time_and_are_never_more_than_all() {
        let rate = Rate { messages: 10, per: Duration::from_secs(5) };
        assert!((rate.refilled(0.0, Duration::from_secs(1)) - 2.0).abs() < 1e-9);
        assert!((rate.refilled(9.0, Duration::from_secs(60)) - 10.0).abs() < 1e-9);
        assert_eq!(rate.wait(0.5), Duration::from_millis(250));
    }

    #[test]
    fn a_fast_rate_is_not_claimed_one_by_one() {
        let rate = Rate { messages: 100_000, per: Duration::from_secs(1) };
        assert_eq!(rate.wait(0.0), GATHER);
        let short = Rate { messages: 1, per: Duration::from_millis(3) };
        assert_eq!(short.wait(0.0), Duration::from_millis(3));
    }
}
