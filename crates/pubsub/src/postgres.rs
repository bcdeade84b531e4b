//! The provider whose messages are rows of PostgreSQL: durable, shared by any number of processes, and the outbox for free.
//!
//! **A row per message and subscription.** A claim takes rows that are due with `for update skip locked`, moves their due time to
//! the end of the lease and counts the attempt; an acknowledgement deletes them. A lease is named by the row and the count of
//! its claims, so that a late answer finds nothing. Of an ordered subscription only the head of each key is claimed, and a
//! unique index keeps two claims that cross from having two of one key.
//!
//! **Statements.** Publishes of one call are one statement, claims of all free room are one, acknowledgements that come together
//! are one. Nothing needs a session, so a pool in transaction mode may stand in between; it must pass prepared statements on,
//! and `?notify=off` is to be set.
//!
//! **Clocks.** Leases and delays are kept by the server's clock.

pub(crate) mod claim;
pub(crate) mod clock;
mod consumer;
mod dead;
pub(crate) mod dedupe;
mod hint;
pub(crate) mod place;
pub(crate) mod publish;
pub(crate) mod schema;
mod settle;
pub(crate) mod wake;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::task::AbortHandle;
use twinloop_runtime::{Sql, SqlPool, SqlStatements, SqlValue};

use crate::broker::{Broker, BrokerFuture, Consumer, Part, Subscription, Topic};
use crate::error::Error;
use crate::message::{DeadLetter, Depth, NewMessage, Published};
use claim::Terms;
use consumer::Supplied;
use hint::Hints;
use place::{Location, Place};
use wake::{Wakes, lock};

const DECLARE: &str = "select twinloop.declare($1::text, $2::text, $3::bool)";

/// The provider over one database.
pub struct Postgres {
    place: Place,
    pool: Arc<dyn SqlPool>,
    wakes: Arc<Wakes>,
    hints: Arc<Hints>,
    /// Numbers of the subscriptions that were declared here.
    subscriptions: Mutex<HashMap<(String, String), i64>>,
    /// The tasks that look and listen.
    tasks: Vec<AbortHandle>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Postgres {
    /// The provider of a URL. Connects to nothing yet. Must be called inside the runtime.
    ///
    /// Beside what the database takes, the URL may have `notify=off` (no hints to other processes: they look up to once a
    /// second, at first every 20 ms) and `connections` (of this process at most, default 4).
    ///
    /// Errors: `invalid_argument` for a URL that cannot be read.
    pub fn open(sql: &dyn Sql, url: &str) -> Result<Arc<Self>, Error> {
        let location = Location::parse(url);
        let pool = sql.open(&location.url, location.connections)?;
        let wakes = Arc::<Wakes>::default();
        let hints = Hints::new(location.notifies);
        let mut tasks =
            vec![tokio::spawn(Arc::clone(&wakes).look(Arc::clone(&pool), location.notifies)).abort_handle()];
        if location.notifies {
            let hearing = Arc::clone(&hints).hear(Arc::clone(&pool), Arc::clone(&wakes));
            tasks.push(tokio::spawn(hearing).abort_handle());
        }
        let place = location.place;
        Ok(Arc::new(Self { place, pool, wakes, hints, subscriptions: Mutex::default(), tasks }))
    }

    async fn declare(&self, topics: &[Topic]) -> Result<(), Error> {
        schema::ensure(&*self.pool, &schema::QUEUE).await?;
        for subscription in topics.iter().flat_map(|topic| &topic.subscriptions) {
            let parameters = vec![
                SqlValue::Text(subscription.topic.clone()),
                SqlValue::Text(subscription.name.clone()),
                SqlValue::Bool(subscription.ordered),
            ];
            let number = publish::number(&self.pool.query(DECLARE, parameters).await?);
            lock(&self.subscriptions).insert((subscription.topic.clone(), subscription.name.clone()), number);
        }
        Ok(())
    }

    async fn publish(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Error> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let topics = publish::topics_of(&messages);
        let hints = self.hints.due(&topics, &self.pool);
        let delays = messages.iter().filter_map(|message| message.deliver_at);
        let soonest = delays.min().and_then(|at| at.duration_since(std::time::SystemTime::now()).ok());
        let published = if publish::needs_transaction(&messages) {
            let transaction = self.pool.begin().await?;
            let published = publish::store(&*transaction, messages, hints).await?;
            transaction.commit().await?;
            published
        } else {
            publish::store(&*self.pool, messages, hints).await?
        };
        for topic in &topics {
            self.wakes.wake_topic(topic);
        }
        if let Some(soonest) = soonest {
            self.wakes.expect(soonest);
        }
        Ok(published)
    }

    fn consumer(&self, subscription: &Subscription) -> Result<Arc<dyn Consumer>, Error> {
        let name = (subscription.topic.clone(), subscription.name.clone());
        let number = lock(&self.subscriptions).get(&name).copied().ok_or_else(|| {
            Error::internal(format!("the subscription {} was not declared", subscription.name))
        })?;
        let terms = Terms { subscription: number, lease: subscription.ack_deadline };
        let consumer =
            Supplied::new(&self.pool, &self.wakes, &subscription.topic, terms, subscription.ordered);
        Ok(Arc::new(consumer))
    }
}

impl Broker for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn place(&self) -> String {
        self.place.to_string()
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, ()> {
        Box::pin(self.declare(topics))
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(self.publish(messages))
    }

    fn shares_database(&self, url: &str) -> bool {
        Place::of_url(url) == self.place
    }

    fn publish_in<'a>(
        &'a self,
        transaction: &'a dyn SqlStatements,
        messages: Vec<NewMessage>,
    ) -> BrokerFuture<'a, Vec<Published>> {
        // The commit is the caller's: the hint goes with it, to this process too.
        let hints = self.hints.always(&publish::topics_of(&messages));
        Box::pin(publish::store(transaction, messages, hints))
    }

    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        Box::pin(async move { self.consumer(subscription) })
    }

    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth> {
        Box::pin(dead::depth(&*self.pool, topic, subscription))
    }

    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        Box::pin(dead::dead_letters(&*self.pool, topic, subscription, limit, after))
    }

    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let count = dead::redrive(&*self.pool, topic, subscription, ids).await?;
            self.wakes.wake_topic(topic);
            Ok(count)
        })
    }

    fn purge<'a>(&'a self, topic: &'a str, subscription: &'a str, part: Part) -> BrokerFuture<'a, u64> {
        Box::pin(dead::purge(&*self.pool, topic, subscription, part))
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        self.tasks.iter().for_each(AbortHandle::abort);
        Box::pin(async { Ok(()) })
    }
}
