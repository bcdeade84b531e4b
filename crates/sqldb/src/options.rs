//! The options of a pool: its limits, and the server that its connection string names.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::error::{Error, ErrorKind};
use crate::tls::Verify;

/// The limits of a pool. The TypeScript package defines the defaults and always sends all limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PoolLimits {
    /// Most connections that the pool opens.
    pub(crate) max_connections: usize,
    /// Milliseconds within which a connection must be open.
    pub(crate) connect_timeout: u64,
    /// Milliseconds a query may wait for a connection.
    pub(crate) acquire_timeout: u64,
    /// Milliseconds after which an unused connection is closed.
    pub(crate) idle_timeout: u64,
    /// Milliseconds after which a connection is replaced, a tenth more or less.
    pub(crate) max_lifetime: u64,
    /// Milliseconds for which a transaction may be idle before it is rolled back.
    pub(crate) transaction_idle_timeout: u64,
}

impl PoolLimits {
    /// The limits that differ from those of `others`, each with both values: `maxConnections: 10, not 1`.
    pub(crate) fn differences(&self, others: &Self) -> Vec<String> {
        let all = |limits: &Self| {
            [
                ("maxConnections", limits.max_connections as u64),
                ("connectTimeout", limits.connect_timeout),
                ("acquireTimeout", limits.acquire_timeout),
                ("idleTimeout", limits.idle_timeout),
                ("maxLifetime", limits.max_lifetime),
                ("transactionIdleTimeout", limits.transaction_idle_timeout),
            ]
        };
        let pairs = all(self).into_iter().zip(all(others));
        pairs
            .filter(|((_, ours), (_, theirs))| ours != theirs)
            .map(|((name, ours), (_, theirs))| format!("{name}: {ours}, not {theirs}"))
            .collect()
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout)
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout)
    }
}

/// A server, with the settings for connecting to it.
#[derive(Clone, Debug)]
pub(crate) struct ServerTarget {
    pub(crate) config: Config,
    pub(crate) verify: Verify,
    pub(crate) root_certificates: Option<String>,
}

/// URL parameters of other clients, which are ignored.
const FOREIGN: [&str; 6] =
    ["connection_limit", "pool_timeout", "pgbouncer", "statement_cache_size", "uselibpqcompat", "sslcert"];

impl ServerTarget {
    /// Parses a connection string. `sslmode` has libpq's meaning; `schema` sets the search path.
    ///
    /// Errors: `config`, whose message never repeats the string.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        refuse_other_scheme(url)?;
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut kept = Vec::new();
        let (mut mode, mut root_certificates, mut schema, mut user_timeout) = (None, None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "sslmode" => mode = Some(value),
                "sslrootcert" => root_certificates = Some(decode(value)),
                "schema" => schema = Some(decode(value)),
                "tcp_user_timeout" => user_timeout = Some(milliseconds(name, value)?),
                // libpq's name for the parameter.
                "keepalives_count" => kept.push(format!("keepalives_retries={value}")),
                foreign if FOREIGN.contains(&foreign) => {}
                _ => kept.push(pair.to_owned()),
            }
        }
        let rest = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        let mut config = Config::from_str(&format!("{base}{rest}"))
            .map_err(|error| invalid(&format!("it cannot be read: {}", source(&error))))?;
        let (ssl_mode, verify) = ssl(mode)?;
        config.ssl_mode(ssl_mode);
        if let Some(schema) = schema {
            let options = config.get_options().map_or(String::new(), |options| format!("{options} "));
            config.options(format!("{options}-c search_path={}", schema.replace(' ', "\\ ")));
        }
        if config.get_application_name().is_none() {
            config.application_name("twinloop");
        }
        let is_given = |name: &str| kept.iter().any(|pair| pair.split('=').next() == Some(name));
        // Keep-alive detects a vanished peer within seconds, with a statement under way or without.
        if !is_given("keepalives_idle") {
            config.keepalives_idle(Duration::from_secs(10));
        }
        if !is_given("keepalives_interval") {
            config.keepalives_interval(Duration::from_secs(3));
        }
        if !is_given("keepalives_retries") {
            config.keepalives_retries(3);
        }
        config.tcp_user_timeout(user_timeout.unwrap_or(Duration::from_secs(10)));
        Ok(Self { config, verify, root_certificates })
    }
}

