//! The entry of a request in the access log.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use crate::telemetry::trace_context::TraceContext;

/// Which requests the access log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPolicy {
    /// None.
    Off,
    /// Each.
    All,
    /// Requests that were answered 500 and above, and those that Rust refused.
    Errors,
    /// Requests that took at least so many milliseconds, and those of `Errors`.
    Slow(u32),
}

impl AccessPolicy {
    /// Whether a request is logged that ended like this.
    pub fn wants(self, status: u16, is_refused: bool, took: Duration) -> bool {
        let is_error = status >= 500 || is_refused;
        match self {
            Self::Off => false,
            Self::All => true,
            Self::Errors => is_error,
            Self::Slow(limit) => is_error || took.as_millis() >= u128::from(limit),
        }
    }

    pub(crate) fn packed(self) -> u64 {
        match self {
            Self::Off => 0,
            Self::All => 1,
            Self::Errors => 2,
            Self::Slow(limit) => 3 | (u64::from(limit) << 8),
        }
    }

    pub(crate) fn unpacked(packed: u64) -> Self {
        match packed & 0xff {
            1 => Self::All,
            2 => Self::Errors,
            3 => Self::Slow(u32::try_from(packed >> 8).unwrap_or(u32::MAX)),
            _ => Self::Off,
        }
    }
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct AccessEntry<'a> {
    /// When the answer was done.
    pub time: SystemTime,
    /// The method; empty where the head could not be read.
    pub method: &'a str,
    /// The path as it was sent, without its query; empty where the head could not be read.
    pub path: &'a str,
    /// The path that the endpoint declares; `None` where none takes the request.
    pub route: Option<&'a str>,
    /// The endpoint, as `service.name`.
    pub endpoint: Option<&'a str>,
    /// The status of the answer.
    pub status: u16,
    /// From the end of the head to the end of the answer.
    pub took: Duration,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// The client's address, through trusted proxies; `None` over a unix socket.
    pub remote: Option<IpAddr>,
    /// The request's id, as the client was told it.
    pub request_id: &'a str,
    /// The request's span.
    pub context: Option<TraceContext>,
    /// The version of HTTP, such as `1.1`.
    pub version: &'a str,
    /// Who the caller is, as its authentication says.
    pub principal: Option<&'a str>,
    /// Why Rust refused the request, such as `validation`.
    pub refusal: Option<&'a str>,
    /// Whether the client left before the answer was whole.
    pub is_cut: bool,
    /// The client's program, as it calls itself.
    pub user_agent: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_packed_and_unpacked() {
        for policy in [AccessPolicy::Off, AccessPolicy::All, AccessPolicy::Errors, AccessPolicy::Slow(200)] {
            assert_eq!(AccessPolicy::unpacked(policy.packed()), policy);
        }
    }

    #[test]
    fn errors_and_slow_ones_are_wanted() {
        let (quick, slow) = (Duration::from_millis(1), Duration::from_millis(200));
        assert!(AccessPolicy::Errors.wants(500, false, quick));
        assert!(AccessPolicy::Errors.wants(400, true, quick));
        assert!(!AccessPolicy::Errors.wants(404, false, slow));
        assert!(AccessPolicy::Slow(200).wants(200, false, slow));
        assert!(!AccessPolicy::Slow(200).wants(200, false, quick));
        assert!(!AccessPolicy::Off.wants(500, true, slow));
    }
}
