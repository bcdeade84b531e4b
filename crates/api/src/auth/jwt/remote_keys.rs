//! A set of keys at a URL, fetched when it is needed and followed as it changes.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::ACCEPT;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::timeout;

use twinloop_runtime::{lock_to_read, lock_to_write};

use super::key::{Algorithm, Candidates, VerifyingKey, matching};

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The least time between two fetches, so that tokens with unknown keys do not become requests to the issuer.
const LEAST_PAUSE: Duration = Duration::from_secs(30);
/// The age from which keys are fetched again, so that a key that was withdrawn is forgotten.
const FRESH: Duration = Duration::from_secs(600);
/// The most bytes of a set of keys.
const MAX_BYTES: usize = 1 << 20;
/// The most keys of a set.
const MAX_KEYS: usize = 256;

/// The keys at a URL. What was fetched stays in use while the URL does not answer.
pub(super) struct RemoteKeys {
    url: Uri,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    fetched: RwLock<Option<Fetched>>,
    /// The time of the last attempt; held while one is made, so that there is one at a time.
    last_attempt: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Fetched {
    keys: Arc<[Arc<VerifyingKey>]>,
    at: Instant,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

impl RemoteKeys {
    /// Prepares the client; nothing is fetched before the first token.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let parsed: Uri = url.parse().map_err(|_| format!("{url} is no URL"))?;
        let is_local = matches!(parsed.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_safe =
            parsed.scheme_str() == Some("https") || (parsed.scheme_str() == Some("http") && is_local);
        if !is_safe {
            return Err(format!("jwks is {url}: keys are fetched by https, or by http from this machine"));
        }
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(FETCH_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| format!("the certificates that this system trusts cannot be read: {error}"))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { url: parsed, client, fetched: RwLock::default(), last_attempt: Mutex::default() })
    }

    /// The keys that may be a token's; an unknown one is looked for at the URL, at most every 30 s.
    pub(super) async fn candidates(self: &Arc<Self>, algorithm: Algorithm, id: Option<&str>) -> Candidates {
        if let Some(Fetched { keys, at }) = self.fetched() {
            let found = matching(&keys, algorithm, id);
            if !found.is_empty() {
                if at.elapsed() > FRESH {
                    let this = Arc::clone(self);
                    tokio::spawn(async move { this.fetch_unless_recent().await });
                }
                return Candidates::Keys(found);
            }
        }
        self.fetch_unless_recent().await;
        match self.fetched() {
            Some(Fetched { keys, .. }) => Candidates::Keys(matching(&keys, algorithm, id)),
            None => Candidates::Unavailable,
        }
    }

    fn fetched(&self) -> Option<Fetched> {
        lock_to_read(&self.fetched).clone()
    }

    async fn fetch_unless_recent(&self) {
        let mut last = self.last_attempt.lock().await;
        if last.is_some_and(|last| last.elapsed() < LEAST_PAUSE) {
            return;
        }
        *last = Some(Instant::now());
        let Ok(Some(keys)) = timeout(FETCH_TIMEOUT, self.fetch()).await else { return };
        *lock_to_write(&self.fetched) = Some(Fetched { keys: keys.into(), at: Instant::now() });
    }

    /// Fetches the set; `None` where the URL does not answer with one. Keys of other kinds are passed over.
    async fn fetch(&self) -> Option<Vec<Arc<VerifyingKey>>> {
        let request =
            Request::get(self.url.clone()).header(ACCEPT, "application/json").body(Empty::new()).ok()?;
        let response = self.client.request(request).await.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.ok()?.to_bytes();
        let set: JwkSet = serde_json::from_slice(&body).ok()?;
        let keys = set.keys.iter().take(MAX_KEYS).filter_map(VerifyingKey::of_jwk);
        Some(keys.map(Arc::new).collect())
    }
}
