//! The policies of the edge: CORS, rate limits, compression, security headers and entity tags.
//!
//! A policy is built once, for each endpoint that asked for it and for requests that no endpoint takes. An endpoint without any
//! has `None` in place of [`Policies`], and its requests pass this folder by. Before the endpoint: a preflight is answered, and
//! the rate limit taken. On the way back, also of a refusal: entity tag and 304, compression, rate limit headers, security
//! headers, CORS.

pub(crate) mod compression;
mod config;
pub(crate) mod cors;
mod etag;
mod policies;
pub(crate) mod rate_limit;
mod security_headers;
pub(crate) mod vary;

pub use config::PolicyConfig;
pub(crate) use cors::{OriginStanding, Preflight};
pub(crate) use policies::{Policies, PolicyBuilder, Visit, tell_refused};
pub(crate) use security_headers::forbid_sniffing;
