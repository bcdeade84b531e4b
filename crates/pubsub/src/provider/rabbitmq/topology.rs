//! The topology: the exchanges and queues that must exist at the broker, and their declaration.
//!
//! A topic has a durable fanout exchange, and a stream where it keeps a history; a subscription has a quorum queue for its messages and one for its dead letters; a
//! delay, when it is needed, has a quorum queue whose messages expire and return. Everything is declared again whenever it
//! may be missing; declaring what exists changes nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};
use twinloop_runtime::{Failure, lock};

use crate::provider::history::History;
use crate::provider::message::NewMessage;
use crate::provider::rabbitmq::address::Address;
use crate::provider::rabbitmq::envelope::Letter;
use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::history;
use crate::provider::rabbitmq::levels;
use crate::provider::rabbitmq::line::{Line, Link};
use crate::provider::rabbitmq::mail::{Mail, Outgoing};
use crate::provider::rabbitmq::names::{self, Names, exchange};
use crate::provider::subscription::{Subscription, Topic};

/// Delivery limit of a quorum queue. RabbitMQ 4 drops a message after 20 unanswered deliveries by default; Twinloop decides
/// itself how many are enough.
const DELIVERY_LIMIT: i32 = 1_000_000;

/// Interval at which levels that other processes may have created are looked for.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A topic of this process.
#[derive(Clone, Debug)]
struct Known {
    exchange: Arc<ShortString>,
    /// The stream that keeps the topic's history.
    history: Option<(ShortString, History)>,
    /// The queues of each subscription, and whether it is ordered.
    subscriptions: Vec<(Names, bool)>,
}

/// The route of a topic's messages.
#[derive(Clone, Debug)]
struct Route {
    exchange: Arc<ShortString>,
    /// Whether this process has subscriptions of the topic: then a message that reaches no queue does not count as
    /// published.
    is_subscribed: bool,
}

/// A new message with the route of its topic.
#[derive(Clone, Debug)]
pub(super) struct Addressed {
    letter: Letter,
    route: Route,
}

impl Mail for Addressed {
    fn outgoing(&self) -> Outgoing {
        Outgoing {
            exchange: ShortString::clone(&self.route.exchange),
            routing_key: ShortString::default(),
            mandatory: self.route.is_subscribed,
            properties: self.letter.properties(),
            body: self.letter.body.clone(),
        }
    }
}

/// The topics and levels that this process knows, with what was declared.
pub(super) struct Topology {
    address: Address,
    known: Mutex<HashMap<String, Known>>,
    /// The number of the line over which all known topics were declared last.
    declared_over: AtomicU64,
    /// Levels by name, with the time of their last declaration.
    levels: Mutex<HashMap<ShortString, Instant>>,
    /// The levels of a subscription that exist, and when all were asked for.
    found: Mutex<HashMap<ShortString, (Instant, Vec<u64>)>>,
}

