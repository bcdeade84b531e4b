//! What a pool is opened with.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::error::{Error, Kind};
use crate::tls::Verify;

/// Limits of a pool. The defaults stand in the TypeScript package, which always sends all of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    /// Connections at most.
    pub(crate) max_connections: usize,
    /// Milliseconds until a connection must be open.
    pub(crate) connect_timeout: u64,
    /// Milliseconds a query may wait for a connection.
    pub(crate) acquire_timeout: u64,
    /// Milliseconds after which an unused connection is closed.
    pub(crate) idle_timeout: u64,
    /// Milliseconds after which a connection is replaced, a tenth more or less.
    pub(crate) max_lifetime: u64,
    /// Milliseconds a transaction may lie idle until it is rolled back.
    pub(crate) transaction_idle_timeout: u64,
}

impl Limits {
    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout)
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout)
    }
}

/// A server and how to speak to it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) config: Config,
    pub(crate) verify: Verify,
    pub(crate) root_certificates: Option<String>,
}

/// Parameters that other clients put into the URL and that mean nothing here.
const FOREIGN: [&str; 6] =
    ["connection_limit", "pool_timeout", "pgbouncer", "statement_cache_size", "uselibpqcompat", "sslcert"];

impl Target {
    /// Reads a connection string. `sslmode` means what it means to libpq; `schema` sets the search path.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut kept = Vec::new();
        let (mut mode, mut root_certificates, mut schema) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "sslmode" => mode = Some(value),
                "sslrootcert" => root_certificates = Some(decode(value)),
                "schema" => schema = Some(decode(value)),
                foreign if FOREIGN.contains(&foreign) => {}
                _ => kept.push(pair),
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
        // A peer that vanished is found within half a minute, with a statement under way or without.
        config.keepalives_idle(Duration::from_secs(15));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(30));
        Ok(Self { config, verify, root_certificates })
    }
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

/// Never repeats the string itself, which holds a password.
fn invalid(why: &str) -> Error {
    Error::new(Kind::Config, format!("the connection string cannot be used: {why}"))
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
            let target = Target::parse(&format!("postgres://u@h/db?sslmode={text}")).unwrap();
            (target.config.get_ssl_mode(), target.verify)
        };
        assert_eq!(mode("disable"), (SslMode::Disable, Verify::Nothing));
        assert_eq!(mode("require"), (SslMode::Require, Verify::Nothing));
        assert_eq!(mode("verify-ca"), (SslMode::Require, Verify::Authority));
        assert_eq!(mode("verify-full"), (SslMode::Require, Verify::Host));
        assert_eq!(Target::parse("postgres://u@h/db").unwrap().config.get_ssl_mode(), SslMode::Prefer);
        assert!(Target::parse("postgres://u@h/db?sslmode=maybe").is_err());
    }

    #[test]
    fn parameters_of_other_clients_are_passed_over() {
        let url = "postgres://u@h/db?schema=my%20app&connection_limit=5&sslrootcert=%2Fa%2Fb.pem&application_name=x";
        let target = Target::parse(url).unwrap();
        assert_eq!(target.config.get_application_name(), Some("x"));
        assert_eq!(target.config.get_options(), Some("-c search_path=my\\ app"));
        assert_eq!(target.root_certificates.as_deref(), Some("/a/b.pem"));
    }

    #[test]
    fn a_bad_connection_string_is_told_without_its_password() {
        let error = Target::parse("postgres://u:hunter2@h:port/db").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
