//! A collector: sends requests, repeats those that may be repeated, and tells once when the collector is lost and when it is back.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::time::timeout;
use twinloop_runtime::{Core, Dependencies, Failure, Level, backoff, lock};

use crate::otlp::config::Target;
use crate::otlp::response::{self, Partial};
use crate::otlp::retry_bounds::RetryBounds;

/// Most bytes of an answer that are read.
const MAX_ANSWER: usize = 64 << 10;
/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// The first and the longest pause between two attempts, without a word of the collector.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that a collector may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(300);
/// How often refusals are told.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// How this exporter calls itself. Source: OpenTelemetry protocol exporter, "User Agent".
const AGENT: &str = concat!("OTel-OTLP-Exporter-Twinloop/", env!("CARGO_PKG_VERSION"));

/// Where one signal is sent.
pub(crate) struct Collector {
    core: &'static Core,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    target: Target,
    /// How log lines call it.
    name: String,
    away: Dependencies,
    told: Mutex<Option<Instant>>,
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The collector took it, but for so many spans or points.
    Taken(u64),
    /// The collector does not want it.
    Refused,
    /// Given up: there was no answer in time.
    GivenUp,
}

/// What came of one attempt.
#[derive(Debug)]
enum Attempt {
    Taken(Option<Partial>),
    Refused(String),
    /// The attempt may be repeated, after a pause that the collector may name.
    Again(String, Option<Duration>),
}

impl Collector {
    /// Prepares the client. Nothing is sent.
    ///
    /// Errors: `failed_precondition` where the certificates that the system trusts cannot be read.
    pub(crate) fn new(core: &'static Core, target: Target) -> Result<Self, Failure> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(target.timeout));
        let builder = HttpsConnectorBuilder::new();
        let provider = rustls::crypto::ring::default_provider();
        let builder = if target.url.scheme_str() == Some("https") {
            builder.with_provider_and_native_roots(provider).map_err(no_certificates)?
        } else {
            // Without TLS no certificate is needed, and an image may have none.
            let config =
                ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
            let config = config.map_err(no_certificates)?.with_root_certificates(RootCertStore::empty());
            builder.with_tls_config(config.with_no_client_auth())
        };
        let connector = builder.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        let name = format!("OTLP collector {}", target.url);
        Ok(Self { core, client, target, name, away: Dependencies::default(), told: Mutex::default() })
    }

    /// Sends a message; repeats it after pauses, within `bounds`.
    pub(crate) async fn send(&self, message: Vec<u8>, bounds: &mut RetryBounds) -> Sent {
        let body = self.encoded(message);
        let begin = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(body.clone()).await {
                Attempt::Taken(partial) => {
                    self.away
                        .reached(&self.name, |level, message, fields| self.core.log(level, message, fields));
                    return Sent::Taken(partial.map_or(0, |partial| self.tell_partial(&partial)));
                }
                Attempt::Refused(reason) => {
                    self.tell("refused telemetry, which is dropped", &reason);
                    return Sent::Refused;
                }
                Attempt::Again(reason, asked) => {
                    self.away.lost(&self.name, &reason, |level, message, fields| {
                        self.core.log(level, message, fields);
                    });
                    let pause = asked.unwrap_or_else(|| backoff(FIRST_PAUSE, LONGEST_PAUSE, attempts));
                    if !bounds.wait(begin.elapsed(), pause).await {
                        return Sent::GivenUp;
                    }
                }
            }
        }
    }

    fn encoded(&self, message: Vec<u8>) -> Bytes {
        if !self.target.is_gzipped {
            return message.into();
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 4), Compression::fast());
        // Writing to a vector does not fail.
        let _ = encoder.write_all(&message);
        encoder.finish().unwrap_or_default().into()
    }

    async fn attempt(&self, body: Bytes) -> Attempt {
        let request = match self.request(body) {
            Ok(request) => request,
            Err(error) => return Attempt::Refused(error.to_string()),
        };
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| chain(&error))?;
            Ok(self.read(answer).await)
        };
        match timeout(self.target.timeout, exchange).await {
            Ok(Ok(attempt)) => attempt,
            Ok(Err(reason)) => Attempt::Again(reason, None),
            Err(_) => {
                let waited = self.target.timeout.as_millis();
                Attempt::Again(format!("it did not answer within {waited} ms"), None)
            }
        }
    }

    fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request =
            Request::builder().method(Method::POST).uri(self.target.url.clone()).body(Full::new(body))?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, http::HeaderValue::from_static(AGENT));
        headers.extend(self.target.headers.clone());
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/x-protobuf"));
        if self.target.is_gzipped {
            headers.insert(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
        }
        Ok(request)
    }

    /// Reads an answer. Source: OpenTelemetry protocol, "OTLP/HTTP Response", "Retryable Response Codes".
    async fn read(&self, answer: Response<Incoming>) -> Attempt {
        let (parts, body) = answer.into_parts();
        let is_protobuf = parts.headers.get(CONTENT_TYPE).is_some_and(|value| {
            value.to_str().is_ok_and(|value| value.starts_with("application/x-protobuf"))
        });
        let read = Limited::new(body, MAX_ANSWER).collect().await;
        let body = read.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        if parts.status.is_success() {
            return Attempt::Taken(response::partial(&body));
        }
        let told = response::reason(&body, is_protobuf);
        let colon = if told.is_empty() { "" } else { ": " };
        let reason = format!("it answered {}{colon}{told}", parts.status.as_u16());
        match parts.status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Attempt::Again(reason, asked_pause(&parts.headers)),
            _ => Attempt::Refused(reason),
        }
    }

    fn tell_partial(&self, partial: &Partial) -> u64 {
        let reason = format!("{} were refused: {}", partial.rejected, partial.reason);
        self.tell("took telemetry in part", &reason);
        partial.rejected
    }

    /// Logs what the collector said, at most once a minute.
    fn tell(&self, what: &str, reason: &str) {
        let mut told = lock(&self.told);
        if told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        *told = Some(Instant::now());
        drop(told);
        let fields = json!({ "collector": self.target.url.to_string(), "reason": reason });
        self.core.log(Level::Warn, &format!("{} {what}: {reason}", self.name), &fields);
    }
}

fn no_certificates(error: impl std::fmt::Display) -> Failure {
    let message = format!(
        "the certificates that this system trusts cannot be read: {error}; install ca-certificates, or set SSL_CERT_FILE"
    );
    Failure::failed_precondition(message)
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let further = error.to_string();
        if !text.contains(&further) {
            text = format!("{text}: {further}");
        }
        cause = error.source();
    }
    text
}

/// The pause that `retry-after` asks for, in seconds or until a date.
fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default(),
    };
    Some(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let asked = |value: &str| asked_pause(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]));
        assert_eq!(asked("3"), Some(Duration::from_secs(3)));
        assert_eq!(asked("99999"), Some(LONGEST_ASKED));
        assert_eq!(asked("soon"), None);
        let in_a_minute = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert!(asked(&in_a_minute).unwrap() > Duration::from_secs(50));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
    }
}
