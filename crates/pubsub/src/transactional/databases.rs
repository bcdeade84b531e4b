//! The app's own databases: transactions that a publish joins, and the inbox of handlers whose effects happen once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use twinloop_runtime::{Core, Failure, Level, Sql, SqlPool, SqlStatements, SqlValue, lock};

use crate::engine::Health;
use crate::provider::broker::Broker;
use crate::provider::message::{NewMessage, Published};
use crate::provider::postgres::place::Location;
use crate::provider::postgres::schema::INBOX;
use crate::provider::recall::Recall;
use crate::request::{DeclaredDatabase, TransactionTurn};
use crate::transactional::outbox::{self, Relay, RelayEvent, WAITS, is_true};

/// Deletes old rows of the inbox. A row is needed as long as its message may come again; 30 days exceed any reasonable
/// retention.
const SWEEP: &str = "delete from twinloop.inbox where handled_at < now() - interval '30 days'";
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
/// The pause between looks whether an outbox is empty.
const LOOK: Duration = Duration::from_millis(5);
const NOTE: &str = "insert into twinloop.inbox (subscription, message_id) values ($1::text, $2::text)
    on conflict do nothing";

struct Database {
    name: String,
    pool: Arc<dyn SqlPool>,
    /// Whether rows of this database are messages of the broker.
    is_broker: bool,
    swept: tokio::sync::Mutex<Option<Instant>>,
}

/// The databases that the app declares, with their relays.
pub(crate) struct Databases {
    known: Vec<Database>,
    relays: Mutex<Vec<Relay>>,
}

impl Databases {
    /// Opens the databases that the app declares, and carries the messages in their outboxes to `broker`.
    pub(crate) async fn open(
        core: &'static Core,
        declared: &[DeclaredDatabase],
        broker: &Arc<dyn Broker>,
        health: &Arc<Health>,
    ) -> Result<Self, Failure> {
        let (mut known, mut relays) = (Vec::new(), Vec::new());
        for DeclaredDatabase { name, url } in declared {
            let sql = sql(core)?;
            let is_broker = broker.shares_database(url);
            if !is_broker {
                let reporter = RelayReporter {
                    core,
                    health: Arc::clone(health),
                    database: name.clone(),
                    has_told: AtomicBool::default(),
                };
                let report = move |report| reporter.log(&report);
                relays.push(Relay::start(sql, url, Arc::clone(broker), report).await?);
            }
            // Pubsub has connections of its own: handlers that hold all connections of the app in transactions wait for the
            // work done here.
            let location = Location::parse(url);
            let pool = sql.open(&location.url, location.connections)?;
            known.push(Database {
                name: name.clone(),
                pool,
                is_broker,
                swept: tokio::sync::Mutex::default(),
            });
        }
        Ok(Self { known, relays: Mutex::new(relays) })
    }

