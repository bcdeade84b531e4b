//! A limit over all processes of an app: its buckets lie in PostgreSQL, and each process takes tokens from there in batches.
//!
//! A request waits for the database only where this process has no token of the key and does not know that there is none. The
//! batches grow while a client uses them up quickly, to an eighth of the limit at most: so many tokens of a key may lie unused in
//! a process, and no more than the limit ever pass. While the database is away, each process counts by itself, or refuses, as the
//! option says.

mod store;
mod tables;

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use twinloop_runtime::{Core, lock};

use super::bucket::{Generations, Measure};
use super::quota::{BucketKey, Quota, SHARD_KEYS};
use crate::policy::config::{RateLimitConfig, WhenStoreFails};
use store::Reserved;

pub(super) use store::Store;

/// Nanoseconds after which tokens that were not used count as gone: in the database they have come back by then.
const FRESH: u64 = 10_000_000_000;
/// Most tokens of one reservation.
const MAX_BATCH: u32 = 64;
/// Nanoseconds within which a used up batch makes the next one greater.
const QUICK: u64 = 1_000_000_000;

/// What this process holds of one bucket.
#[derive(Clone, Copy, Default)]
pub(super) struct Share {
    tokens: u32,
    /// Tokens that were left in the database after the last reservation.
    left: u64,
    batch: u32,
    reserved_at: u64,
    refused_until: u64,
    full_at: u64,
}

/// The outcome of a request to the fleet's bucket.
pub(super) enum Standing {
    Known(Quota),
    /// The database gave no answer in time, and each process counts by itself then.
    CountHere,
    /// The database gave no answer in time, and nothing passes then.
    Unknown,
}

/// The fleet's side of a limit.
pub(super) struct Fleet {
    name: String,
    measure: Measure,
    max_batch: u32,
    shares: Mutex<Generations<BucketKey, Share>>,
    store: Arc<Store>,
    when_fails: WhenStoreFails,
}

impl Fleet {
    pub(super) fn new(
        config: &RateLimitConfig,
        measure: Measure,
        store: Arc<Store>,
        when_fails: WhenStoreFails,
    ) -> Self {
        Self {
            name: config.name.clone(),
            measure,
            max_batch: (config.limit.min(config.burst) / 8).clamp(1, MAX_BATCH),
            shares: Mutex::new(Generations::new(SHARD_KEYS * 4)),
            store,
            when_fails,
        }
    }

    /// The key of a text, the same in each process; the text cannot be found from it.
    pub(super) fn key_of(&self, text: &[u8]) -> BucketKey {
        let digest =
            Sha256::new().chain_update(self.name.as_bytes()).chain_update([0]).chain_update(text).finalize();
        digest.iter().take(16).fold(0, |key, byte| key << 8 | BucketKey::from(*byte))
    }

    /// Takes a token at `now`.
    pub(super) async fn take(&self, core: &'static Core, key: BucketKey, now: u64) -> Standing {
        let wanted = match self.local(key, now) {
            Ok(quota) => return Standing::Known(quota),
            Err(wanted) => wanted,
        };
        let reserved = self.store.ask(core, &self.name, (key, self.measure), wanted).await;
        match (reserved, self.when_fails) {
            (Some(reserved), _) => Standing::Known(self.accept(key, wanted, reserved, now)),
            (None, WhenStoreFails::Allow) => Standing::CountHere,
            (None, WhenStoreFails::Refuse) => Standing::Unknown,
        }
    }

    /// Takes a token that this process holds, or refuses where none can be there; the error is the number of tokens to reserve.
    fn local(&self, key: BucketKey, now: u64) -> Result<Quota, u32> {
        let mut shares = lock(&self.shares);
        let share = shares.entry(key);
        if share.tokens > 0 && now.saturating_sub(share.reserved_at) < FRESH {
            share.tokens -= 1;
            return Ok(share.quota(now, None));
        }
        if share.refused_until > now {
            return Ok(share.quota(now, Some(share.refused_until)));
        }
        let was_quick = share.batch > 0 && now.saturating_sub(share.reserved_at) < QUICK;
        share.tokens = 0;
        share.batch = if was_quick { (share.batch * 2).min(self.max_batch) } else { 1 };
        Err(share.batch)
    }

    /// Takes over what the database has granted; the first token is the request's own.
    fn accept(&self, key: BucketKey, wanted: u32, reserved: Reserved, now: u64) -> Quota {
        let mut shares = lock(&self.shares);
        let share = shares.entry(key);
        share.reserved_at = now;
        share.full_at = now.saturating_add(reserved.full_in);
        share.left = self.measure.left(share.full_at, now);
        if reserved.granted == 0 {
            let until = share
                .full_at
                .saturating_add(self.measure.interval)
                .saturating_sub(self.measure.depth)
                .max(now + 1);
            share.refused_until = until;
            return share.quota(now, Some(until));
        }
        share.tokens = share.tokens.saturating_add(reserved.granted.min(wanted) - 1);
        share.quota(now, None)
    }
}

impl Share {
    fn quota(&self, now: u64, refused_until: Option<u64>) -> Quota {
        Quota::at(now, self.left.saturating_add(u64::from(self.tokens)), self.full_at, refused_until)
    }
}
