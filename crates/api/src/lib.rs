//! The HTTP edge: Hyper on the shared runtime. Requests are routed, limited and validated before an isolate receives them.
//!
//! The rest of the process uses [`component`] alone. A request is handled in `request/life.rs`, a connection in
//! `connection/serve.rs`; all limits are in [`Limits`].

mod answer;
mod auth;
mod component;
mod config;
mod connection;
mod cookie;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod health;
mod hidden;
mod in_memory;
mod policy;
mod raw;
mod request;
mod routing;
mod server;
mod static_files;
mod telemetry;
mod websocket;

pub use auth::{
    Algorithm, ApiKeyConfig, AuthCacheConfig, AuthHandlerConfig, GatewayConfig, GuardConfig, JwtConfig,
    JwtKeysConfig, VerifyConfig,
};
pub use component::{PRIMITIVE, component};
pub use config::{
    CertificateFiles, ChecksConfig, ClientCertificates, EndpointConfig, ErrorsConfig, ForwardingHeader,
    HealthConfig, Limits, Listen, ProxyProtocol, RequestIdConfig, RequestIdSource, TlsConfig, TlsVersion,
    TrustConfig, UnixConfig,
};
pub use hidden::HiddenText;
pub use policy::PolicyConfig;
pub use request::upload::UploadConfig;
pub use static_files::{DocumentConfig, StaticConfig};
pub use websocket::{BadMessage, MessageFormat, StreamConfig};