    /// Publishes messages in the open transaction of an isolate.
    pub(crate) async fn publish(
        &self,
        broker: &dyn Broker,
        transaction: &dyn SqlStatements,
        database: &str,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Published>, Failure> {
        if self.database(database)?.is_broker {
            broker.publish_in(transaction, messages).await
        } else if messages.iter().any(|message| message.unique.is_some()) {
            Err(Failure::failed_precondition(format!(
                "uniqueKey within a transaction needs messages in the same database, and they are in {}: set PUBSUB_URL to \
                 postgres:, or publish after the commit",
                broker.place()
            )))
        } else {
            outbox::store(transaction, messages).await
        }
    }

    /// Publishes messages with dedupe keys to a broker without them: the app's first database keeps the keys.
    pub(crate) async fn publish_deduped(
        &self,
        broker: &dyn Broker,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Published>, Failure> {
        let Some(database) = self.known.first() else {
            return Err(Failure::failed_precondition(format!(
                "{} keeps no dedupe keys: declare an SQLDatabase, which then keeps them, or leave dedupeKey out",
                broker.name()
            )));
        };
        outbox::publish(&*database.pool, messages).await
    }

    /// Records in an open transaction that a message was handled. Returns false when that was recorded before.
    pub(crate) async fn note_handled(
        &self,
        core: &'static Core,
        isolate: u32,
        turn: &TransactionTurn,
        subscription: String,
        message: String,
    ) -> Result<bool, Failure> {
        let made = match self.database(&turn.database) {
            Ok(database) => database.inbox().await,
            Err(error) => Err(error),
        };
        // Joined also without a result: later statements of the transaction wait for this turn.
        let transaction = join(core, isolate, turn).await?;
        made?;
        let parameters = vec![SqlValue::Text(subscription), SqlValue::Text(message)];
        Ok(transaction.execute(NOTE, parameters).await? == 1)
    }

    /// Recalls a message that is still in an outbox. Returns whether one had it.
    pub(crate) async fn recall(&self, topic: &str, id: &str, what: Recall) -> Result<bool, Failure> {
        for Database { pool, .. } in self.known.iter().filter(|database| !database.is_broker) {
            if outbox::recall(&**pool, topic, id, what).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until the relays have carried all that has committed. Returns whether there was anything to carry.
    pub(crate) async fn relayed(&self) -> Result<bool, Failure> {
        let mut has_waited = false;
        for Database { pool, .. } in self.known.iter().filter(|database| !database.is_broker) {
            while is_true(&pool.query(WAITS, Vec::new()).await?) {
                has_waited = true;
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(has_waited)
    }

    fn database(&self, name: &str) -> Result<&Database, Failure> {
        self.known.iter().find(|database| database.name == name).ok_or_else(|| {
            Failure::failed_precondition(format!(
                "the database {name} was declared after pubsub was opened: declare it at the top level of a module"
            ))
        })
    }

    /// Ends the relays; what is in the outboxes stays there.
    pub(crate) fn close(&self) {
        lock(&self.relays).clear();
    }
}

impl Database {
    /// Creates the inbox where it is missing, and deletes its old rows.
    async fn inbox(&self) -> Result<(), Failure> {
        let mut swept = self.swept.lock().await;
        if swept.is_some_and(|swept| swept.elapsed() < SWEEP_INTERVAL) {
            return Ok(());
        }
        INBOX.ensure(&*self.pool).await?;
        self.pool.execute(SWEEP, Vec::new()).await?;
        *swept = Some(Instant::now());
        Ok(())
    }
}

/// A place in the open transaction of an isolate, which has the transaction's turn until it is dropped.
pub(crate) async fn join(
    core: &'static Core,
    isolate: u32,
    turn: &TransactionTurn,
) -> Result<Box<dyn SqlStatements>, Failure> {
    Ok(sql(core)?.join(isolate, turn.session, turn.turn).await?)
}

fn sql(core: &'static Core) -> Result<&'static dyn Sql, Failure> {
    core.sql().ok_or_else(|| {
        Failure::failed_precondition("this build has no sqldb component: it cannot connect to PostgreSQL")
    })
}

/// Logs what happens to the relay of one database.
struct RelayReporter {
    core: &'static Core,
    health: Arc<Health>,
    database: String,
    /// Whether a failure was logged here; the broker's loss and return are logged once for all that use it.
    has_told: AtomicBool,
}

impl RelayReporter {
    fn log(&self, report: &RelayEvent) {
        match report {
            RelayEvent::BrokerFailed(error) if error.is_outage() => self.health.failed(error),
            RelayEvent::BrokerFailed(error) => {
                self.tell("failed to publish messages of the outbox to the broker; retrying", error);
            }
            RelayEvent::Failed(error) => {
                self.tell("failed to read messages of the outbox; retrying", error);
            }
            RelayEvent::Recovered => {
                self.health.reached();
                if self.has_told.swap(false, Ordering::AcqRel) {
                    let fields = json!({ "database": self.database });
                    self.core.log(Level::Info, "publishing messages of the outbox again", &fields);
                }
            }
            RelayEvent::Refused { id, topic, error } => {
                let fields = json!({
                    "database": self.database, "messageId": id, "topic": topic, "error": &error.message,
                });
                let message = "failed to publish a message of the outbox: the broker refuses it; it stays in twinloop.outbox";
                self.core.log(Level::Error, message, &fields);
            }
        }
    }

    fn tell(&self, message: &str, error: &Failure) {
        self.has_told.store(true, Ordering::Release);
        let fields = json!({ "database": self.database, "code": error.code, "error": &error.message });
        self.core.log(Level::Error, message, &fields);
    }
}
