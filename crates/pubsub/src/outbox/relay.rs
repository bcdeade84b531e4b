//! The task that carries messages from the outbox of a database to the broker.
//!
//! One at a time per database, over all processes: it holds a lock of its transaction. In that transaction it reads messages,
//! publishes them, waits for the broker's confirmation and deletes them. Killed in between, the next one publishes them again,
//! with the ids they had.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;
use twinloop_runtime::{Sql, SqlPool, SqlValue};

use super::batch::{Stored, delete, read, refuse};
use crate::broker::Broker;
use crate::error::Error;
use crate::postgres::dedupe::SWEEP;
use crate::postgres::place::Location;
use crate::postgres::schema::{OUTBOX, ensure};

const CHANNEL: &str = "twinloop_outbox";
const LOCK: &str = "select pg_try_advisory_xact_lock(1953984624, -1)";
const WAITS: &str = "select exists (select 1 from twinloop.outbox where refused is null)";
/// Pauses between looks, while nothing comes.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// Pauses after a failure.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LAST_BACKOFF: Duration = Duration::from_secs(5);
const LISTEN_AGAIN: Duration = Duration::from_secs(30);
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// What whoever runs the relay may want to log.
#[derive(Clone, Debug)]
pub enum Report {
    /// It does not get on, and tries again; told once until it has recovered.
    Failed(Error),
    /// It gets on again.
    Recovered,
    /// The broker will never take this message: it stays in the table, marked with the reason.
    Refused {
        /// The message's id.
        id: String,
        /// Its topic.
        topic: String,
        /// Why.
        error: Error,
    },
}

/// The relay of one database. It ends when this is dropped; what is in the outbox stays there.
pub struct Relay(Vec<AbortHandle>);

impl Drop for Relay {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

/// What the task works with.
struct Work<R> {
    pool: Arc<dyn SqlPool>,
    broker: Arc<dyn Broker>,
    report: R,
}

/// How a look at the outbox has ended.
enum Look {
    Empty,
    /// Another relay is at it, or what is there may not go yet.
    Held,
    Moved,
}

impl Relay {
    /// Makes the outbox in the database where it is missing, and starts to carry messages to `broker`. Must be called inside
    /// the runtime.
    ///
    /// Units: two connections of its own, and one that listens unless the URL has `notify=off`; while nothing comes, one query a
    /// second.
    /// Errors: those of the database.
    pub async fn start(
        sql: &dyn Sql,
        url: &str,
        broker: Arc<dyn Broker>,
        report: impl Fn(Report) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let location = Location::parse(url);
        let pool = sql.open(&location.url, location.connections)?;
        ensure(&*pool, &OUTBOX).await?;
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

impl<R: Fn(Report) + Send + Sync> Work<R> {
    async fn run(self, woken: Arc<tokio::sync::Notify>) {
        let (mut pause, mut backoff, mut swept) = (FIRST_PAUSE, FIRST_BACKOFF, Instant::now());
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
                    if backoff == FIRST_BACKOFF {
                        (self.report)(Report::Failed(error));
                    }
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(LAST_BACKOFF);
                    continue;
                }
            }
            if backoff > FIRST_BACKOFF {
                backoff = FIRST_BACKOFF;
                (self.report)(Report::Recovered);
            }
            if swept.elapsed() > SWEEP_INTERVAL {
                swept = Instant::now();
                // It is tried again a minute later.
                let _ = self.pool.execute(SWEEP, Vec::new()).await;
            }
        }
    }

    /// Carries one batch.
    async fn look(&self) -> Result<Look, Error> {
        if !is_true(&self.pool.query(WAITS, Vec::new()).await?) {
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
                // One of them is to blame: the others go on.
                drop(transaction);
                self.one_by_one(batch).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(Look::Moved)
    }

    /// Publishes a batch message by message, and lets those lie that the broker will never take.
    async fn one_by_one(&self, batch: Vec<Stored>) -> Result<(), Error> {
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
                    (self.report)(Report::Refused { id, topic, error });
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        transaction.commit().await?;
        failed.map_or(Ok(()), Err)
    }
}

/// The broker will not take it later either.
fn is_final(error: &Error) -> bool {
    matches!(error.code(), "invalid_argument" | "out_of_range" | "not_found")
}

fn is_true(rows: &[Vec<SqlValue>]) -> bool {
    rows.first().and_then(|row| row.first()) == Some(&SqlValue::Bool(true))
}
