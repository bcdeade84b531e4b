//! The app's own databases: transactions that a publish joins, and the inbox of handlers whose effects happen once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use twinloop_runtime::{Core, Level, Sql, SqlPool, SqlStatements, SqlValue};

use crate::broker::Broker;
use crate::error::Error;
use crate::message::{NewMessage, Published};
use crate::outbox::{self, Relay, Report};
use crate::postgres::place::Location;
use crate::postgres::schema::{INBOX, ensure};
use crate::request::{DeclaredDatabase, Turn};

/// Rows of the inbox are needed as long as a message may come again; this is longer than any retention that makes sense.
const SWEEP: &str = "delete from twinloop.inbox where handled_at < now() - interval '30 days'";
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
const NOTE: &str = "insert into twinloop.inbox (subscription, message_id) values ($1::text, $2::text)
    on conflict do nothing";

struct Database {
    name: String,
    pool: Arc<dyn SqlPool>,
    /// Its rows are messages of the broker.
    is_broker: bool,
    swept: tokio::sync::Mutex<Option<Instant>>,
}

pub(crate) struct Databases {
    known: Vec<Database>,
    relays: Mutex<Vec<Relay>>,
}

impl Databases {
    /// Opens those that the app declares, and carries the messages in their outboxes to `broker`.
    pub(crate) async fn open(
        core: &'static Core,
        declared: &[DeclaredDatabase],
        broker: &Arc<dyn Broker>,
    ) -> Result<Self, Error> {
        let (mut known, mut relays) = (Vec::new(), Vec::new());
        for DeclaredDatabase { name, url } in declared {
            let sql = sql(core)?;
            let is_broker = broker.shares_database(url);
            if !is_broker {
                let name = name.clone();
                let report = move |report| log(core, &name, &report);
                relays.push(Relay::start(sql, url, Arc::clone(broker), report).await?);
            }
            // Connections of pubsub's own: handlers that hold all of the app's in transactions wait for what is done here.
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

    /// Publishes in the transaction that an isolate has open.
    pub(crate) async fn publish(
        &self,
        broker: &dyn Broker,
        transaction: &dyn SqlStatements,
        database: &str,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Published>, Error> {
        if self.database(database)?.is_broker {
            broker.publish_in(transaction, messages).await
        } else {
            outbox::store(transaction, messages).await
        }
    }

    /// Publishes messages with dedupe keys to a broker that knows none: the app's first database keeps them.
    pub(crate) async fn publish_deduped(
        &self,
        broker: &dyn Broker,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Published>, Error> {
        let Some(database) = self.known.first() else {
            return Err(Error::precondition(format!(
                "{} keeps no dedupe keys: declare an SQLDatabase, which then keeps them, or leave dedupeKey out",
                broker.name()
            )));
        };
        outbox::publish(&*database.pool, messages).await
    }

    /// Notes in an open transaction that a message was handled; false when it was noted before.
    pub(crate) async fn note_handled(
        &self,
        core: &'static Core,
        isolate: u32,
        turn: &Turn,
        subscription: String,
        message: String,
    ) -> Result<bool, Error> {
        let made = match self.database(&turn.0) {
            Ok(database) => database.inbox().await,
            Err(error) => Err(error),
        };
        // Joined even then: the transaction's later statements wait for this turn.
        let transaction = join(core, isolate, turn).await?;
        made?;
        let parameters = vec![SqlValue::Text(subscription), SqlValue::Text(message)];
        Ok(transaction.execute(NOTE, parameters).await? == 1)
    }

    fn database(&self, name: &str) -> Result<&Database, Error> {
        self.known.iter().find(|database| database.name == name).ok_or_else(|| {
            Error::precondition(format!(
                "the database {name} was declared after pubsub was opened: declare it at the top level of a module"
            ))
        })
    }

    /// Ends the relays; what is in the outboxes stays there.
    pub(crate) fn close(&self) {
        self.relays.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Database {
    /// Makes the inbox where it is missing, and forgets what is old.
    async fn inbox(&self) -> Result<(), Error> {
        let mut swept = self.swept.lock().await;
        if swept.is_some_and(|swept| swept.elapsed() < SWEEP_INTERVAL) {
            return Ok(());
        }
        ensure(&*self.pool, &INBOX).await?;
        self.pool.execute(SWEEP, Vec::new()).await?;
        *swept = Some(Instant::now());
        Ok(())
    }
}

/// A place in the transaction that an isolate has open. It is that transaction's turn until this is dropped.
pub(crate) async fn join(
    core: &'static Core,
    isolate: u32,
    turn: &Turn,
) -> Result<Box<dyn SqlStatements>, Error> {
    Ok(sql(core)?.join(isolate, turn.1, turn.2).await?)
}

fn sql(core: &'static Core) -> Result<&'static dyn Sql, Error> {
    core.sql().ok_or_else(|| Error::precondition("this build does not speak to PostgreSQL"))
}

fn log(core: &Core, database: &str, report: &Report) {
    match report {
        Report::Failed(error) => {
            let fields = json!({ "database": database, "code": error.code(), "error": error.message() });
            core.log(Level::Error, "messages in the outbox are not carried on; it is tried again", &fields);
        }
        Report::Recovered => {
            core.log(Level::Info, "messages in the outbox are carried on", &json!({ "database": database }));
        }
        Report::Refused { id, topic, error } => {
            let fields =
                json!({ "database": database, "messageId": id, "topic": topic, "error": error.message() });
            core.log(Level::Error, "the broker refuses a message of the outbox: it stays there", &fields);
        }
    }
}
