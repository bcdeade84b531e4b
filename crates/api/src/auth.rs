//! Authentication: who makes a request, found from its credentials.
//!
//! A request takes three steps. `guard` and `credentials` find which of the endpoint's auth handlers the request has credentials
//! for: none is 401 where the endpoint needs a caller. What Rust knows from the `cache`, or verifies itself (`jwt`, `api_keys`), ends
//! the search; otherwise the isolate that gets the request runs the auth handler first (`admission`). Where the request itself is
//! refused, `verdict` asks an isolate who the caller is before he is told why.

pub(crate) mod admission;
mod api_keys;
pub(crate) mod cache;
pub(crate) mod caller;
mod challenge;
pub(crate) mod config;
pub(crate) mod credentials;
pub(crate) mod gateway;
pub(crate) mod guard;
mod jwt;
pub(crate) mod operation;
pub(crate) mod verdict;

pub use api_keys::ApiKeyConfig;
pub use config::{AuthCacheConfig, AuthHandlerConfig, GatewayConfig, GuardConfig, VerifyConfig};
pub use jwt::{Algorithm, JwtConfig, JwtKeysConfig};
