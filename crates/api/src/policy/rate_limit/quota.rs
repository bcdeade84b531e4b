//! What a limit knows of a client: the key of its bucket, and where it stands.

/// Most keys of a generation in one shard: 262,144 keys of a limit in all, about 10 MiB.
pub(super) const SHARD_KEYS: usize = 8_192;

/// The key of a bucket: an address, or a keyed hash of a header or principal, so that no credential is kept.
pub(crate) type BucketKey = u128;

/// The standing of a client after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(super) remaining: u64,
    /// Seconds until the bucket is full again.
    pub(super) reset: u64,
    /// Seconds until the next request passes, where this one was refused.
    pub(crate) retry_after: Option<u64>,
}

impl Quota {
    /// The standing at `now`: the requests that remain, when the bucket is full again, and until when this one was refused. Times are
    /// in nanoseconds.
    pub(super) fn at(now: u64, remaining: u64, full_at: u64, refused_until: Option<u64>) -> Self {
        let seconds = |until: u64| until.saturating_sub(now).div_ceil(1_000_000_000);
        Self {
            remaining: if refused_until.is_some() { 0 } else { remaining },
            reset: seconds(full_at),
            retry_after: refused_until.map(|until| seconds(until).max(1)),
        }
    }
}
