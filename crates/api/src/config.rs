//! The arguments of `listen`: the address, the endpoints, and all limits with their units and defaults.

mod listening;

use serde::Deserialize;
use serde_json::Value;

use crate::auth::{GatewayConfig, GuardConfig};
use crate::hidden::HiddenText;
use crate::policy::PolicyConfig;
use crate::request::upload::UploadConfig;
use crate::static_files::{DocumentConfig, StaticConfig};
use crate::websocket::StreamConfig;
pub use listening::{CertificateFiles, ClientCertificates, ProxyProtocol, TlsConfig, TlsVersion, UnixConfig};

/// The arguments of `listen`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Listen {
    /// The host name or address to bind; a name such as `localhost` binds every address that it resolves to. `None` binds no
    /// port: the server has its unix socket alone.
    #[serde(default)]
    pub host: Option<String>,
    /// The port; 0 takes any free port.
    #[serde(default)]
    pub port: u16,
    /// The unix socket, beside host and port or instead of them.
    #[serde(default)]
    pub unix: Option<UnixConfig>,
    /// TLS; `None` serves without.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
    /// Whether isolates may send requests in memory. A server that takes them need not listen anywhere.
    #[serde(default)]
    pub in_memory: bool,
    /// Whether HTTP/2 is spoken: with TLS where the client chooses it (ALPN), without TLS where it begins with it.
    #[serde(default = "yes")]
    pub http2: bool,
    /// Whether connections begin with a header of the PROXY protocol.
    #[serde(default)]
    pub proxy_protocol: ProxyProtocol,
    /// The types of the manifest (IR) to which requests refer.
    #[serde(default = "no_types")]
    pub types: Value,
    /// The endpoints; the index of each is the target of its jobs.
    pub endpoints: Vec<EndpointConfig>,
    /// The folders whose files are served.
    #[serde(default)]
    pub statics: Vec<StaticConfig>,
    /// The documents that are served at paths of their own, such as `/openapi.json`.
    #[serde(default)]
    pub documents: Vec<DocumentConfig>,
    /// The auth handlers; `None` where the app has no gateway.
    #[serde(default)]
    pub gateway: Option<GatewayConfig>,
    /// The health probes; `None` serves none.
    #[serde(default)]
    pub health: Option<HealthConfig>,
    /// The proxies whose forwarding headers are believed; none by default.
    #[serde(default)]
    pub trust_proxy: TrustConfig,
    /// The secrets that seal cookies, the newest first.
    #[serde(default)]
    pub cookie_secrets: Vec<HiddenText>,
    /// Where request ids come from.
    #[serde(default)]
    pub request_id: RequestIdConfig,
    /// The policies of requests that no endpoint takes: those of the app.
    #[serde(default)]
    pub policies: PolicyConfig,
    /// The limits; absent ones have their defaults.
    #[serde(default)]
    pub limits: Limits,
    /// The form of error answers, where an endpoint has none of its own.
    #[serde(default)]
    pub errors: ErrorsConfig,
}

/// The form of error answers, such as `{"form":"problem"}`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", tag = "form")]
pub enum ErrorsConfig {
    /// `{"code","message","details"}`, as JSON.
    #[default]
    Twinloop,
    /// Problem details, `application/problem+json` (RFC 9457).
    Problem,
    /// What a function of the app makes of each error.
    Function {
        /// The target of the job that runs the function; no endpoint has it.
        target: u16,
    },
}

/// The proxies that are trusted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TrustConfig {
    /// Addresses, networks (`10.0.0.0/8`), `loopback`, `linklocal`, `private`, and `unix` for clients of the unix socket.
    pub from: Vec<String>,
    /// The headers that the proxies write; `None` reads those that are there, and believes none where they differ.
    #[serde(default)]
    pub header: Option<ForwardingHeader>,
}

/// The headers by which a proxy tells the client's address.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardingHeader {
    /// `forwarded`. Source: RFC 7239.
    Forwarded,
    /// `x-forwarded-for`, `x-forwarded-proto` and `x-forwarded-host`.
    XForwarded,
}

/// Where request ids come from, and the header that tells them.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RequestIdConfig {
    /// The source of ids. Default `random`.
    pub from: RequestIdSource,
    /// The header of requests from trusted proxies, and of answers. Default `x-request-id`.
    pub header: String,
}

/// The source of request ids. In each case a valid `traceparent` gives the id where nothing before it does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum RequestIdSource {
    /// The process makes them.
    Random,
    /// The header of a trusted proxy, otherwise as `Random`.
    Trusted,
    /// As `Random`, and answers do not tell them.
    Off,
}

