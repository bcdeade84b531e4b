//! The limits of a subscription, as the engine holds them where one process is the whole fleet.

use tokio::time::Instant;

use crate::provider::limits::{Limits, Rate};

/// How many messages may begin, and when more may where no token is left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) room: usize,
    pub(crate) again_at: Option<Instant>,
}

/// The limits of one subscription with the state of its rate.
pub(crate) struct Limiter {
    max_in_flight: usize,
    bucket: Option<Bucket>,
}

struct Bucket {
    rate: Rate,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, now: Instant) {
        self.tokens = self.rate.refilled(self.tokens, now.saturating_duration_since(self.at));
        self.at = now;
    }
}

impl Limiter {
    /// Creates a limiter whose tokens are all there.
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        let bucket = limits.rate.map(|rate| Bucket { rate, tokens: f64::from(rate.messages), at: now });
        let most = limits.max_in_flight.and_then(|most| usize::try_from(most).ok());
        Self { max_in_flight: most.unwrap_or(usize::MAX), bucket }
    }

    /// Returns how many of `room` messages may begin now beside those that run.
    pub(crate) fn admit(&mut self, room: usize, running: usize, now: Instant) -> Allowance {
        let room = room.min(self.max_in_flight.saturating_sub(running));
        let Some(bucket) = self.bucket.as_mut().filter(|_| room > 0) else {
            return Allowance { room, again_at: None };
        };
        bucket.refill(now);
        if bucket.tokens < 1.0 {
            return Allowance { room: 0, again_at: Some(now + bucket.rate.wait(bucket.tokens)) };
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least 1, and at most a u32"
        )]
        let whole = bucket.tokens as usize;
        Allowance { room: room.min(whole), again_at: None }
    }

    /// Takes the tokens of messages that have begun.
    pub(crate) fn begun(&mut self, count: usize, now: Instant) {
        if let Some(bucket) = &mut self.bucket {
            // The time in which all tokens were there brings none back.
            bucket.refill(now);
            bucket.tokens -= f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_more_begin_than_both_limits_allow() {
        let now = Instant::now();
        let rate = Some(Rate { messages: 3, per: Duration::from_secs(3) });
        let mut limiter = Limiter::new(Limits { max_in_flight: Some(5), rate }, now);
        assert_eq!(limiter.admit(100, 4, now), Allowance { room: 1, again_at: None });
        assert_eq!(limiter.admit(100, 0, now), Allowance { room: 3, again_at: None });
        limiter.begun(3, now);
        let again_at = Some(now + Duration::from_secs(1));
        assert_eq!(limiter.admit(100, 3, now), Allowance { room: 0, again_at });
        assert_eq!(limiter.admit(100, 5, now), Allowance { room: 0, again_at: None });
        let later = now + Duration::from_secs(1);
        assert_eq!(limiter.admit(100, 3, later), Allowance { room: 1, again_at: None });
    }

    #[test]
    fn time_without_messages_brings_no_more_tokens_than_there_are() {
        let now = Instant::now();
        let rate = Some(Rate { messages: 3, per: Duration::from_secs(3) });
        let mut limiter = Limiter::new(Limits { max_in_flight: None, rate }, now);
        assert_eq!(limiter.admit(100, 0, now).room, 3);
        let later = now + Duration::from_secs(60);
        limiter.begun(3, later);
        assert_eq!(limiter.admit(100, 0, later).room, 0);
    }

    #[test]
    fn without_limits_there_is_the_room_that_there_is() {
        let now = Instant::now();
        let mut limiter = Limiter::new(Limits::default(), now);
        limiter.begun(1_000, now);
        assert_eq!(limiter.admit(100, 1_000, now), Allowance { room: 100, again_at: None });
    }
}
