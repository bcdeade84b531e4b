//! From what an app declares to a running engine.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use twinloop_runtime::{Core, Failure, Serving};
use twinloop_schema::{Registry, TypeId};

use super::Engine;
use super::publisher::Publisher;
use super::subscriber::{Policy, Subscriber};
use super::topic::Topic;
use crate::broker;
use crate::databases::Databases;
use crate::provider::{self, Opened};
use crate::request::{DeclaredSubscription, DeclaredTopic, Open};

/// Opens the broker, makes the app's topics known to it, and starts to carry messages out of the app's own databases.
///
/// Errors: `invalid_argument` for types that cannot be read; those of the provider.
pub(crate) async fn open(core: &'static Core, asked: &Open) -> Result<Engine, Failure> {
    let opened = provider::open(core, asked).await?;
    over(core, asked, opened).await
}

/// The engine over a provider that is open.
pub(super) async fn over(core: &'static Core, asked: &Open, opened: Opened) -> Result<Engine, Failure> {
    let Opened { broker, memory } = opened;
    let registry = Registry::from_json(&asked.types).map_err(|error| {
        Failure::new("invalid_argument", format!("the types of the topics cannot be read: {error}"))
    })?;
    let declared: Vec<broker::Topic> = asked.topics.iter().map(declared_topic).collect();
    if asked.declare {
        broker.declare(&declared).await.map_err(|error| error.at(&broker.place()))?;
    }
    let databases = Databases::open(core, &asked.databases, &broker).await?;
    Ok(Engine {
        core,
        memory,
        databases,
        serving: Serving::default(),
        registry,
        topics: asked.topics.iter().map(topic).collect(),
        subscribers: subscribers(&asked.topics, &declared),
        publisher: Arc::new(Publisher::new(Arc::clone(&broker))),
        broker,
        pulling: AtomicBool::new(false),
        pumps: Mutex::default(),
        users: Mutex::new(HashSet::new()),
    })
}

fn topic(declared: &DeclaredTopic) -> Topic {
    Topic {
        name: declared.name.clone(),
        message: declared.message.map(TypeId),
        ordering_attribute: declared.ordering_attribute.clone(),
        max_message_bytes: declared.max_message_bytes,
    }
}

fn declared_topic(topic: &DeclaredTopic) -> broker::Topic {
    let subscription = |subscription: &DeclaredSubscription| broker::Subscription {
        topic: topic.name.clone(),
        name: subscription.name.clone(),
        ordered: topic.ordered,
        max_concurrency: subscription.max_concurrency.max(1),
        ack_deadline: Duration::from_millis(subscription.ack_deadline_ms.max(1)),
    };
    broker::Topic {
        name: topic.name.clone(),
        ordered: topic.ordered,
        subscriptions: topic.subscriptions.iter().map(subscription).collect(),
    }
}

/// They are numbered through all topics.
fn subscribers(topics: &[DeclaredTopic], declared: &[broker::Topic]) -> Vec<Arc<Subscriber>> {
    let mut subscribers = Vec::new();
    for (number, (topic, known)) in topics.iter().zip(declared).enumerate() {
        for (subscription, known) in topic.subscriptions.iter().zip(&known.subscriptions) {
            let place = u16::try_from(subscribers.len()).unwrap_or(u16::MAX);
            let subscriber = Subscriber::new(place, number, known.clone(), policy(subscription));
            subscribers.push(Arc::new(subscriber));
        }
    }
    subscribers
}

fn policy(declared: &DeclaredSubscription) -> Policy {
    Policy {
        timeout: Duration::from_millis(declared.timeout_ms),
        retention: Duration::from_millis(declared.retention_ms),
        min_backoff: Duration::from_millis(declared.min_backoff_ms),
        max_backoff: Duration::from_millis(declared.max_backoff_ms),
        max_retries: u32::try_from(declared.max_retries).ok(),
    }
}
