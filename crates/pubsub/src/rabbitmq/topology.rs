//! What must be there at the broker, and making it so.
//!
//! Of a topic a durable fanout exchange; of a subscription a quorum queue for what waits and one for what was given up; of a
//! wait, made when it is needed, a quorum queue whose messages run out and go back. All of it is declared again whenever it may
//! be missing: that changes nothing where it is there.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use super::address::Address;
use super::fault;
use super::levels;
use super::line::{Line, lock};
use super::names::{Names, exchange};
use crate::broker::{Subscription, Topic};
use crate::error::Error;

/// From RabbitMQ 4 on a quorum queue drops what was delivered 20 times without an answer; how often is enough is our decision.
const DELIVERY_LIMIT: i32 = 1_000_000;

/// Levels that others may have made are looked for this often.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A topic of this process.
#[derive(Clone, Debug)]
struct Known {
    exchange: ShortString,
    /// With whether it is ordered.
    subscriptions: Vec<(Names, bool)>,
}

/// Where a message of a topic goes.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) exchange: ShortString,
    /// This process has subscriptions of it: a message that reaches no queue must not pass for published.
    pub(super) is_subscribed: bool,
}

pub(super) struct Topology {
    address: Address,
    known: Mutex<HashMap<String, Known>>,
    /// The line over which all that is known was declared last.
    declared_over: AtomicU64,
    /// Levels, and when they were declared.
    levels: Mutex<HashMap<ShortString, Instant>>,
    /// Levels that there are of a subscription, and when all were asked for.
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

    /// Makes topics known, and declares them.
    pub(super) async fn declare(&self, line: &Line, topics: &[Topic]) -> Result<(), Error> {
        for topic in topics {
            let mut subscriptions = Vec::with_capacity(topic.subscriptions.len());
            for Subscription { topic, name, ordered, .. } in &topic.subscriptions {
                subscriptions.push((Names::new(topic, name)?, *ordered));
            }
            let known = Known { exchange: exchange(&topic.name)?, subscriptions };
            let mut all = lock(&self.known);
            let entry = all.entry(topic.name.clone()).or_insert_with(|| known.clone());
            for subscription in known.subscriptions {
                entry.subscriptions.retain(|(names, _)| *names != subscription.0);
                entry.subscriptions.push(subscription);
            }
        }
        self.declare_known(line).await
    }

    /// Declares all that is known anew where the line is another than last time.
    pub(super) async fn renew(&self, line: &Line) -> Result<(), Error> {
        if self.declared_over.load(Ordering::Acquire) == line.number {
            return Ok(());
        }
        self.declare_known(line).await
    }

    /// Declares all that is known.
    pub(super) async fn declare_known(&self, line: &Line) -> Result<(), Error> {
        let known: Vec<Known> = lock(&self.known).values().cloned().collect();
        let channel = line.channel().await.map_err(|error| fault::lost(&self.address, &error))?;
        for Known { exchange, subscriptions } in &known {
            self.declare_exchange(&channel, exchange).await?;
            for (names, ordered) in subscriptions {
                self.declare_subscription(&channel, exchange, names, *ordered).await?;
            }
        }
        self.declared_over.store(line.number, Ordering::Release);
        Ok(())
    }

    /// Where messages of a topic go; one that nobody has declared here is made known.
    pub(super) fn route(&self, topic: &str) -> Result<Route, Error> {
        let mut known = lock(&self.known);
        if let Some(known) = known.get(topic) {
            return Ok(Route {
                exchange: known.exchange.clone(),
                is_subscribed: !known.subscriptions.is_empty(),
            });
        }
        let exchange = exchange(topic)?;
        known.insert(topic.to_owned(), Known { exchange: exchange.clone(), subscriptions: Vec::new() });
        self.declared_over.store(0, Ordering::Release);
        Ok(Route { exchange, is_subscribed: false })
    }

    async fn declare_exchange(&self, channel: &Channel, name: &ShortString) -> Result<(), Error> {
        let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let declared = channel
            .exchange_declare(name.clone(), ExchangeKind::Fanout, options, FieldTable::default())
            .await;
        declared.map_err(|error| fault::not_declared(&self.address, &format!("the exchange {name}"), &error))
    }

    /// The queues of a subscription, and what fills them.
    pub(super) async fn declare_subscription(
        &self,
        channel: &Channel,
        exchange: &ShortString,
        names: &Names,
        ordered: bool,
    ) -> Result<(), Error> {
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

    /// The queue of a topic's subscription together with its exchange.
    pub(super) async fn declare_whole(
        &self,
        channel: &Channel,
        topic: &str,
        names: &Names,
        ordered: bool,
    ) -> Result<(), Error> {
        let exchange = exchange(topic)?;
        self.declare_exchange(channel, &exchange).await?;
        self.declare_subscription(channel, &exchange, names, ordered).await
    }

    /// The level's name, after it was made sure that it is there and stays long enough.
    pub(super) async fn level(&self, line: &Line, names: &Names, ms: u64) -> Result<ShortString, Error> {
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
            // What has run out is kept until the other queue has confirmed it.
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

    /// The levels of a subscription that are worth asking for. The broker closes a channel, and complains in its log, when it is
    /// asked for one that there is not, so those that others may have made are looked for now and then.
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

    /// Of the levels that were asked for, these are there.
    pub(super) fn note_levels(&self, names: &Names, asked: &[u64], there: Vec<u64>) {
        let mut found = lock(&self.found);
        let all = asked.len() == levels::all().count();
        match found.get_mut(&names.main) {
            Some((_, known)) if !all => *known = there,
            _ => drop(found.insert(names.main.clone(), (Instant::now(), there))),
        }
    }

    /// Levels may be missing, whatever was declared before.
    pub(super) fn forget_levels(&self) {
        lock(&self.levels).clear();
    }

    async fn declare_queue(
        &self,
        channel: &Channel,
        name: &ShortString,
        arguments: FieldTable,
    ) -> Result<(), Error> {
        let options = QueueDeclareOptions { durable: true, ..Default::default() };
        let declared = channel.queue_declare(name.clone(), options, arguments).await;
        declared
            .map(drop)
            .map_err(|error| fault::not_declared(&self.address, &format!("the queue {name}"), &error))
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    arguments
}
