//! The buckets of one limit, and the headers that tell a client where it stands.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use twinloop_runtime::{Core, clock, lock};

use super::bucket::{Generations, Measure};
use super::fleet::{Fleet, Standing, Store};
use super::quota::{BucketKey, Quota, SHARD_KEYS};
use crate::policy::config::{RateLimitConfig, WhenStoreFails};

/// The shards of a limit, so that I/O threads seldom wait for one another.
const SHARDS: usize = 16;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The headers that pages of other origins may read where there is a limit.
pub(in crate::policy) const HEADERS: [HeaderName; 5] = [LIMIT, REMAINING, RESET, POLICY, RETRY_AFTER];

/// The buckets of one limit.
pub(in crate::policy) struct Limiter {
    measure: Measure,
    shards: Box<[Mutex<Generations<BucketKey, u64>>]>,
    /// The buckets of all processes; `None` where each counts by itself.
    fleet: Option<Fleet>,
    keys: [RandomState; 2],
    /// Spreads keys over the shards; they are hashed already, or addresses.
    spread: foldhash::fast::RandomState,
    began: Instant,
    limit: HeaderValue,
    policy: HeaderValue,
}

impl Limiter {
    /// Makes the buckets; `store` is the database of the limit, where it has one.
    pub(super) fn new(config: &RateLimitConfig, store: Option<(Arc<Store>, WhenStoreFails)>) -> Self {
        let interval = (config.window_ms.saturating_mul(1_000_000) / u64::from(config.limit)).max(1);
        let window = config.window_ms.div_ceil(1_000);
        let burst =
            if config.burst == config.limit { String::new() } else { format!(";burst={}", config.burst) };
        let policy = HeaderValue::try_from(format!("{};w={window}{burst}", config.limit));
        let measure = Measure { interval, depth: interval.saturating_mul(u64::from(config.burst)) };
        Self {
            fleet: store.map(|(store, when_fails)| Fleet::new(config, measure, store, when_fails)),
            measure,
            shards: (0..SHARDS).map(|_| Mutex::new(Generations::new(SHARD_KEYS))).collect(),
            keys: [RandomState::new(), RandomState::new()],
            spread: foldhash::fast::RandomState::default(),
            began: clock::now(),
            limit: HeaderValue::from(config.limit),
            policy: policy.unwrap_or(HeaderValue::from_static("0")),
        }
    }

    /// The key of an address. An IPv6 network of 64 bits is one client, since a client may take any address in its own.
    pub(super) fn key_of_address(address: IpAddr) -> BucketKey {
        /// Marks networks, which would otherwise be the keys of IPv4 addresses.
        const IS_NETWORK: u128 = 1 << 63;
        match address.to_canonical() {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => (address.to_bits() >> 64 << 64) | IS_NETWORK,
        }
    }

    /// The key of a header's value or a principal.
    pub(super) fn key_of(&self, text: &[u8]) -> BucketKey {
        if let Some(fleet) = &self.fleet {
            return fleet.key_of(text);
        }
        let [high, low] = &self.keys;
        (u128::from(high.hash_one(text)) << 64) | u128::from(low.hash_one(text))
    }

    /// Takes a token of a key; `None` where the database cannot tell and nothing passes then.
    pub(super) async fn take(&self, core: &'static Core, key: BucketKey) -> Option<Quota> {
        let Some(fleet) = &self.fleet else { return Some(self.take_here(key)) };
        // Boxed: a limit of this process has no part of it.
        match Box::pin(fleet.take(core, key, self.now())).await {
            Standing::Known(quota) => Some(quota),
            Standing::CountHere => Some(self.take_here(key)),
            Standing::Unknown => None,
        }
    }

    /// Takes a token of this process.
    fn take_here(&self, key: BucketKey) -> Quota {
        let now = self.now();
        let taken = {
            let mut buckets = lock(self.shard(key));
            let full_at = buckets.entry(key);
            let taken = self.measure.take(*full_at, now);
            *full_at = taken.full_at;
            taken
        };
        Quota::at(now, self.measure.left(taken.full_at, now), taken.full_at, taken.refused_until)
    }

    /// Nanoseconds since the limit was made, from 1.
    fn now(&self) -> u64 {
        let elapsed = clock::now().saturating_duration_since(self.began);
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn shard(&self, key: BucketKey) -> &Mutex<Generations<BucketKey, u64>> {
        let mixed = self.spread.hash_one(key);
        &self.shards[usize::try_from(mixed).unwrap_or_default() % SHARDS]
    }

    /// Adds the headers that tell a client its quota.
    pub(in crate::policy) fn tell(&self, quota: Quota, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.limit.clone());
        headers.insert(REMAINING, digits(quota.remaining));
        headers.insert(RESET, digits(quota.reset));
        headers.insert(POLICY, self.policy.clone());
        if let Some(seconds) = quota.retry_after {
            headers.insert(RETRY_AFTER, digits(seconds));
        }
    }
}

/// A number as the value of a header. The conversion of `http` allocates twice.
fn digits(number: u64) -> HeaderValue {
    HeaderValue::from_str(itoa::Buffer::new().format(number)).unwrap_or(HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn limiter(limit: u32, burst: u32) -> Limiter {
        let config =
            json!({ "name": "app", "limit": limit, "windowMs": 60_000, "burst": burst, "key": "address" });
        Limiter::new(&serde_json::from_value(config).unwrap(), None)
    }

    #[test]
    fn a_network_is_one_client() {
        let key = |text: &str| Limiter::key_of_address(text.parse().unwrap());
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("::"), key("0.0.0.0"));
    }

    #[test]
    fn the_headers_tell_the_quota() {
        let limiter = limiter(60, 2);
        let mut headers = HeaderMap::new();
        limiter.tell(limiter.take_here(1), &mut headers);
        let expected = [
            ("ratelimit-limit", "60"),
            ("ratelimit-remaining", "1"),
            ("ratelimit-reset", "1"),
            ("ratelimit-policy", "60;w=60;burst=2"),
        ];
        for (name, value) in expected {
            assert_eq!(headers[name], value, "{name}");
        }
        assert!(!headers.contains_key(RETRY_AFTER));
        limiter.take_here(1);
        limiter.tell(limiter.take_here(1), &mut headers);
        assert_eq!(
            (&headers["ratelimit-remaining"], &headers[RETRY_AFTER]),
            (&HeaderValue::from(0), &HeaderValue::from(1))
        );
    }
}
