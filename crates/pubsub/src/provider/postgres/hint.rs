//! Hints by which other processes learn that a topic has new messages.
//!
//! `NOTIFY` is only a hint: it may be lost, and commits that notify wait for each other. A topic is therefore announced at
//! most every [`INTERVAL`], and always once after its last message; consumers also look without hints.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use twinloop_runtime::{SqlPool, SqlValue, lock};

use crate::provider::postgres::wake::Wakes;
use crate::provider::results::Waiters;

/// The channel, which `publish.rs` names too.
const CHANNEL: &str = "twinloop_pubsub";
/// The origin of a payload that names a message whose result has changed; `results.rs` sends it.
const RESULT: &str = "=";
const INTERVAL: Duration = Duration::from_millis(50);
/// Pause before the next try to listen. Until then consumers look without hints.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Greatest length of a payload that is sent; PostgreSQL refuses 8,000 bytes.
const MAX_PAYLOAD: usize = 7_000;
const NOTIFY: &str = "select pg_notify('twinloop_pubsub', hint) from unnest($1::text[]) hint";

struct Told {
    last: Instant,
    /// Whether messages came after the last hint.
    owes: bool,
}

/// The hints that this process has sent.
pub(crate) struct Hints {
    /// The prefix that marks the hints of this process.
    origin: String,
    enabled: bool,
    told: Mutex<HashMap<String, Told>>,
}

impl Hints {
    pub(crate) fn new(enabled: bool) -> Arc<Self> {
        let origin = uuid::Uuid::now_v7().simple().to_string();
        Arc::new(Self { origin, enabled, told: Mutex::default() })
    }

    /// Returns the payloads to send with a commit into these topics; a hint that is held back is sent later by a task.
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

    /// Returns the payloads for a transaction whose end is not known. These payloads name no sender, so that this process hears them
    /// too.
    pub(crate) fn always(&self, topics: &[String]) -> Vec<String> {
        let short = topics.iter().filter(|topic| self.enabled && topic.len() < MAX_PAYLOAD);
        short.map(|topic| format!(":{topic}")).collect()
    }

    /// Sends a hint to other processes at once.
    pub(crate) async fn announce(&self, topic: &str, pool: &dyn SqlPool) {
        let hints: Vec<_> = self.payload(topic).into_iter().filter(|_| self.enabled).map(Some).collect();
        if !hints.is_empty() {
            // Consumers find the messages of a lost hint when they look.
            let _ = pool.query(NOTIFY, vec![SqlValue::Texts(hints)]).await;
        }
    }

    fn payload(&self, topic: &str) -> Option<String> {
        (topic.len() < MAX_PAYLOAD).then(|| format!("{}:{topic}", self.origin))
    }

    async fn pay(self: Arc<Self>, topic: String, pool: Arc<dyn SqlPool>) {
        tokio::time::sleep(INTERVAL).await;
        lock(&self.told).insert(topic.clone(), Told { last: Instant::now(), owes: false });
        let hints = SqlValue::Texts(self.payload(&topic).into_iter().map(Some).collect());
        // Consumers find the messages of a lost hint when they look.
        let _ = pool.query(NOTIFY, vec![hints]).await;
    }

    /// Listens for the hints of other processes until the task is dropped.
    pub(crate) async fn listen(
        self: Arc<Self>,
        pool: Arc<dyn SqlPool>,
        (wakes, waiters): (Arc<Wakes>, Arc<Waiters>),
    ) {
        loop {
            if let Ok(mut heard) = pool.listen(CHANNEL).await {
                while let Some(payload) = heard.recv().await {
                    match payload.split_once(':') {
                        Some((RESULT, message)) => waiters.wake(message),
                        Some((origin, _)) if origin == self.origin => {}
                        Some((_, topic)) => wakes.wake_topic(topic),
                        // Some hints may have been missed.
                        None => {
                            wakes.wake_all();
                            waiters.wake_all();
                        }
                    }
                }
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }
}
