//! The settings that an app's main isolate configures telemetry by.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use twinloop_runtime::telemetry::{AccessPolicy, NEVER};

/// All settings, as JSON of `configure` has them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TelemetrySettings {
    /// Which requests the access log has.
    pub(crate) access_log: AccessLog,
    /// The form of the access log's lines.
    pub(crate) log_format: LogFormat,
    /// Whether lines for people have colours.
    pub(crate) colours: bool,
    /// The duration in milliseconds from which on a query is logged; `None` for none.
    pub(crate) slow_query_ms: Option<u64>,
    /// The duration in milliseconds from which on a stalled event loop is logged; `None` for none.
    pub(crate) stall_ms: Option<u64>,
    /// The duration in milliseconds from which on an operation keeps its trace.
    pub(crate) trace_slow_ms: u64,
    /// What the app is.
    pub(crate) app: App,
    /// The variables whose names begin with `OTEL_`.
    pub(crate) otel: BTreeMap<String, String>,
    /// The admin server; `None` for none.
    pub(crate) admin: Option<AdminSettings>,
    /// Whether recent traces and lines are kept.
    pub(crate) store: bool,
}

/// Which requests the access log has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccessLog {
    /// The kind of choice.
    pub(crate) mode: AccessMode,
    /// The limit of `slow` in milliseconds.
    #[serde(default)]
    pub(crate) slow_ms: u32,
}

impl AccessLog {
    /// The policy that requests are asked by.
    pub(crate) fn policy(self) -> AccessPolicy {
        match self.mode {
            AccessMode::All => AccessPolicy::All,
            AccessMode::Errors => AccessPolicy::Errors,
            AccessMode::Slow => AccessPolicy::Slow(self.slow_ms),
            AccessMode::Off => AccessPolicy::Off,
        }
    }
}

/// How the access log chooses requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessMode {
    /// Each.
    All,
    /// Requests that failed, and requests that Rust refused.
    Errors,
    /// Requests that took long, and those of `Errors`.
    Slow,
    /// None.
    Off,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One JSON object a line, by pino's names.
    Json,
    /// One JSON object a line, by the names of the Elastic Common Schema.
    Ecs,
    /// For people.
    Pretty,
}

/// What the app is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct App {
    /// The app's name, from its `package.json`.
    pub(crate) name: String,
    /// The app's version, from its `package.json`.
    pub(crate) version: String,
    /// `development`, `production` or `test`.
    pub(crate) environment: String,
    /// The version of Node.
    pub(crate) node: String,
    /// The version of Twinloop.
    pub(crate) twinloop: String,
}

/// The admin server.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdminSettings {
    /// The port; 0 takes a free one.
    pub(crate) port: u16,
    /// The address to listen at.
    pub(crate) host: String,
    /// The token that all but the health probes, the page's files and `/metrics` want; `None` for none.
    pub(crate) token: Option<String>,
    /// Whether `/metrics` wants the token too.
    pub(crate) metrics_token: bool,
    /// Names beside loopback and `host` by which the server may be called.
    pub(crate) allowed_hosts: Vec<String>,
    /// The folder of the dashboard's files; `None` without a dashboard.
    pub(crate) ui: Option<String>,
}

impl std::fmt::Debug for AdminSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// A limit in milliseconds as a duration; `None` is never exceeded.
pub(crate) fn limit(milliseconds: Option<u64>) -> Duration {
    milliseconds.map_or(NEVER, Duration::from_millis)
}
