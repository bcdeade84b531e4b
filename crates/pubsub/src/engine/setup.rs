//! The setup of an engine from what an app declares.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use twinloop_runtime::{Core, Failure, Serving};
use twinloop_schema::{Registry, TypeId};

use super::{Engine, Health};
use crate::engine::deliver::subscriber::{BatchRule, Policy, Subscriber};
use crate::engine::filter::Filter;
use crate::engine::fleet;
use crate::engine::publish::publisher::Publisher;
use crate::engine::publish::topic::TopicRules;
use crate::engine::results::results_of;

use crate::provider::broker::{Broker, no_history};
use crate::provider::choose::{self, Opened};
use crate::provider::operate::Expiry;
use crate::provider::subscription;
use crate::request::{DeclaredHistory, DeclaredSubscription, DeclaredTopic, OpenBroker};
use crate::telemetry::dead_letter_log::DeadLetterLog;
use crate::telemetry::metrics::{SubscriptionMetrics, TopicMetrics, system_of};
use crate::transactional::databases::Databases;

/// Opens the broker, declares the app's topics and subscriptions there, and starts the relays of the app's databases.
///
/// Errors: `invalid_argument` for types that cannot be read, and the errors of the provider.
pub(super) async fn open(
    core: &'static Core,
    serving: Serving,
    asked: &OpenBroker,
) -> Result<Engine, Failure> {
    let opened = choose::open(core, asked).await?;
    engine_with(core, serving, asked, opened).await
}

/// Creates the engine of an app's topics over an open provider.
pub(super) async fn engine_with(
    core: &'static Core,
    serving: Serving,
    asked: &OpenBroker,
    opened: Opened,
) -> Result<Engine, Failure> {
    let Opened { broker, memory } = opened;
    let registry = Registry::from_json(&asked.types).map_err(|error| {
        Failure::invalid_argument(format!("the types of the topics cannot be read: {error}"))
    })?;
    let declared: Vec<subscription::Topic> = asked.topics.iter().map(declared_topic).collect();
    let health = Arc::new(Health::new(core, &*broker));
    if asked.declare {
        refuse_unoffered(&*broker, &asked.topics)?;
        let adopted = broker.declare(&declared).await.map_err(|error| error.at(&broker.place()))?;
        fleet::tell_of_adopted(core, &adopted);
    }
    prepare_results(&*broker, &asked.topics).await?;
    let system = system_of(broker.name());
    let databases = Databases::open(core, &asked.databases, &broker, &health).await?;
    Ok(Engine {
        core,
        memory,
        databases,
        serving,
        registry,
        topics: asked.topics.iter().map(|declared| topic(declared, system)).collect(),
        subscribers: subscribers(&asked.topics, &declared, system),
        publisher: Arc::new(Publisher::new(Arc::clone(&broker), Arc::clone(&health))),
        health,
        broker,
        pulling: AtomicBool::new(false),
        pumps: Mutex::default(),
        watch: Mutex::default(),
        gauges: Mutex::default(),
        dead_letter_log: DeadLetterLog::default(),
        expiry: asked.subscription_expiry_ms.map(Expiry::of_ms),
    })
}

/// Refuses topics and subscriptions that declare what the provider does not have.
fn refuse_unoffered(broker: &dyn Broker, topics: &[DeclaredTopic]) -> Result<(), Failure> {
    let (offer, name) = (broker.offer(), broker.name());
    if let Some(topic) = topics.iter().find(|topic| topic.priorities && !offer.priorities) {
        return Err(Failure::failed_precondition(format!(
            "the topic {} has priorities, which {name} does not have: set PUBSUB_URL to postgres: or another database, or leave \
             `priorities` out and use a topic for each priority",
            topic.name
        )));
    }
    if let Some(topic) = topics.iter().find(|topic| topic.history.is_some() && !offer.history) {
        let (topic, none) = (&topic.name, no_history(name));
        return Err(Failure::failed_precondition(format!("the topic {topic} has `history`, and {none}")));
    }
    refuse_histories(topics)?;
    let subscriptions =
        topics.iter().flat_map(|topic| topic.subscriptions.iter().map(move |each| (topic, each)));
    let mut limited = subscriptions.filter(|(_, subscription)| !subscription.limits().is_none());
    if offer.limits.is_none()
        && let Some((topic, subscription)) = limited.next()
    {
        return Err(Failure::failed_precondition(format!(
            "the subscription {}/{} has maxInFlight or rateLimit, which hold over all processes and which {name} does not have: \
             set PUBSUB_URL to postgres: or another database, or use maxConcurrency, which holds in each process",
            topic.name, subscription.name
        )));
    }
    Ok(())
}

