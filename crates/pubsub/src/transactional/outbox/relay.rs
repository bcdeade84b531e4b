//! The relay: the task that carries messages from the outbox of a database to the broker.
//!
//! One relay at a time works on a database, over all processes: it holds a lock for its transaction. In that transaction it
//! reads messages, publishes them, waits for the broker's confirmation and deletes them. When it is killed in between, the
//! next relay publishes the messages again under the same ids.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;
use twinloop_runtime::{Code, Failure, Sql, SqlPool, SqlValue};

use crate::provider::broker::Broker;
use crate::provider::postgres::ANSWER_WITHIN;
use crate::provider::postgres::dedupe::SWEEP;
use crate::provider::postgres::place::Location;
use crate::provider::postgres::schema::OUTBOX;
use crate::transactional::outbox::batch::{Stored, delete, read, refuse};

const CHANNEL: &str = "twinloop_outbox";
const LOCK: &str = "select pg_try_advisory_xact_lock(1953984624, -1)";
pub(crate) const WAITS: &str = "select exists (select 1 from twinloop.outbox where refused is null)";
/// First pause between looks while no message comes.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// First pause after a failure.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LAST_BACKOFF: Duration = Duration::from_secs(5);
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// An event of a relay that its owner may log.
#[derive(Clone, Debug)]
pub enum RelayEvent {
    /// The relay fails because of the database or a row in it, and tries again; reported once until it has recovered.
    Failed(Failure),
    /// The relay fails because of the broker, and tries again; reported once until it has recovered.
    BrokerFailed(Failure),
    /// The relay works again.
    Recovered,
    /// The broker will never take this message: it stays in the table, marked with the reason.
    Refused {
        /// The message's id.
        id: String,
        /// The message's topic.
        topic: String,
        /// The broker's refusal.
        error: Failure,
    },
}

/// The relay of one database. Dropping it stops it; messages in the outbox stay there.
pub struct Relay(Vec<AbortHandle>);

impl Drop for Relay {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

/// The state of the relay's task.
struct Work<R> {
    pool: Arc<dyn SqlPool>,
    broker: Arc<dyn Broker>,
    report: R,
}

/// The outcome of a look at the outbox.
enum Look {
    Empty,
    /// Nothing was moved: the lock is with another relay, or the messages may not be published yet.
    Held,
    Moved,
}

/// The cause for which the relay makes no progress.
enum Trouble {
    OfBroker(Failure),
    Other(Failure),
}

impl<E: Into<Failure>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl Relay {
    /// Creates the outbox in the database where it is missing, and starts to carry messages to `broker`. Must be called
    /// inside the runtime.
    ///
    /// Units: two connections of its own, and one that listens unless the URL has `notify=off`; while no message comes, one
    /// query a second.
    /// Errors: the errors of the database.
    pub async fn start(
        sql: &dyn Sql,
        url: &str,
        broker: Arc<dyn Broker>,
        report: impl Fn(RelayEvent) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let location = Location::parse(url);
        let pool = sql.open(&location.url, location.connections)?;
        OUTBOX.ensure(&*pool).await?;
        let woken = Arc::new(tokio::sync::Notify::new());
        let work = Work { pool: Arc::clone(&pool), broker, report };
        let mut tasks = vec![tokio::spawn(work.run(Arc::clone(&woken))).abort_handle()];
        if location.notifies {
            tasks.push(tokio::spawn(hear(pool, woken)).abort_handle());
        }
        Ok(Self(tasks))
    }
}

async fn hear(pool: Arc<dyn SqlPool>, woken: Arc<tokio::sync::Notify>) {
    loop {
        if let Ok(mut heard) = pool.listen(CHANNEL).await {
            while heard.recv().await.is_some() {
                woken.notify_one();
            }
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

impl<R: Fn(RelayEvent) + Send + Sync> Work<R> {
    async fn run(self, woken: Arc<tokio::sync::Notify>) {
        let (mut pause, mut backoff, mut swept) = (FIRST_PAUSE, FIRST_BACKOFF, Instant::now());
        let mut told = false;
        loop {
            match self.look().await {
                Ok(Look::Moved) => pause = FIRST_PAUSE,
                Ok(Look::Empty | Look::Held) => {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => pause = (pause * 2).min(LAST_PAUSE),
                        () = woken.notified() => pause = FIRST_PAUSE,
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut told, true) {
                        (self.report)(match error {
                            Trouble::OfBroker(error) => RelayEvent::BrokerFailed(error),
                            Trouble::Other(error) => RelayEvent::Failed(error),
                        });
                    }
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(LAST_BACKOFF);
                    continue;
                }
            }
            backoff = FIRST_BACKOFF;
            if std::mem::take(&mut told) {
                (self.report)(RelayEvent::Recovered);
            }
            if swept.elapsed() > SWEEP_INTERVAL {
                swept = Instant::now();
                // The sweep is tried again a minute later.
                let _ = self.pool.execute(SWEEP, Vec::new()).await;
            }
        }
    }

    /// Carries one batch.
    async fn look(&self) -> Result<Look, Trouble> {
        if !is_true(&self.pool.query_within(WAITS, Vec::new(), ANSWER_WITHIN).await?) {
            return Ok(Look::Empty);
        }
        let transaction = self.pool.begin().await?;
        if !is_true(&transaction.query(LOCK, Vec::new()).await?) {
            return Ok(Look::Held);
        }
        let batch = read(&*transaction).await?;
        if batch.is_empty() {
            return Ok(Look::Held);
        }
        let messages = batch.iter().map(|stored| stored.message.clone()).collect();
        match self.broker.publish(messages).await {
            Ok(_) => {
                delete(&*transaction, batch.iter().map(|stored| stored.number).collect()).await?;
                transaction.commit().await?;
            }
            Err(error) if is_final(&error) => {
                // One message is to blame: the others are published one by one.
                drop(transaction);
                self.one_by_one(batch).await?;
            }
            Err(error) => return Err(Trouble::OfBroker(error)),
        }
        Ok(Look::Moved)
    }

    /// Publishes a batch message by message, and marks the ones that the broker will never take.
    async fn one_by_one(&self, batch: Vec<Stored>) -> Result<(), Trouble> {
        let transaction = self.pool.begin().await?;
        if !is_true(&transaction.query(LOCK, Vec::new()).await?) {
            return Ok(());
        }
        let mut failed = None;
        for Stored { number, message } in batch {
            let (id, topic) = (message.id.clone(), message.topic.clone());
            match self.broker.publish(vec![message]).await {
                Ok(_) => delete(&*transaction, vec![number]).await?,
                Err(error) if is_final(&error) => {
                    refuse(&*transaction, number, &error).await?;
                    (self.report)(RelayEvent::Refused { id, topic, error });
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        transaction.commit().await?;
        failed.map_or(Ok(()), |error| Err(Trouble::OfBroker(error)))
    }
}

/// Returns whether the broker will not take the message later either.
fn is_final(error: &Failure) -> bool {
    matches!(error.code, Code::InvalidArgument | Code::OutOfRange | Code::NotFound)
}

pub(crate) fn is_true(rows: &[Vec<SqlValue>]) -> bool {
    rows.first().and_then(|row| row.first()) == Some(&SqlValue::Bool(true))
}
