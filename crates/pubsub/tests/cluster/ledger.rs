//! What a cluster is to lose nothing of: messages that are published and received while its servers die.

#![allow(unreachable_pub, missing_docs, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use twinloop_pubsub::{Broker, Consumer};

use crate::provider::fixture::{message, text};

pub const LONG: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(5);
/// The messages after a fault that are to come before the next one.
const FURTHER: u64 = 200;

/// What was published and delivered.
#[derive(Default)]
pub struct Ledger {
    published: AtomicU64,
    is_over: AtomicBool,
    /// How often each message came.
    delivered: Mutex<HashMap<String, u32>>,
    /// The last delivery, and the longest time between two since the last fault.
    last: Mutex<Option<(Instant, Duration)>>,
}

impl Ledger {
    /// Publishes messages and receives them, until [`close`](Traffic::close).
    pub fn begin(broker: Arc<dyn Broker>, consumer: Arc<dyn Consumer>) -> Traffic {
        let ledger = Arc::<Self>::default();
        Traffic {
            publishing: tokio::spawn(publish(broker, Arc::clone(&ledger))),
            consuming: tokio::spawn(consume(consumer, Arc::clone(&ledger))),
            ledger,
        }
    }

    fn note(&self, text: String) {
        *self.delivered.lock().unwrap().entry(text).or_default() += 1;
        let mut last = self.last.lock().unwrap();
        let now = Instant::now();
        let longest =
            last.map_or(Duration::ZERO, |(before, longest)| longest.max(now.duration_since(before)));
        *last = Some((now, longest));
    }

    /// Waits for messages that are published from now on, and returns the longest time without a delivery.
    pub async fn longest_pause(&self, fault: impl Future<Output = ()>) -> Duration {
        *self.last.lock().unwrap() = Some((Instant::now(), Duration::ZERO));
        fault.await;
        let wanted = self.published.load(Ordering::Relaxed) + FURTHER;
        self.reach(wanted).await;
        self.last.lock().unwrap().unwrap().1
    }

    async fn reach(&self, wanted: u64) {
        let came = async {
            while (self.delivered.lock().unwrap().len() as u64) < wanted {
                sleep(PAUSE).await;
            }
        };
        let came = timeout(LONG, came).await;
        assert!(came.is_ok(), "{} of {wanted} were delivered", self.delivered.lock().unwrap().len());
    }
}

async fn publish(broker: Arc<dyn Broker>, ledger: Arc<Ledger>) {
    while !ledger.is_over.load(Ordering::Relaxed) {
        let number = ledger.published.load(Ordering::Relaxed);
        let sent = message(&number.to_string());
        while broker.publish(vec![sent.clone()]).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
        ledger.published.fetch_add(1, Ordering::Relaxed);
        sleep(PAUSE).await;
    }
}

async fn consume(consumer: Arc<dyn Consumer>, ledger: Arc<Ledger>) {
    loop {
        match consumer.next(100).await {
            Ok(deliveries) => {
                for delivery in deliveries {
                    ledger.note(text(&delivery));
                    let _ = consumer.acknowledge(&delivery).await;
                }
            }
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A ledger that is being written.
pub struct Traffic {
    pub ledger: Arc<Ledger>,
    publishing: JoinHandle<()>,
    consuming: JoinHandle<()>,
}

impl Traffic {
    /// Ends the publishing, waits until all messages have come, and says what has come of them.
    pub async fn close(self) -> String {
        let Self { ledger, publishing, consuming } = self;
        ledger.is_over.store(true, Ordering::Relaxed);
        publishing.await.unwrap();
        let published = ledger.published.load(Ordering::Relaxed);
        ledger.reach(published).await;
        consuming.abort();
        let delivered = ledger.delivered.lock().unwrap();
        let repeated = delivered.values().filter(|count| **count > 1).count();
        format!("{published} messages, lost {}, repeated {repeated}", published - delivered.len() as u64)
    }
}