impl Topology {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            known: Mutex::default(),
            declared_over: AtomicU64::new(0),
            levels: Mutex::default(),
            found: Mutex::default(),
        }
    }

    /// Adds topics and declares them.
    pub(super) async fn declare(&self, line: &Line, topics: &[Topic]) -> Result<(), Failure> {
        for topic in topics {
            let mut subscriptions = Vec::with_capacity(topic.subscriptions.len());
            for Subscription { topic, name, ordered, .. } in &topic.subscriptions {
                subscriptions.push((Names::new(topic, name)?, *ordered));
            }
            let history = match topic.history {
                Some(history) => Some((names::history(&topic.name)?, history)),
                None => None,
            };
            let known = Known { exchange: Arc::new(exchange(&topic.name)?), history, subscriptions };
            let mut all = lock(&self.known);
            let entry = all.entry(topic.name.clone()).or_insert_with(|| known.clone());
            entry.history = known.history.or(entry.history.take());
            for subscription in known.subscriptions {
                entry.subscriptions.retain(|(names, _)| *names != subscription.0);
                entry.subscriptions.push(subscription);
            }
        }
        self.declare_known(line).await
    }

    /// Declares all known topics again if the line has changed.
    pub(super) async fn renew(&self, line: &Line) -> Result<(), Failure> {
        if self.declared_over.load(Ordering::Acquire) == line.number {
            return Ok(());
        }
        self.declare_known(line).await
    }

    /// Declares all known topics.
    pub(super) async fn declare_known(&self, line: &Line) -> Result<(), Failure> {
        let known: Vec<Known> = lock(&self.known).values().cloned().collect();
        let channel = line.channel().await.map_err(|error| fault::lost(&self.address, &error))?;
        for Known { exchange, history, subscriptions } in &known {
            self.declare_exchange(&channel, exchange).await?;
            if let Some((stream, history)) = history {
                history::declare(&self.address, &channel, (exchange, stream), history).await?;
            }
            for (names, ordered) in subscriptions {
                self.declare_subscription(&channel, exchange, names, *ordered).await?;
            }
        }
        self.declared_over.store(line.number, Ordering::Release);
        Ok(())
    }

    /// Finds the routes of new messages.
    ///
    /// Errors: `invalid_argument` for a name or a key that is too long.
    pub(super) fn address_all(&self, messages: Vec<NewMessage>) -> Result<Vec<Addressed>, Failure> {
        let mut addressed: Vec<Addressed> = Vec::with_capacity(messages.len());
        let mut last: Option<(String, Route)> = None;
        for message in messages {
            let route = match &last {
                Some((topic, route)) if *topic == message.topic => route.clone(),
                _ => {
                    let route = self.route(&message.topic)?;
                    last = Some((message.topic.clone(), route.clone()));
                    route
                }
            };
            addressed.push(Addressed { letter: Letter::new(message)?, route });
        }
        Ok(addressed)
    }

    /// Returns the route of a topic's messages; a topic that was not declared here is added.
    fn route(&self, topic: &str) -> Result<Route, Failure> {
        let mut known = lock(&self.known);
        if let Some(known) = known.get(topic) {
            let is_subscribed = !known.subscriptions.is_empty();
            return Ok(Route { exchange: Arc::clone(&known.exchange), is_subscribed });
        }
        let exchange = Arc::new(exchange(topic)?);
        let added = Known { exchange: Arc::clone(&exchange), history: None, subscriptions: Vec::new() };
        known.insert(topic.to_owned(), added);
        self.declared_over.store(0, Ordering::Release);
        Ok(Route { exchange, is_subscribed: false })
    }

    async fn declare_exchange(&self, channel: &Channel, name: &ShortString) -> Result<(), Failure> {
        let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let declared = channel
            .exchange_declare(name.clone(), ExchangeKind::Fanout, options, FieldTable::default())
            .await;
        declared.map_err(|error| fault::not_declared(&self.address, &format!("the exchange {name}"), &error))
    }

    /// Declares the queues of a subscription and binds them.
    pub(super) async fn declare_subscription(
        &self,
        channel: &Channel,
        exchange: &ShortString,
        names: &Names,
        ordered: bool,
    ) -> Result<(), Failure> {
        let mut arguments = quorum();
        if ordered {
            arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
        }
        self.declare_queue(channel, &names.main, arguments).await?;
        self.declare_queue(channel, &names.dead, quorum()).await?;
        let options = QueueBindOptions::default();
        let bound = channel
            .queue_bind(names.main.clone(), exchange.clone(), "".into(), options, FieldTable::default())
            .await;
        bound
            .map_err(|error| fault::not_declared(&self.address, &format!("the queue {}", names.main), &error))
    }

    /// Ends the copies to a subscription. A missing binding is no error.
    pub(super) async fn unbind(
        &self,
        link: &Link,
        exchange: &ShortString,
        names: &Names,
    ) -> Result<(), Failure> {
        let lost = |error: lapin::Error| fault::lost(&self.address, &error);
        let channel = link.line().await?.channel().await.map_err(lost)?;
        let unbound = channel
            .queue_unbind(names.main.clone(), exchange.clone(), "".into(), FieldTable::default())
            .await;
        match unbound {
            Err(error) if fault::soft(&error).is_none() => Err(lost(error)),
            _ => Ok(()),
        }
    }

    /// Declares a topic's exchange together with the queue of a subscription.
    pub(super) async fn declare_whole(
        &self,
        channel: &Channel,
        topic: &str,
        names: &Names,
        ordered: bool,
    ) -> Result<(), Failure> {
        let exchange = exchange(topic)?;
        self.declare_exchange(channel, &exchange).await?;
        self.declare_subscription(channel, &exchange, names, ordered).await
    }

    /// Declares a level, unless that was done recently, and returns its name.
    pub(super) async fn level(&self, line: &Line, names: &Names, ms: u64) -> Result<ShortString, Failure> {
        let name = names.level(ms)?;
        let known = lock(&self.levels).get(&name).copied();
        if known.is_some_and(|at| at.elapsed() < levels::RENEW_AFTER) {
            return Ok(name);
        }
        let mut arguments = quorum();
        for (argument, value) in [("x-message-ttl", ms), ("x-expires", levels::expires_ms(ms))] {
            arguments
                .insert(argument.into(), AMQPValue::LongLongInt(i64::try_from(value).unwrap_or(i64::MAX)));
        }
        for (argument, value) in [
            ("x-dead-letter-exchange", ""),
            ("x-dead-letter-routing-key", names.main.as_str()),
            // An expired message is kept until the main queue has confirmed it.
            ("x-dead-letter-strategy", "at-least-once"),
            ("x-overflow", "reject-publish"),
        ] {
            arguments.insert(argument.into(), AMQPValue::LongString(value.into()));
        }
        let at = Instant::now();
        let channel = line.channel().await.map_err(|error| fault::lost(&self.address, &error))?;
        self.declare_queue(&channel, &name, arguments).await?;
        lock(&self.levels).insert(name.clone(), at);
        Ok(name)
    }

    /// Returns the levels of a subscription that are worth asking for. The broker closes the channel and logs an error for a
    /// missing queue, so levels that other processes may have created are asked for only now and then.
    pub(super) fn likely_levels(&self, names: &Names) -> Vec<u64> {
        let declared = lock(&self.levels);
        let is_declared = |ms: u64| names.level(ms).is_ok_and(|name| declared.contains_key(&name));
        let found = lock(&self.found);
        match found.get(&names.main) {
            Some((at, found)) if at.elapsed() < LOOK_AGAIN_AFTER => {
                levels::all().filter(|ms| found.contains(ms) || is_declared(*ms)).collect()
            }
            _ => levels::all().collect(),
        }
    }

    /// Records which of the levels that were asked for exist.
    pub(super) fn note_levels(&self, names: &Names, asked: &[u64], there: Vec<u64>) {
        let mut found = lock(&self.found);
        let all = asked.len() == levels::all().count();
        match found.get_mut(&names.main) {
            Some((_, known)) if !all => *known = there,
            _ => drop(found.insert(names.main.clone(), (Instant::now(), there))),
        }
    }

    /// Forgets which levels were declared, because some may be missing.
    pub(super) fn forget_levels(&self) {
        lock(&self.levels).clear();
    }

    async fn declare_queue(
        &self,
        channel: &Channel,
        name: &ShortString,
        arguments: FieldTable,
    ) -> Result<(), Failure> {
        let options = QueueDeclareOptions { durable: true, ..Default::default() };
        let declared = channel.queue_declare(name.clone(), options, arguments).await;
        declared
            .map(drop)
            .map_err(|error| fault::not_declared(&self.address, &format!("the queue {name}"), &error))
    }
}

pub(super) fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    arguments
}
