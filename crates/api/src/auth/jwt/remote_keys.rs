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
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;
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
    last_attempt: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
struct Fetched {
    keys: Arc<[Arc<VerifyingKey>]>,
    fresh_until: Instant,
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
        Ok(Self { url: parsed, client, fetched: RwLock::default(), last_attempt: Arc::default() })
    }

    /// The keys that may be a token's; an unknown one is looked for at the URL, at most every 30 s.
    pub(super) async fn candidates(self: &Arc<Self>, algorithm: Algorithm, id: Option<&str>) -> Candidates {
        if let Some(Fetched { keys, fresh_until }) = self.fetched() {
            let found = matching(&keys, algorithm, id);
            if !found.is_empty() {
                if Instant::now() > fresh_until
                    && let Ok(attempt) = Arc::clone(&self.last_attempt).try_lock_owned()
                {
                    self.begin_unless_recent(attempt);
                }
                return Candidates::Keys(found);
            }
        }
        let attempt = Arc::clone(&self.last_attempt).lock_owned().await;
        if let Some(fetching) = self.begin_unless_recent(attempt) {
            let _ = fetching.await;
        }
        match self.fetched() {
            Some(Fetched { keys, .. }) => Candidates::Keys(matching(&keys, algorithm, id)),
            None => Candidates::Unavailable,
        }
    }

    fn fetched(&self) -> Option<Fetched> {
        lock_to_read(&self.fetched).clone()
    }

    /// Begins to fetch, unless that was tried a moment ago. A task of its own does it, because the request that begins it may end
    /// before it.
    fn begin_unless_recent(
        self: &Arc<Self>,
        mut attempt: OwnedMutexGuard<Option<Instant>>,
    ) -> Option<JoinHandle<()>> {
        if attempt.is_some_and(|last| last.elapsed() < LEAST_PAUSE) {
            return None;
        }
        *attempt = Some(Instant::now());
        let this = Arc::clone(self);
        Some(tokio::spawn(async move {
            if let Ok(Some(keys)) = timeout(FETCH_TIMEOUT, this.fetch()).await {
                let fetched = Fetched { keys: keys.into(), fresh_until: Instant::now() + FRESH };
                *lock_to_write(&this.fetched) = Some(fetched);
            }
            drop(attempt);
        }))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::*;

    const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}"#;

    /// An issuer that answers once it is let, and what it was asked.
    struct Issuer {
        remote: Arc<RemoteKeys>,
        asked: Arc<AtomicUsize>,
        answers: Arc<Semaphore>,
    }

    impl Issuer {
        async fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/jwks", listener.local_addr().unwrap());
            let (asked, answers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
            let (count, may) = (Arc::clone(&asked), Arc::clone(&answers));
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                    count.fetch_add(1, Ordering::SeqCst);
                    let _permit = may.acquire().await.unwrap();
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", SET.len());
                    stream.write_all(format!("{head}{SET}").as_bytes()).await.unwrap();
                }
            });
            Self { remote: Arc::new(RemoteKeys::new(&url).unwrap()), asked, answers }
        }

        async fn is_asked(&self) {
            while self.asked.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
        }

        async fn has_keys(remote: Arc<RemoteKeys>) -> bool {
            match remote.candidates(Algorithm::EdDsa, None).await {
                Candidates::Keys(keys) => !keys.is_empty(),
                Candidates::Unavailable => false,
            }
        }
    }

    #[tokio::test]
    async fn a_request_that_leaves_does_not_end_the_fetch_that_it_began() {
        let issuer = Issuer::start().await;
        let first = tokio::spawn(Issuer::has_keys(Arc::clone(&issuer.remote)));
        issuer.is_asked().await;
        first.abort();
        issuer.answers.add_permits(1);
        assert!(Issuer::has_keys(Arc::clone(&issuer.remote)).await);
        assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn old_keys_are_used_while_they_are_fetched_again_once() {
        let issuer = Issuer::start().await;
        let set: JwkSet = serde_json::from_str(SET).unwrap();
        let keys: Vec<_> = set.keys.iter().filter_map(VerifyingKey::of_jwk).map(Arc::new).collect();
        let old = Fetched { keys: keys.into(), fresh_until: Instant::now() };
        *lock_to_write(&issuer.remote.fetched) = Some(old);
        for _ in 0..100 {
            assert!(Issuer::has_keys(Arc::clone(&issuer.remote)).await);
        }
        issuer.is_asked().await;
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert!(tasks <= 4, "{tasks} tasks: one request has begun one fetch");
        issuer.answers.add_permits(1);
        while Instant::now() > issuer.remote.fetched().unwrap().fresh_until {
            tokio::task::yield_now().await;
        }
        assert!(Issuer::has_keys(Arc::clone(&issuer.remote)).await);
        assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
    }
}
