//! What the tests of a provider are written with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;
use twinloop_pubsub::{
    Broker, Burial, Consumer, DeadReason, Dedupe, Delivery, Depth, NewMessage, Subscription, Topic,
};

use super::harness::Harness;

/// A wait that is meant to end takes at most this long, on a busy machine too.
pub const WITHIN: Duration = Duration::from_secs(30);

/// A wait that is meant not to end is given up after this long.
pub const A_WHILE: Duration = Duration::from_millis(400);

/// The ack deadline of tests in which leases run out.
pub const SHORT_DEADLINE: Duration = Duration::from_secs(1);

/// A subscription of the topic `t`.
pub fn subscription(name: &str) -> Subscription {
    Subscription {
        topic: "t".into(),
        name: name.into(),
        ordered: false,
        max_concurrency: 100,
        ack_deadline: Duration::from_secs(30),
    }
}

/// A topic with these subscriptions, whose topic and order become its own.
pub fn topic(name: &str, ordered: bool, subscriptions: &[Subscription]) -> Topic {
    let own =
        |subscription: &Subscription| Subscription { topic: name.into(), ordered, ..subscription.clone() };
    Topic { name: name.into(), ordered, subscriptions: subscriptions.iter().map(own).collect() }
}

/// A broker with one topic `t` and one subscription `s`, and a consumer of it.
pub struct One {
    pub broker: Arc<dyn Broker>,
    pub subscription: Subscription,
    pub consumer: Arc<dyn Consumer>,
}

impl One {
    pub async fn of<H: Harness>(harness: &H) -> Self {
        Self::with(harness, subscription("s")).await
    }

    pub async fn ordered<H: Harness>(harness: &H) -> Self {
        Self::with(harness, Subscription { ordered: true, ..subscription("s") }).await
    }

    /// Its leases run out after a second.
    pub async fn short<H: Harness>(harness: &H) -> Self {
        Self::with(harness, Subscription { ack_deadline: SHORT_DEADLINE, ..subscription("s") }).await
    }

    pub async fn with<H: Harness>(harness: &H, subscription: Subscription) -> Self {
        let broker = harness.broker();
        broker
            .declare(&[topic("t", subscription.ordered, std::slice::from_ref(&subscription))])
            .await
            .unwrap();
        let consumer = broker.consume(&subscription).await.unwrap();
        Self { broker, subscription, consumer }
    }

    /// The same after the broker was opened again.
    pub async fn reopened<H: Harness>(self, harness: &mut H) -> Self {
        let subscription = self.subscription.clone();
        drop(self);
        harness.reopen().await;
        Self::with(harness, subscription).await
    }

    /// Publishes one message after the other.
    pub async fn publish(&self, messages: impl IntoIterator<Item = NewMessage>) {
        for message in messages {
            self.broker.publish(vec![message]).await.unwrap();
        }
    }

    pub async fn depth(&self) -> Depth {
        self.broker.depth("t", "s").await.unwrap()
    }

    /// Waits until `reached`: brokers that count by polling may be a moment late.
    pub async fn depth_becomes(&self, reached: impl Fn(&Depth) -> bool) -> Depth {
        let started = tokio::time::Instant::now();
        loop {
            let depth = self.depth().await;
            if reached(&depth) || started.elapsed() > WITHIN {
                assert!(reached(&depth), "{depth:?}");
                return depth;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Buries the next message.
    pub async fn bury_next(&self) -> Delivery {
        let delivery = next(&*self.consumer).await;
        self.consumer.bury(&delivery, burial(DeadReason::RetriesExhausted)).await.unwrap();
        delivery
    }
}

/// An id in the form of ours.
pub fn new_id() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("01900000-0000-7000-8000-{:012x}", LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// A message of the topic `t` whose body is `text` as JSON.
pub fn message(text: &str) -> NewMessage {
    NewMessage {
        id: new_id(),
        topic: "t".into(),
        body: Bytes::from(format!("\"{text}\"")),
        key: None,
        published_at: SystemTime::now(),
        deliver_at: None,
        dedupe: None,
        trace: None,
    }
}

/// The same with an ordering key.
pub fn keyed(key: &str, text: &str) -> NewMessage {
    NewMessage { key: Some(key.into()), ..message(text) }
}

/// The same, due after `delay`.
pub fn delayed<H: Harness>(harness: &H, delay: Duration, text: &str) -> NewMessage {
    NewMessage { deliver_at: Some(harness.now() + delay), ..message(text) }
}

/// The same with a dedupe key.
pub fn deduped<H: Harness>(harness: &H, key: &str, window: Duration) -> NewMessage {
    let dedupe = Some(Dedupe { key: key.into(), until: harness.now() + window });
    NewMessage { dedupe, ..message(key) }
}

pub fn burial(reason: DeadReason) -> Burial {
    Burial {
        reason,
        error: "internal: it broke".into(),
        stack: Some("Error: it broke\n    at handler".into()),
    }
}

/// What a delivery says.
pub fn text(delivery: &Delivery) -> String {
    serde_json::from_slice(&delivery.body).unwrap()
}

/// The next delivery.
pub async fn next(consumer: &dyn Consumer) -> Delivery {
    let mut deliveries = timeout(WITHIN, consumer.next(1)).await.expect("nothing was delivered").unwrap();
    assert_eq!(deliveries.len(), 1);
    deliveries.remove(0)
}

/// The next `count` deliveries, taken as they come and left out.
pub async fn take(consumer: &dyn Consumer, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let room = count - taken.len();
        let more = timeout(WITHIN, consumer.next(room)).await;
        let more = more.unwrap_or_else(|_| panic!("{} of {count} were delivered", taken.len())).unwrap();
        assert!((1..=room).contains(&more.len()), "{} deliveries for a room of {room}", more.len());
        taken.extend(more);
    }
    taken
}

/// The texts of the next `count` messages, each acknowledged before the next is asked for.
pub async fn drink(consumer: &dyn Consumer, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        let delivery = next(consumer).await;
        texts.push(text(&delivery));
        consumer.acknowledge(&delivery).await.unwrap();
    }
    texts
}

/// Sees that nothing is delivered for a while.
pub async fn nothing(consumer: &dyn Consumer) {
    if let Ok(deliveries) = timeout(A_WHILE, consumer.next(10)).await {
        let texts: Vec<String> = deliveries.unwrap().iter().map(text).collect();
        panic!("delivered: {texts:?}");
    }
}
