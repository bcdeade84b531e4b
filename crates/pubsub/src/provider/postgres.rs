//! The PostgreSQL provider: messages are rows, durable, shared by any number of processes, and written in the app's own
//! transactions.
//!
//! **A row per message and subscription.** A claim takes due rows with `for update skip locked`, moves their due time to the
//! end of the lease and counts the attempt; an acknowledgement deletes them. A lease consists of the row's number and the
//! count of its claims, so that a late settlement finds nothing. In an ordered subscription only the front message of each
//! key is claimed, and a unique index prevents two crossing claims from taking two messages of one key.
//!
//! **Statements.** Publishes of one call are one statement, claims for all free room are one, and acknowledgements that come
//! together are one. No statement needs a session, so a pooler in transaction mode may stand in between; it must support
//! prepared statements, and the URL must have `notify=off`.
//!
//! **Clocks.** The server's clock decides on leases and delays.

pub(crate) mod claim;
pub(crate) mod clock;
mod consumer;
mod dead;
pub(crate) mod dedupe;
mod hint;
mod operate;
pub(crate) mod place;
pub(crate) mod publish;
mod recall;
mod results;
pub(crate) mod schema;
mod settle;
mod unique;
pub(crate) mod wake;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::timeout;
use twinloop_runtime::{Failure, Sql, SqlPool, SqlStatements, SqlValue, lock};

use crate::provider::broker::{Broker, Consumer};
use crate::provider::message::{DeadLetter, Depth, NewMessage, Published};
use crate::provider::offer::{LimitKeeper, Offer};
use crate::provider::operate::{Adopted, Done};
use crate::provider::pending::BrokerFuture;
use crate::provider::recall::{Recall, Recalled};
use crate::provider::results::Results;
use crate::provider::subscription::{MessageState, Subscription, Topic};
use claim::Terms;
use consumer::Supplied;
use hint::Hints;
use place::{DatabaseAddress, Location};
use results::ResultTable;
use wake::Wakes;

/// Time limit of a publish, a claim, and each statement that a lease depends on. A connection without an answer is then
/// closed and replaced.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Time limit of a statement over all messages of a subscription, which may be many millions.
pub(crate) const ALL_WITHIN: Duration = Duration::from_secs(3600);

const DECLARE: &str = "select number::int8, adopted, messages from twinloop.declare_subscription(
  $1::text, $2::text, $3::bool, $4::text[], $5::text[], $6::int8)";
const ENTER: &str = "insert into twinloop.process (place) values ($1::text) returning id::int8";