impl Default for RequestIdConfig {
    fn default() -> Self {
        Self { from: RequestIdSource::Random, header: "x-request-id".to_owned() }
    }
}

/// The paths and options of the health probes. A path that an endpoint serves stays the endpoint's.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct HealthConfig {
    /// The path of the liveness probe; `null` serves none.
    pub live: Option<String>,
    /// The path of the readiness probe; `null` serves none.
    pub ready: Option<String>,
    /// Milliseconds for which an isolate's event loop may be blocked before it counts as stalled.
    pub stall_timeout_ms: u64,
    /// The app's own readiness checks; `None` where it has none.
    #[serde(default)]
    pub checks: Option<ChecksConfig>,
}

/// The options of the app's own readiness checks.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ChecksConfig {
    /// The target of the job that runs all checks; no endpoint has it.
    pub target: u16,
    /// Milliseconds that all checks together may take.
    pub timeout_ms: u64,
}

fn yes() -> bool {
    true
}

fn no_types() -> Value {
    Value::Array(Vec::new())
}

/// An endpoint, as the manifest and its options describe it.
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own in the JSON")]
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct EndpointConfig {
    /// The service of the endpoint, for messages.
    pub service: String,
    /// The endpoint's name within its service, for messages.
    pub name: String,
    /// The methods in upper case; `["*"]` means any.
    pub methods: Vec<String>,
    /// The path, such as `/static/:param/*rest`, or `/!rest` for a fallback.
    pub path: String,
    /// Whether the endpoint is reachable from outside; otherwise it answers 404.
    #[serde(default)]
    pub expose: bool,
    /// Whether issues hide all values of the input.
    #[serde(default)]
    pub sensitive: bool,
    /// Whether the handler gets the request as it is, without a schema.
    #[serde(default)]
    pub raw: bool,
    /// The `Place` of the request; `null` when the handler takes no input.
    #[serde(default)]
    pub request: Value,
    /// What the endpoint asks of its callers; `null` asks nothing, and no auth handler runs.
    #[serde(default)]
    pub auth: Option<GuardConfig>,
    /// Most bytes of a body; `null` has no limit. Default 2 MiB.
    #[serde(default = "default_body_limit")]
    pub body_limit: Option<u64>,
    /// Milliseconds that the answer may take; `null` has no limit. Default 30,000.
    #[serde(default = "default_timeout")]
    pub timeout_ms: Option<u64>,
    /// The status for an input that is not of the endpoint's shape: 400 or 422. A body that is no JSON is 400 in any case.
    #[serde(default = "default_invalid_input")]
    pub invalid_input: u16,
    /// The form of the endpoint's error answers; `None` has that of the app.
    #[serde(default)]
    pub errors: Option<ErrorsConfig>,
    /// Whether answers may be files.
    #[serde(default)]
    pub sends_files: bool,
    /// Whether large bodies are handed to the isolates as frames.
    #[serde(default)]
    pub takes_frames: bool,
    /// The places of dates, bigints and bytes in the endpoint's JSON answers, as the text that clients are told; `None` without any.
    #[serde(default)]
    pub revival: Option<String>,
    /// The limits of forms and uploads.
    #[serde(default)]
    pub uploads: UploadConfig,
    /// The policies of the edge for this endpoint.
    #[serde(default)]
    pub policies: PolicyConfig,
    /// The options of a WebSocket stream; `None` for an endpoint that is none.
    #[serde(default)]
    pub stream: Option<StreamConfig>,
}

