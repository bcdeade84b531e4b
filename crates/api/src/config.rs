//! What `listen` is given: the address, the endpoints, and every limit with its unit and default.

use serde::Deserialize;
use serde_json::Value;

use crate::static_files::StaticConfig;

/// The arguments of `listen`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Listen {
    /// A name or an address; `localhost` means every address it resolves to.
    pub host: String,
    /// 0 takes any free port.
    pub port: u16,
    /// The arena of schema nodes that requests refer to.
    #[serde(default = "no_types")]
    pub types: Value,
    /// The endpoints; the index of each is the target of its items.
    pub endpoints: Vec<EndpointConfig>,
    /// Folders whose files are served.
    #[serde(default)]
    pub statics: Vec<StaticConfig>,
    /// Where the health of the process is told; absent, it is told nowhere.
    #[serde(default)]
    pub health: Option<HealthConfig>,
    /// Overrides of the limits.
    #[serde(default)]
    pub limits: Limits,
}

/// Where the health of the process is told. A path that an endpoint answers already is left to it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct HealthConfig {
    /// Whether the process should live on; `null` for nowhere.
    pub live: Option<String>,
    /// Whether it should get requests; `null` for nowhere.
    pub ready: Option<String>,
    /// Milliseconds for which every isolate may be silent.
    pub stall_timeout_ms: u64,
}

fn no_types() -> Value {
    Value::Array(Vec::new())
}

/// One endpoint as the manifest and its options describe it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct EndpointConfig {
    /// The service it belongs to, for messages.
    pub service: String,
    /// Its name within the service, for messages.
    pub name: String,
    /// Upper-case methods; `["*"]` means any.
    pub methods: Vec<String>,
    /// `/static/:param/*rest`, or `/!rest` for a fallback.
    pub path: String,
    /// Whether it can be reached from outside; one that cannot answers 404.
    #[serde(default)]
    pub expose: bool,
    /// The request's shape, or `null` when the handler takes no input.
    #[serde(default)]
    pub request: Value,
    /// Bytes of body, at most; `null` has no limit. Default 2 MiB.
    #[serde(default = "default_body_limit")]
    pub body_limit: Option<u64>,
    /// Milliseconds the answer may take; `null` has no limit. Default 30,000.
    #[serde(default = "default_timeout")]
    pub timeout_ms: Option<u64>,
}

#[allow(clippy::unnecessary_wraps, reason = "serde takes the field's own type")]
fn default_body_limit() -> Option<u64> {
    Some(2 << 20)
}

#[allow(clippy::unnecessary_wraps, reason = "serde takes the field's own type")]
fn default_timeout() -> Option<u64> {
    Some(30_000)
}

/// Every limit of the edge.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of request line and headers. 431 beyond. Default 16 KiB, at most 64,000.
    pub max_head_bytes: usize,
    /// Header lines of a request. 431 beyond. Default 100.
    pub max_headers: usize,
    /// From the first byte of a head (or the opening of the connection) to its end. 408 beyond. Default 10,000 ms.
    pub header_timeout_ms: u32,
    /// Between an answer and the next request on a connection; closed silently beyond. Default 75,000 ms.
    pub idle_timeout_ms: u32,
    /// For a whole body. 408 beyond. Default 30,000 ms.
    pub body_timeout_ms: u32,
    /// How long a body may come slower than the minimum rate. Default 5,000 ms.
    pub body_grace_ms: u32,
    /// Bytes per second of a body, averaged from its beginning. 408 below. Default 256.
    pub min_body_bytes_per_second: u32,
    /// For a client to take any of the response; closed beyond. Default 30,000 ms.
    pub write_timeout_ms: u32,
    /// How long a request goes on whose client has closed its sending side, which a client does that only half-closes and
    /// a client that has left alike. Default 1,000 ms.
    pub half_close_grace_ms: u32,
    /// Silence after which a connection is closed while the server drains: until then a request may be on its way.
    /// Default 500 ms.
    pub drain_quiet_ms: u32,
    /// Bytes of a body that an endpoint without one reads and forgets; the connection closes beyond. Default 64 KiB.
    pub max_ignored_body_bytes: u64,
    /// Bytes of chunk extensions in one body. 400 beyond. Default 1 KiB.
    pub max_chunk_extension_bytes: usize,
    /// Bytes of trailers after one body. 400 beyond. Default 8 KiB.
    pub max_trailer_bytes: usize,
    /// Connections at once; more wait to be accepted. Default 10,000.
    pub max_connections: usize,
    /// Connections the operating system queues. Default 1,024.
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
            max_ignored_body_bytes: 64 << 10,
            max_chunk_extension_bytes: 1 << 10,
            max_trailer_bytes: 8 << 10,
            max_connections: 10_000,
            backlog: 1024,
        }
    }
}

impl Limits {
    /// What is out of range, each in a sentence.
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
        ranges.iter().filter_map(outside).collect()
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
        let limits = Limits { max_head_bytes: 1, max_headers: 0, ..Limits::default() };
        assert_eq!(limits.problems().len(), 2);
    }
}