/// The provider over one database.
pub struct Postgres {
    /// The database, for messages to people.
    place: DatabaseAddress,
    /// The pool on which statements run.
    pool: Arc<dyn SqlPool>,
    wakes: Arc<Wakes>,
    hints: Arc<Hints>,
    results: ResultTable,
    /// The numbers of the subscriptions that were declared here.
    subscriptions: Mutex<HashMap<(String, String), i64>>,
    /// The tasks that poll and listen.
    tasks: Vec<AbortHandle>,
    /// The name of this process.
    process: String,
    holder: AtomicI64,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Postgres {
    /// Creates the provider of a URL without connecting. Must be called inside the runtime.
    ///
    /// The URL may have, beside the database's own options, `notify=off` (no hints to other processes, which then poll every
    /// 20 ms at first and at most once a second) and `connections` (greatest number in this process, default 4).
    ///
    /// `process` names this process to operators, such as `host/pid`.
    ///
    /// Errors: `invalid_argument` for a URL that cannot be read.
    pub fn open(sql: &dyn Sql, url: &str, process: &str) -> Result<Arc<Self>, Failure> {
        let location = Location::parse(url);
        let pool = sql.open(&location.url, location.connections)?;
        let wakes = Arc::<Wakes>::default();
        let hints = Hints::new(location.notifies);
        let mut tasks =
            vec![tokio::spawn(Arc::clone(&wakes).look(Arc::clone(&pool), location.notifies)).abort_handle()];
        let results = ResultTable::default();
        if location.notifies {
            let listeners = (Arc::clone(&wakes), Arc::clone(&results.waiters));
            let listening = Arc::clone(&hints).listen(Arc::clone(&pool), listeners);
            tasks.push(tokio::spawn(listening).abort_handle());
        }
        let place = location.place;
        let (subscriptions, holder) = (Mutex::default(), AtomicI64::new(0));
        let process = process.to_owned();
        Ok(Arc::new(Self { place, pool, wakes, hints, results, subscriptions, tasks, process, holder }))
    }

    async fn declare(&self, topics: &[Topic]) -> Result<Vec<Adopted>, Failure> {
        schema::QUEUE.ensure(&*self.pool).await?;
        if self.holder() == 0 {
            let entered = self.pool.query(ENTER, vec![SqlValue::Text(self.process.clone())]).await?;
            self.holder.store(publish::number(&entered), Ordering::Release);
        }
        let mut adopted = Vec::new();
        for topic in topics {
            let names = topic.subscriptions.iter().map(|each| Some(each.name.clone())).collect();
            let siblings = SqlValue::Texts(names);
            for subscription in &topic.subscriptions {
                adopted.extend(self.declare_one(subscription, siblings.clone()).await?);
            }
        }
        Ok(adopted)
    }

    async fn declare_one(
        &self,
        subscription: &Subscription,
        siblings: SqlValue,
    ) -> Result<Vec<Adopted>, Failure> {
        let Subscription { topic, name, .. } = subscription;
        let parameters = vec![
            SqlValue::Text(topic.clone()),
            SqlValue::Text(name.clone()),
            SqlValue::Bool(subscription.ordered),
            SqlValue::Texts(subscription.renamed_from.iter().cloned().map(Some).collect()),
            siblings,
            SqlValue::Int(subscription.expiry.map_or(-1, |expiry| clock::micros(expiry) / 1000)),
        ];
        let mut adopted = Vec::new();
        let declared = if subscription.renamed_from.is_empty() {
            self.pool.query(DECLARE, parameters).await?
        } else {
            self.pool.query_within(DECLARE, parameters, ALL_WITHIN).await?
        };
        for row in declared {
            match &row[..] {
                [SqlValue::Int(number), SqlValue::Null, _] => {
                    lock(&self.subscriptions).insert((topic.clone(), name.clone()), *number);
                }
                [_, SqlValue::Text(from), SqlValue::Int(messages)] => adopted.push(Adopted {
                    topic: topic.clone(),
                    from: from.clone(),
                    to: name.clone(),
                    messages: messages.unsigned_abs(),
                }),
                _ => {
                    return Err(Failure::internal(
                        "the result of twinloop.declare_subscription cannot be read",
                    ));
                }
            }
        }
        Ok(adopted)
    }

    fn number_of(&self, subscription: &Subscription) -> Option<i64> {
        let name = (subscription.topic.clone(), subscription.name.clone());
        lock(&self.subscriptions).get(&name).copied()
    }

    /// Returns this process's number in the table of processes; 0 before it has declared anything.
    fn holder(&self) -> i64 {
        self.holder.load(Ordering::Acquire)
    }

    /// Tells this process and others that messages of the topic may be due.
    async fn announce(&self, topic: &str) {
        self.wakes.wake_topic(topic);
        self.hints.announce(topic, &*self.pool).await;
    }

    async fn publish(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Failure> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let topics = publish::topics_of(&messages);
        let hints = self.hints.due(&topics, &self.pool);
        let delays = messages.iter().filter_map(|message| message.deliver_at);
        let soonest = delays.min().and_then(|at| at.duration_since(std::time::SystemTime::now()).ok());
        let published = if publish::needs_transaction(&messages) {
            self.publish_in_transaction(messages, hints).await?
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

    /// Publishes in a transaction. Dropped before its end, the transaction is rolled back or its outcome is unknown.
    async fn publish_in_transaction(
        &self,
        messages: Vec<NewMessage>,
        hints: Vec<String>,
    ) -> Result<Vec<Published>, Failure> {
        let publishing = async {
            let transaction = self.pool.begin().await?;
            let published = publish::store(&*transaction, messages, hints).await?;
            transaction.commit().await?;
            Ok(published)
        };
        timeout(ANSWER_WITHIN, publishing).await.unwrap_or_else(|_| {
            let seconds = ANSWER_WITHIN.as_secs();
            Err(Failure::unavailable(format!("{} has not answered within {seconds} s", self.place)))
        })
    }

    fn consumer(&self, subscription: &Subscription) -> Result<Arc<dyn Consumer>, Failure> {
        let number = self.number_of(subscription).ok_or_else(|| {
            Failure::internal(format!("the subscription {} was not declared", subscription.name))
        })?;
        let (lease, holder) = (subscription.ack_deadline, self.holder());
        let Subscription { priorities, ordered, limits, .. } = *subscription;
        let terms = Terms { subscription: number, lease, holder, priorities, ordered, limits };
        let consumer = Supplied::new(&self.pool, &self.wakes, &subscription.topic, terms);
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

    fn offer(&self) -> Offer {
        Offer {
            priorities: true,
            limits: Some(LimitKeeper::Provider),
            recall: true,
            unique_keys: true,
            history: false,
        }
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
        Box::pin(self.declare(topics))
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(self.publish(messages))
    }

    fn shares_database(&self, url: &str) -> bool {
        DatabaseAddress::of_url(url) == self.place
    }

    fn publish_in<'a>(
        &'a self,
        transaction: &'a dyn SqlStatements,
        messages: Vec<NewMessage>,
    ) -> BrokerFuture<'a, Vec<Published>> {
        // The caller commits: the hint is sent with the commit, to this process too.
        let hints = self.hints.always(&publish::topics_of(&messages));
        Box::pin(publish::store(transaction, messages, hints))
    }

    fn results(&self) -> Option<&dyn Results> {
        Some(self)
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
    ) -> BrokerFuture<'a, Done> {
        Box::pin(async move {
            let done = dead::redrive(&*self.pool, topic, subscription, ids).await?;
            self.announce(topic).await;
            Ok(done)
        })
    }

    fn purge<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        part: MessageState,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(dead::purge(&*self.pool, topic, subscription, part))
    }

    fn recall<'a>(&'a self, topic: &'a str, id: &'a str, what: Recall) -> BrokerFuture<'a, Vec<Recalled>> {
        Box::pin(async move {
            let recalled = recall::recall(&*self.pool, topic, id, what).await?;
            if let Recall::Reschedule(due) = what {
                self.wakes.expect(due.duration_since(std::time::SystemTime::now()).unwrap_or_default());
                self.announce(topic).await;
            }
            Ok(recalled)
        })
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        self.tasks.iter().for_each(AbortHandle::abort);
        Box::pin(async { Ok(()) })
    }
}
