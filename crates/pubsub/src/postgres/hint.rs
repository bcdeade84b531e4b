//! Telling other processes that a topic has got messages.
//!
//! `NOTIFY` is a hint and no more: it may be lost, and commits that notify wait for each other. So a topic is announced at most
//! every [`INTERVAL`], the last time always; and consumers look by themselves too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use twinloop_runtime::{SqlPool, SqlValue};

use super::wake::{Wakes, lock};

/// The channel; `publish.rs` names it too.
const CHANNEL: &str = "twinloop_pubsub";
const INTERVAL: Duration = Duration::from_millis(50);
/// Pause before it is tried again to listen.
const LISTEN_AGAIN: Duration = Duration::from_secs(30);
/// PostgreSQL refuses payloads of 8,000 bytes.
const MAX_PAYLOAD: usize = 7_000;
const NOTIFY: &str = "select pg_notify('twinloop_pubsub', hint) from unnest($1::text[]) hint";

struct Told {
    last: Instant,
    /// Something came after it.
    owes: bool,
}

/// What this process has told others.
pub(crate) struct Hints {
    /// Tells our own hints from those of others.
    origin: String,
    enabled: bool,
    told: Mutex<HashMap<String, Told>>,
}

impl Hints {
    pub(crate) fn new(enabled: bool) -> Arc<Self> {
        let origin = uuid::Uuid::now_v7().simple().to_string();
        Arc::new(Self { origin, enabled, told: Mutex::default() })
    }

    /// The payloads for a commit into these topics; what is held back follows by itself.
    pub(crate) fn due(self: &Arc<Self>, topics: &[String], pool: &Arc<dyn SqlPool>) -> Vec<String> {
        if !self.enabled {
            return Vec::new();
        }
        let mut told = lock(&self.told);
        let mut hints = Vec::new();
        for topic in topics {
            match told.get_mut(topic) {
                Some(Told { owes: true, .. }) => {}
                Some(known) if known.last.elapsed() < INTERVAL => {
                    known.owes = true;
                    tokio::spawn(Arc::clone(self).pay(topic.clone(), Arc::clone(pool)));
                }
                _ => {
                    told.insert(topic.clone(), Told { last: Instant::now(), owes: false });
                    hints.extend(self.payload(topic));
                }
            }
        }
        hints
    }

    /// The payloads for a transaction whose end is not known: they come from nobody, so that this process hears them too.
    pub(crate) fn always(&self, topics: &[String]) -> Vec<String> {
        let short = topics.iter().filter(|topic| self.enabled && topic.len() < MAX_PAYLOAD);
        short.map(|topic| format!(":{topic}")).collect()
    }

    fn payload(&self, topic: &str) -> Option<String> {
        (topic.len() < MAX_PAYLOAD).then(|| format!("{}:{topic}", self.origin))
    }

    async fn pay(self: Arc<Self>, topic: String, pool: Arc<dyn SqlPool>) {
        tokio::time::sleep(INTERVAL).await;
        lock(&self.told).insert(topic.clone(), Told { last: Instant::now(), owes: false });
        let hints = SqlValue::Texts(self.payload(&topic).into_iter().map(Some).collect());
        // A lost hint is found by looking.
        let _ = pool.query(NOTIFY, vec![hints]).await;
    }

    /// Hears the hints of others, until dropped.
    pub(crate) async fn hear(self: Arc<Self>, pool: Arc<dyn SqlPool>, wakes: Arc<Wakes>) {
        loop {
            if let Ok(mut heard) = pool.listen(CHANNEL).await {
                while let Some(payload) = heard.recv().await {
                    match payload.split_once(':') {
                        Some((origin, _)) if origin == self.origin => {}
                        Some((_, topic)) => wakes.wake_topic(topic),
                        // Some may have been missed.
                        None => wakes.wake_all(),
                    }
                }
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }
}