impl EndpointConfig {
    /// The endpoint's name in messages: `service.name`, or its route where it has no name. JavaScript's log lines use the same.
    pub(crate) fn title(&self) -> String {
        let is_whole = self.name.contains(' ')
            || self.name.strip_prefix(self.service.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if is_whole { self.name.clone() } else { format!("{}.{}", self.service, self.name) }
    }
}

#[allow(clippy::unnecessary_wraps, reason = "serde takes the field's own type")]
fn default_body_limit() -> Option<u64> {
    Some(2 << 20)
}

#[allow(clippy::unnecessary_wraps, reason = "serde takes the field's own type")]
fn default_timeout() -> Option<u64> {
    Some(30_000)
}

fn default_invalid_input() -> u16 {
    400
}

/// The limits of the edge.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// Most bytes of request line and headers; 431 beyond. Default 16 KiB, at most 64,000.
    pub max_head_bytes: usize,
    /// Most header lines of a request; 431 beyond. Default 100.
    pub max_headers: usize,
    /// Time from the first byte of a head (or the opening of the connection) to the head's end; 408 beyond. Default 10,000 ms.
    pub header_timeout_ms: u32,
    /// Time between an answer and the next request on a connection; closed silently beyond. Default 75,000 ms.
    pub idle_timeout_ms: u32,
    /// Time for a whole body; 408 beyond. Default 30,000 ms.
    pub body_timeout_ms: u32,
    /// Time for which a body may be slower than the minimum rate. Default 5,000 ms.
    pub body_grace_ms: u32,
    /// Least bytes per second of a body, averaged from its beginning; 408 below. Default 256.
    pub min_body_bytes_per_second: u32,
    /// Time in which a client must read some of the response; closed beyond. Default 30,000 ms.
    pub write_timeout_ms: u32,
    /// Time for which a request goes on after its client has closed its sending side: a half-closed client still waits for the
    /// answer, one that has left looks the same. Default 1,000 ms.
    pub half_close_grace_ms: u32,
    /// Silence after which a draining server closes a connection; until then a request may be on its way. Default 500 ms.
    pub drain_quiet_ms: u32,
    /// Most bytes of all bodies together that are being received, or whose requests are being answered; 503 beyond. The last
    /// eighth is for bodies of at most 64 KiB. Default 256 MiB, at least 64 KiB.
    pub buffered_body_bytes: u64,
    /// Most bytes of a body that are read and dropped where the endpoint takes no input; the connection closes beyond.
    /// Default 64 KiB.
    pub max_ignored_body_bytes: u64,
    /// Most bytes of chunk extensions in one body; 400 beyond. Default 1 KiB.
    pub max_chunk_extension_bytes: usize,
    /// Most bytes of trailers after one body; 400 beyond. Default 8 KiB.
    pub max_trailer_bytes: usize,
    /// Most open connections; more wait to be accepted. Default 10,000.
    pub max_connections: usize,
    /// Most connections that the operating system queues (`listen` backlog). Default 1,024.
    pub backlog: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_head_bytes: 16 << 10,
            max_headers: 100,
            header_timeout_ms: 10_000,
            idle_timeout_ms: 75_000,
            body_timeout_ms: 30_000,
            body_grace_ms: 5_000,
            min_body_bytes_per_second: 256,
            write_timeout_ms: 30_000,
            half_close_grace_ms: 1_000,
            drain_quiet_ms: 500,
            buffered_body_bytes: 256 << 20,
            max_ignored_body_bytes: 64 << 10,
            max_chunk_extension_bytes: 1 << 10,
            max_trailer_bytes: 8 << 10,
            max_connections: 10_000,
            backlog: 1024,
        }
    }
}

impl Limits {
    /// The limits that are out of range, one sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let ranges = [
            ("maxHeadBytes", self.max_head_bytes, 256, 64_000),
            ("maxHeaders", self.max_headers, 1, 1_000),
            ("maxConnections", self.max_connections, 1, 1_000_000),
        ];
        let outside = |&(name, value, low, high): &(&str, usize, usize, usize)| {
            (!(low..=high).contains(&value))
                .then(|| format!("limits.{name} is {value}: it must lie between {low} and {high}"))
        };
        let mut problems: Vec<String> = ranges.iter().filter_map(outside).collect();
        if self.buffered_body_bytes < 64 << 10 {
            let given = self.buffered_body_bytes;
            problems.push(format!("limits.bufferedBodyBytes is {given}: it must be at least 65536"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(json: &str) -> EndpointConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_absent_limit_is_the_default_and_null_is_none() {
        let absent = endpoint(r#"{"service":"s","name":"n","methods":["GET"],"path":"/"}"#);
        assert_eq!((absent.body_limit, absent.timeout_ms), (Some(2 << 20), Some(30_000)));
        let null = endpoint(
            r#"{"service":"s","name":"n","methods":["GET"],"path":"/","bodyLimit":null,"timeoutMs":null}"#,
        );
        assert_eq!((null.body_limit, null.timeout_ms), (None, None));
    }

    #[test]
    fn a_misspelt_limit_is_an_error() {
        assert!(serde_json::from_str::<Limits>(r#"{"maxHeadbytes":1}"#).is_err());
    }

    #[test]
    fn limits_out_of_range_are_told() {
        let limits =
            Limits { max_head_bytes: 1, max_headers: 0, buffered_body_bytes: 1, ..Limits::default() };
        assert_eq!(limits.problems().len(), 3);
    }
}
