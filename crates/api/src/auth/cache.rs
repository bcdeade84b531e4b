//! The cache of one auth handler: callers by a secret hash of their credentials.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::caller::Caller;
use super::config::AuthCacheConfig;

/// The most results that a cache may keep.
pub(crate) const MAX_CALLERS: usize = 10_000_000;

/// The callers that an auth handler has recognised, for a limited time and in a limited number. Failures are not kept.
///
/// Credentials are not kept either: a caller is found by SHA-256 of a secret and of them. The secret fills a block of its own, whose
/// work is done once, and is drawn anew for each cache, so that nobody can look up credentials by their hash. A hash with a secret in
/// front can be extended by who knows it, but no hash leaves the process.
pub(crate) struct CallerCache {
    ttl: Duration,
    secret: digest::Context,
    callers: Cache<Digest, Kept, UnitWeighter, RandomState>,
    /// How often callers were forgotten: a result that was asked for before is not kept after.
    epoch: AtomicU64,
}

/// The secret hash of credentials.
type Digest = [u8; 32];

/// What an isolate hands back with a result, so that it is kept for the credentials that it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    epoch: u64,
    digest: Digest,
}

#[derive(Clone)]
struct Kept {
    caller: Arc<Caller>,
    until: Instant,
}

impl CallerCache {
    /// Makes an empty cache; the error is a sentence.
    pub(crate) fn new(config: &AuthCacheConfig) -> Result<Self, String> {
        if config.ttl_ms == 0 || config.max == 0 || config.max > MAX_CALLERS {
            return Err(format!("cache.ttl must be longer than 0, and cache.max from 1 to {MAX_CALLERS}"));
        }
        let mut block = [0; 64];
        SystemRandom::new()
            .fill(&mut block)
            .map_err(|_| "the system gives no random numbers for the cache's secret".to_owned())?;
        let mut secret = digest::Context::new(&digest::SHA256);
        secret.update(&block);
        let ttl = Duration::from_millis(config.ttl_ms);
        let (hasher, lifecycle) = (RandomState::default(), DefaultLifecycle::default());
        let callers = Cache::with(config.max, config.max as u64, UnitWeighter, hasher, lifecycle);
        Ok(Self { ttl, secret, callers, epoch: AtomicU64::new(0) })
    }

    /// Finds who has these credentials, or gives the ticket under which the answer may be kept.
    pub(crate) fn find(&self, credentials: &[u8], now: Instant) -> Result<Arc<Caller>, Ticket> {
        // Read before the caller is looked for: one who is forgotten from here on is not kept.
        let epoch = self.epoch.load(Ordering::Acquire);
        let digest = self.digest(credentials);
        match self.callers.get(&digest) {
            Some(Kept { caller, until }) if now < until => Ok(caller),
            Some(_) => {
                self.callers.remove(&digest);
                Err(Ticket { epoch, digest })
            }
            None => Err(Ticket { epoch, digest }),
        }
    }

    /// Keeps the caller of a ticket, unless callers were forgotten since the ticket was given.
    pub(crate) fn keep(&self, ticket: Ticket, caller: Arc<Caller>, now: Instant) {
        if self.epoch.load(Ordering::Acquire) != ticket.epoch {
            return;
        }
        let Some(until) = now.checked_add(self.ttl) else { return };
        self.callers.insert(ticket.digest, Kept { caller, until });
        if self.epoch.load(Ordering::Acquire) != ticket.epoch {
            self.callers.remove(&ticket.digest);
        }
    }

    /// Forgets who has these credentials.
    pub(crate) fn forget(&self, credentials: &[u8]) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.callers.remove(&self.digest(credentials));
    }

    /// Forgets all credentials of a user.
    pub(crate) fn forget_user(&self, user_id: &str) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.callers.retain(|_, kept| *kept.caller.user_id != *user_id);
    }

    fn digest(&self, credentials: &[u8]) -> Digest {
        let mut digest = [0; 32];
        let mut hash = self.secret.clone();
        hash.update(credentials);
        digest.copy_from_slice(hash.finish().as_ref());
        digest
    }
}

