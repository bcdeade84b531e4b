//! Building blocks for the tests of a provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;
use twinloop_pubsub::{
    Broker, Burial, Consumer, DeadReason, Dedupe, Delivery, Depth, NewMessage, Subscription, Topic,
};

use super::harness::Harness;

/// Time limit of a wait that is expected to end, on a busy machine too.
pub const WITHIN: Duration = Duration::from_secs(30);

/// Time after which a wait that is expected not to end is given up.
pub const A_WHILE: Duration = Duration::from_millis(400);

/// The ack deadline of tests in which leases run out: longer than a busy machine keeps a test waiting between two steps.
pub const SHORT_DEADLINE: Duration = Duration::from_secs(3);

/// Returns a subscription of the topic `t`.
pub fn subscription(name: &str) -> Subscription {
    Subscription::new("t", name)
}

/// Returns a topic with these subscriptions, which get its name and order.
pub fn topic(name: &str, ordered: bool, subscriptions: &[Subscription]) -> Topic {
    let own =
        |subscription: &Subscription| Subscription { topic: name.into(), ordered, ..subscription.clone() };
    Topic {
        name: name.into(),
        ordered,
        history: None,
        subscriptions: subscriptions.iter().map(own).collect(),
    }
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

    /// Creates a consumer whose leases run out after [`SHORT_DEADLINE`].
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

    /// Opens the broker again, with a new consumer.
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

    /// Waits until `reached`, because brokers that count by polling may be late.
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

/// Returns a new id in Twinloop's form.
pub fn new_id() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("01900000-0000-7000-8000-{:012x}", LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// Returns a message of the topic `t` whose body is `text` as JSON.
pub fn message(text: &str) -> NewMessage {
    NewMessage {
        id: new_id(),
        topic: "t".into(),
        body: Bytes::from(format!("\"{text}\"")),
        key: None,
        published_at: SystemTime::now(),
        deliver_at: None,
        priority: 0,
        dedupe: None,
        unique: None,
        trace: None,
        unwanted_by: Vec::new(),
    }
}

/// Returns a message with an ordering key.
pub fn keyed(key: &str, text: &str) -> NewMessage {
    NewMessage { key: Some(key.into()), ..message(text) }
}

/// Returns a message that is due after `delay`.
pub fn delayed<H: Harness>(harness: &H, delay: Duration, text: &str) -> NewMessage {
    NewMessage { deliver_at: Some(harness.now() + delay), ..message(text) }
}

/// Returns a message with a dedupe key.
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

/// Returns the text in a delivery's body.
pub fn text(delivery: &Delivery) -> String {
    serde_json::from_slice(&delivery.body).unwrap()
}

/// Waits for the next delivery.
pub async fn next(consumer: &dyn Consumer) -> Delivery {
    let mut deliveries = timeout(WITHIN, consumer.next(1)).await.expect("nothing was delivered").unwrap();
    assert_eq!(deliveries.len(), 1);
    deliveries.remove(0)
}

/// Waits for the next `count` deliveries and leaves them in flight.
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

/// Returns the texts of the next `count` messages, each acknowledged before the next is pulled.
pub async fn drink(consumer: &dyn Consumer, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        let delivery = next(consumer).await;
        texts.push(text(&delivery));
        consumer.acknowledge(&delivery).await.unwrap();
    }
    texts
}

/// Asserts that nothing is delivered for a while.
pub async fn nothing(consumer: &dyn Consumer) {
    if let Ok(deliveries) = timeout(A_WHILE, consumer.next(10)).await {
        let texts: Vec<String> = deliveries.unwrap().iter().map(text).collect();
        panic!("delivered: {texts:?}");
    }
}