/// Has the provider make what results are kept in, where a subscription keeps them.
async fn prepare_results(broker: &dyn Broker, topics: &[DeclaredTopic]) -> Result<(), Failure> {
    for topic in topics {
        for subscription in topic.subscriptions.iter().filter(|each| each.keep_results_ms.is_some()) {
            let results = results_of(broker, &format!("{}/{}", topic.name, subscription.name))?;
            results.prepare().await.map_err(|error| error.at(&broker.place()))?;
        }
    }
    Ok(())
}

fn topic(declared: &DeclaredTopic, system: &'static str) -> TopicRules {
    TopicRules {
        name: declared.name.clone(),
        message: declared.message.map(TypeId),
        ordering_attribute: declared.ordering_attribute.clone(),
        priorities: declared.priorities,
        max_message_bytes: declared.max_message_bytes,
        filters: filters(declared),
        metrics: TopicMetrics::new(system, &declared.name),
    }
}

fn filters(declared: &DeclaredTopic) -> Vec<(String, Filter)> {
    let subscriptions = declared.subscriptions.iter();
    subscriptions.filter_map(|each| Some((each.name.clone(), each.filter.clone()?))).collect()
}

/// Refuses a subscription that would begin in a history that is not kept, or that would bring older messages of a key behind newer ones.
fn refuse_histories(topics: &[DeclaredTopic]) -> Result<(), Failure> {
    for topic in topics {
        let Some(subscription) = topic.subscriptions.iter().find(|subscription| subscription.from.is_some())
        else {
            continue;
        };
        let name = format!("{}/{}", topic.name, subscription.name);
        if topic.history.is_none() {
            return Err(Failure::invalid_argument(format!(
                "the subscription {name} has `from`, and its topic keeps no history: give the topic `history`"
            )));
        }
        if topic.ordered {
            return Err(Failure::invalid_argument(format!(
                "the subscription {name} has `from`, and its topic an orderingAttribute: what is copied from the history would come \
                 behind newer messages of its key"
            )));
        }
    }
    Ok(())
}

fn declared_topic(topic: &DeclaredTopic) -> subscription::Topic {
    let subscription = |subscription: &DeclaredSubscription| subscription::Subscription {
        topic: topic.name.clone(),
        name: subscription.name.clone(),
        ordered: topic.ordered,
        priorities: topic.priorities,
        max_concurrency: subscription.max_concurrency.max(1),
        limits: subscription.limits(),
        ack_deadline: Duration::from_millis(subscription.ack_deadline_ms.max(1)),
        expiry: subscription.expiry_ms.map(Duration::from_millis),
        dead_retention: subscription.dead_retention_ms.map(Duration::from_millis),
        from: subscription.from,
        renamed_from: subscription.renamed_from.clone(),
    };
    subscription::Topic {
        name: topic.name.clone(),
        ordered: topic.ordered,
        history: topic.history.map(DeclaredHistory::history),
        subscriptions: topic.subscriptions.iter().map(subscription).collect(),
    }
}

/// Creates the subscriptions, which are numbered through all topics.
fn subscribers(
    topics: &[DeclaredTopic],
    declared: &[subscription::Topic],
    system: &'static str,
) -> Vec<Arc<Subscriber>> {
    let mut subscribers = Vec::new();
    for (number, (topic, known)) in topics.iter().zip(declared).enumerate() {
        for (subscription, known) in topic.subscriptions.iter().zip(&known.subscriptions) {
            let place = u16::try_from(subscribers.len()).unwrap_or(u16::MAX);
            let metrics = SubscriptionMetrics::new(system, &known.topic, &known.name);
            let subscriber = Subscriber::new(place, number, known.clone(), policy(subscription), metrics);
            subscribers.push(Arc::new(subscriber));
        }
    }
    subscribers
}

fn batch_rule(declared: &DeclaredSubscription) -> Option<BatchRule> {
    let batch = declared.batch.as_ref()?;
    // A larger batch would wait for messages that are never pulled.
    let most = batch.max_size.clamp(1, declared.max_concurrency.max(1));
    Some(BatchRule { most, wait: Duration::from_millis(batch.max_wait_ms) })
}

fn policy(declared: &DeclaredSubscription) -> Policy {
    Policy {
        timeout: Duration::from_millis(declared.timeout_ms),
        retention: Duration::from_millis(declared.retention_ms),
        min_backoff: Duration::from_millis(declared.min_backoff_ms),
        max_backoff: Duration::from_millis(declared.max_backoff_ms),
        max_retries: u32::try_from(declared.max_retries).ok(),
        batch: batch_rule(declared),
        filter: declared.filter.clone(),
        keep_results: declared.keep_results_ms.map(Duration::from_millis),
    }
}
