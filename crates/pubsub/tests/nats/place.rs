//! Names of its own for each test, at the server of `NATS_URL`.

#![allow(unreachable_pub, missing_docs, dead_code, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use twinloop_pubsub::nats::Nats;

const LOCAL: &str = "nats://127.0.0.1:4222";

/// Returns why there is no server to test with, if the environment says so.
pub fn unavailable() -> Option<&'static str> {
    std::env::var_os("WITHOUT_NATS").map(|_| "WITHOUT_NATS is set: there is no nats-server")
}

/// A prefix that no other test uses.
pub struct Place {
    server: String,
    prefix: String,
}

impl Place {
    pub fn new() -> Self {
        Self::at(std::env::var("NATS_URL").unwrap_or_else(|_| LOCAL.to_owned()))
    }

    pub fn at(server: String) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        Self { server, prefix: format!("twinloop-test-{}-{number}", std::process::id()) }
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    pub fn url(&self) -> String {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{separator}prefix={}", self.server, self.prefix)
    }

    pub fn open(&self) -> Arc<Nats> {
        Arc::new(Nats::open(&self.url()).unwrap())
    }

    /// Deletes the streams with the prefix.
    pub async fn delete(self) {
        use futures_util::TryStreamExt;
        let client = async_nats::connect(self.server.as_str()).await.unwrap();
        let jetstream = async_nats::jetstream::new(client);
        let names: Vec<String> = jetstream.stream_names().try_collect().await.unwrap();
        for name in names.iter().filter(|name| name.starts_with(&self.prefix)) {
            jetstream.delete_stream(name).await.unwrap();
        }
    }
}
