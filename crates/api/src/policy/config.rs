//! The policies of an endpoint as JavaScript describes them: the app's, the service's and the endpoint's own options are merged
//! there, and their defaults applied.

use serde::Deserialize;

use crate::answer::encoding::Encoding;
use crate::hidden::HiddenText;

/// The policies of one endpoint, or of requests that no endpoint takes; an absent one is off.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PolicyConfig {
    /// Which pages of other origins may call the endpoint.
    pub(crate) cors: Option<CorsConfig>,
    /// The compression of answers.
    pub(crate) compression: Option<CompressionConfig>,
    /// The number of requests per client.
    pub(crate) rate_limit: Option<RateLimitConfig>,
    /// Headers by which browsers restrict what a page may do.
    pub(crate) security_headers: Option<SecurityHeadersConfig>,
    /// Whether answers carry an entity tag, and 304 is answered to a client that has the current one.
    pub(crate) etag: bool,
}

/// The options of `cors`, with the headers that the endpoint declares added.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CorsConfig {
    /// The origins whose pages may read answers to requests without credentials.
    pub(super) allow_origins_without_credentials: Vec<String>,
    /// The origins whose pages may send cookies and `authorization`, and read the answers.
    pub(super) allow_origins_with_credentials: Vec<String>,
    /// Further request headers; `*` allows all but `authorization`.
    pub(super) allow_headers: Vec<String>,
    /// Response headers that pages may read; `*` for all.
    pub(super) expose_headers: Vec<String>,
    /// Seconds for which a browser may keep the answer to a preflight; `None` sends no header.
    #[serde(default)]
    pub(super) max_age_seconds: Option<u64>,
    /// Whether pages of public networks may call a server in a private one.
    #[serde(default)]
    pub(super) allow_private_network: bool,
    /// Whether a line is logged for each request of an origin that is not allowed.
    #[serde(default)]
    pub(super) debug: bool,
}

/// The options of `compression`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CompressionConfig {
    /// The codings, in the order of preference among those that a client likes equally.
    pub(super) encodings: Vec<Encoding>,
    /// The size from which an answer is compressed; streams of unknown size always are.
    pub(super) min_bytes: u64,
}

/// The headers as JavaScript renders them from the option, defaults included.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SecurityHeadersConfig {
    /// Names and values for every answer.
    pub(super) headers: Vec<(String, String)>,
    /// Names and values for answers over TLS alone, as `strict-transport-security` is (RFC 6797, section 7.2).
    #[serde(default)]
    pub(super) secure_headers: Vec<(String, String)>,
    /// Whether `x-content-type-options: nosniff` is sent, as it is without the policy. Default true.
    #[serde(default = "sniffing_is_off")]
    pub(super) content_type_options: bool,
}

fn sniffing_is_off() -> bool {
    true
}

/// The options of `rateLimit`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RateLimitConfig {
    /// Whose buckets these are, such as `app` or `service users`: the same name means the same buckets.
    pub(super) name: String,
    /// Requests per window.
    pub(super) limit: u32,
    /// Milliseconds of the window.
    pub(super) window_ms: u64,
    /// Most requests at once.
    pub(super) burst: u32,
    pub(super) key: RateKeyConfig,
    /// The database in which all processes of the app count together; `None` where each counts by itself.
    #[serde(default)]
    pub(super) store: Option<StoreConfig>,
}

/// The database of a limit.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StoreConfig {
    /// The URL of the database, with its password.
    pub(super) url: HiddenText,
    pub(super) when_fails: WhenStoreFails,
}

/// What a limit does while its database is away.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) enum WhenStoreFails {
    /// Each process counts by itself.
    Allow,
    /// Nothing passes.
    Refuse,
}

/// By what clients are told apart.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) enum RateKeyConfig {
    Address,
    Principal,
    Header(String),
}
