//! The table and function of rate limits.

use twinloop_runtime::SchemaPart;

/// The table and function of rate limits, made at the first use of a database. Processes of two releases may share one while an
/// app is rolled out, so that a newer version is taken as it is.
pub(super) const RATE_LIMITS: SchemaPart = SchemaPart {
    name: "rate_limit",
    version: 1,
    scripts: &[include_str!("rate_limit.sql")],
    owner: "rate limits",
    takes_newer: true,
};