/// Refuses the URL of another database, which would be read as libpq's `name=value` form.
fn refuse_other_scheme(url: &str) -> Result<(), Error> {
    let is_scheme =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    match url.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) && !matches!(scheme, "postgres" | "postgresql") => {
            let form = "write postgres://user:password@host:5432/database";
            Err(invalid(&format!("{scheme}:// is no URL of PostgreSQL; {form}")))
        }
        _ => Ok(()),
    }
}

fn milliseconds(name: &str, value: &str) -> Result<Duration, Error> {
    let parsed = value.parse().map(Duration::from_millis);
    parsed.map_err(|_| invalid(&format!("{name} is a whole number of milliseconds, not {value}")))
}

fn ssl(mode: Option<&str>) -> Result<(SslMode, Verify), Error> {
    Ok(match mode {
        None | Some("prefer" | "allow") => (SslMode::Prefer, Verify::Nothing),
        Some("disable") => (SslMode::Disable, Verify::Nothing),
        Some("require" | "no-verify") => (SslMode::Require, Verify::Nothing),
        Some("verify-ca") => (SslMode::Require, Verify::Authority),
        Some("verify-full") => (SslMode::Require, Verify::Host),
        Some(other) => {
            return Err(invalid(&format!(
                "sslmode {other} is none of disable, prefer, require, verify-ca, verify-full"
            )));
        }
    })
}

fn source(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The error for an unusable connection string; it never repeats the string, which holds a password.
fn invalid(why: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the connection string cannot be used: {why}"))
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let hex = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let decoded = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        at += if decoded.is_some() { 3 } else { 1 };
        out.push(decoded.unwrap_or(byte));
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sslmode_means_what_it_means_to_libpq() {
        let mode = |text: &str| {
            let target = ServerTarget::parse(&format!("postgres://u@h/db?sslmode={text}")).unwrap();
            (target.config.get_ssl_mode(), target.verify)
        };
        assert_eq!(mode("disable"), (SslMode::Disable, Verify::Nothing));
        assert_eq!(mode("require"), (SslMode::Require, Verify::Nothing));
        assert_eq!(mode("verify-ca"), (SslMode::Require, Verify::Authority));
        assert_eq!(mode("verify-full"), (SslMode::Require, Verify::Host));
        assert_eq!(ServerTarget::parse("postgres://u@h/db").unwrap().config.get_ssl_mode(), SslMode::Prefer);
        assert!(ServerTarget::parse("postgres://u@h/db?sslmode=maybe").is_err());
    }

    #[test]
    fn parameters_of_other_clients_are_passed_over() {
        let url = "postgres://u@h/db?schema=my%20app&connection_limit=5&sslrootcert=%2Fa%2Fb.pem&application_name=x";
        let target = ServerTarget::parse(url).unwrap();
        assert_eq!(target.config.get_application_name(), Some("x"));
        assert_eq!(target.config.get_options(), Some("-c search_path=my\\ app"));
        assert_eq!(target.root_certificates.as_deref(), Some("/a/b.pem"));
    }

    #[test]
    fn a_peer_that_vanished_is_found_within_seconds_unless_the_url_says_otherwise() {
        let config = ServerTarget::parse("postgres://u@h/db").unwrap().config;
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(10));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(10)));
        let url = "postgres://u@h/db?keepalives_idle=60&keepalives_count=5&tcp_user_timeout=2500";
        let config = ServerTarget::parse(url).unwrap().config;
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(60));
        assert_eq!(config.get_keepalives_retries(), Some(5));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_millis(2500)));
        assert!(ServerTarget::parse("postgres://u@h/db?tcp_user_timeout=soon").is_err());
    }

    #[test]
    fn a_url_of_another_database_is_refused_with_its_scheme() {
        for (url, scheme) in
            [("mysql://u:hunter2@h/db", "mysql://"), ("prisma+postgres://k@h/", "prisma+postgres://")]
        {
            let error = ServerTarget::parse(url).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{scheme} is no URL of PostgreSQL; write postgres://")),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(ServerTarget::parse("host=h user=u password=a://b dbname=d").is_ok());
    }

    #[test]
    fn a_bad_connection_string_is_told_without_its_password() {
        let error = ServerTarget::parse("postgres://u:hunter2@h:port/db").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
