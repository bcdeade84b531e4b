//! The gateway and its auth handlers, as the arguments of `listen` describe them.

use serde::Deserialize;
use serde_json::Value;

use super::api_keys::ApiKeyConfig;
use super::jwt::JwtConfig;

/// The gateway: the auth handlers of the app.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct GatewayConfig {
    /// The target of the jobs that only ask who a caller is; no endpoint has it.
    pub target: u16,
    /// The auth handlers; an endpoint names them by their index.
    pub handlers: Vec<AuthHandlerConfig>,
}

/// An auth handler.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AuthHandlerConfig {
    /// The handler's name within its gateway, for messages.
    pub name: String,
    /// The `Place` of the credentials: header, query and cookie fields, and no body.
    pub params: Value,
    /// The index of the type of the handler's data; `None` takes any JSON.
    #[serde(default)]
    pub data: Option<u32>,
    /// The value of `www-authenticate` on a 401; by default the scheme that the credentials suggest.
    #[serde(default)]
    pub challenge: Option<String>,
    /// Whether and how results are kept; `None` keeps none.
    #[serde(default)]
    pub cache: Option<AuthCacheConfig>,
    /// How Rust verifies the credentials; `None` leaves them to the isolate.
    #[serde(default)]
    pub verify: Option<VerifyConfig>,
}

/// How Rust verifies the credentials of a handler by itself. The handler has one parameter, a text.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum VerifyConfig {
    /// JSON Web Tokens.
    Jwt(JwtConfig),
    /// API keys.
    ApiKeys(Vec<ApiKeyConfig>),
}

/// The cache of an auth handler's results.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AuthCacheConfig {
    /// Milliseconds for which a result is kept.
    pub ttl_ms: u64,
    /// The most results that are kept.
    pub max: usize,
}

/// What an endpoint asks of its callers.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct GuardConfig {
    /// Whether a caller must be known; otherwise one without valid credentials is let in as nobody.
    pub required: bool,
    /// The indices of the auth handlers that are tried, in this order.
    pub handlers: Vec<usize>,
}