impl Ticket {
    /// Writes the ticket as text: `<epoch>.<64 hex digits>`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.epoch.to_string().as_bytes());
        out.push(b'.');
        for byte in self.digest {
            out.push(b"0123456789abcdef"[usize::from(byte >> 4)]);
            out.push(b"0123456789abcdef"[usize::from(byte & 15)]);
        }
    }

    /// Reads the text of a ticket.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (epoch, hex) = text.split_once('.')?;
        let mut digest = [0; 32];
        if hex.len() != 64 {
            return None;
        }
        for (byte, digits) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self { epoch: epoch.parse().ok()?, digest })
    }
}

#[cfg(test)]
mod tests {
    use twinloop_mailbox::Text;

    use super::*;

    fn cache(ttl_ms: u64, max: usize) -> CallerCache {
        CallerCache::new(&AuthCacheConfig { ttl_ms, max }).unwrap()
    }

    fn caller(user_id: &str) -> Arc<Caller> {
        Arc::new(Caller { user_id: user_id.into(), data: Text::default() })
    }

    fn keep(cache: &CallerCache, credentials: &[u8], user_id: &str, now: Instant) {
        let Err(ticket) = cache.find(credentials, now) else { return };
        cache.keep(ticket, caller(user_id), now);
    }

    fn found(cache: &CallerCache, credentials: &[u8], now: Instant) -> Option<String> {
        cache.find(credentials, now).ok().map(|caller| caller.user_id.to_string())
    }

    #[test]
    fn a_caller_is_known_until_the_time_has_passed() {
        let (cache, now) = (cache(1_000, 10), Instant::now());
        keep(&cache, b"a", "ann", now);
        assert_eq!(found(&cache, b"a", now + Duration::from_millis(999)).as_deref(), Some("ann"));
        assert_eq!(found(&cache, b"b", now), None);
        assert_eq!(found(&cache, b"a", now + Duration::from_secs(1)), None);
        assert_eq!(found(&cache, b"a", now), None, "an expired caller is dropped");
    }

    #[test]
    fn no_more_callers_are_kept_than_may_be() {
        let (cache, now) = (cache(60_000, 100), Instant::now());
        for number in 0..10_000_u32 {
            keep(&cache, &number.to_be_bytes(), "ann", now);
        }
        assert!(cache.callers.len() <= 100, "{}", cache.callers.len());
    }

    #[test]
    fn a_result_that_was_asked_for_before_a_sign_out_is_not_kept_after_it() {
        let (cache, now) = (cache(60_000, 10), Instant::now());
        let Err(early) = cache.find(b"a", now) else { panic!("nobody is known yet") };
        cache.forget(b"a");
        cache.keep(early, caller("ann"), now);
        assert_eq!(found(&cache, b"a", now), None);
        keep(&cache, b"a", "ann", now);
        assert_eq!(found(&cache, b"a", now).as_deref(), Some("ann"));
        cache.forget(b"a");
        assert_eq!(found(&cache, b"a", now), None);
    }

    #[test]
    fn all_credentials_of_a_user_are_forgotten_together() {
        let (cache, now) = (cache(60_000, 10), Instant::now());
        keep(&cache, b"a", "ann", now);
        keep(&cache, b"b", "ann", now);
        keep(&cache, b"c", "bob", now);
        cache.forget_user("ann");
        let left = [b"a", b"b", b"c"].map(|credentials| found(&cache, credentials, now));
        assert_eq!(left, [None, None, Some("bob".to_owned())]);
    }

    #[test]
    fn equal_credentials_have_another_hash_in_another_cache() {
        let (one, other) = (cache(1_000, 10), cache(1_000, 10));
        assert_ne!(one.digest(b"a"), other.digest(b"a"));
    }

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let ticket =
            Ticket { epoch: 7, digest: std::array::from_fn(|index| u8::try_from(index * 7).unwrap()) };
        let mut text = Vec::new();
        ticket.write(&mut text);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(Ticket::read(&text), Some(ticket));
        for bad in ["", ".", "7", "7.", "7.zz", &text[1..], &text[..60], &format!("{text}00")] {
            assert_eq!(Ticket::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_empty_cache_is_no_cache() {
        for (ttl_ms, max) in [(0, 1), (1, 0), (1, MAX_CALLERS + 1)] {
            assert!(CallerCache::new(&AuthCacheConfig { ttl_ms, max }).is_err());
        }
    }
}
