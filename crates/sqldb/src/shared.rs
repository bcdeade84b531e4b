//! SQL for the other components of the process, on the pools that isolates use.
//!
//! A statement runs in a task of its own, which completes also where the waiting future is dropped: the connection is given back
//! only when the server has answered. Single statements share connections and are pipelined; a transaction has one alone.

mod failure;
mod transaction;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{Sql, SqlError, SqlFuture, SqlPool, SqlRow, SqlStatements, SqlTransaction, SqlValue};

use crate::component::Sqldb;
use crate::deadline::detached;
use crate::options::PoolLimits;
use crate::pool::{Pool, Want};
use crate::record::{StatementPlace, StatementRecord};
use crate::service::Service;
use crate::session::{Traces, restore};
use crate::statement::class::StatementClass;
use crate::statement::routing::{in_pool, lease, script_on};
use crate::statement::typed_exchange::{TypedRows, typed};
use failure::sql_error;
use transaction::{Joined, Transaction};

/// Most payloads that wait for a slow reader; further ones are dropped, since they are hints only.
const MAX_HINTS: usize = 256;

impl Sql for Sqldb {
    /// Opens the pool of a URL; the limits of its first opener hold. Panics outside of a Tokio runtime.
    fn open(&self, url: &str, max_connections: usize) -> Result<Arc<dyn SqlPool>, SqlError> {
        let limits = PoolLimits {
            max_connections: max_connections.max(1),
            connect_timeout: 10_000,
            acquire_timeout: 10_000,
            idle_timeout: 60_000,
            max_lifetime: 1_800_000,
            transaction_idle_timeout: 60_000,
        };
        let (number, pool) = self.0.open_for_component(url, limits).map_err(sql_error)?;
        Ok(Arc::new(ComponentPool { service: Arc::clone(&self.0), number, pool }))
    }

    fn join(&self, isolate: u32, session: u32, turn: u32) -> SqlFuture<'static, Box<dyn SqlStatements>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let session = service.session(isolate, session).map_err(sql_error)?;
            let turn = session.turn(turn).await.map_err(sql_error)?;
            Ok(Box::new(Joined::new(turn, service)) as Box<dyn SqlStatements>)
        })
    }
}

/// A pool as another component uses it; the pool stays open until this is dropped.
struct ComponentPool {
    service: Arc<Service>,
    number: u32,
    pool: Arc<Pool>,
}

impl Drop for ComponentPool {
    fn drop(&mut self) {
        self.service.close_for_component(self.number);
    }
}

/// The time limit of a component's statement; beyond it the statement is cancelled in the server.
const STATEMENT_LIMIT: Duration = Duration::from_secs(60);

impl ComponentPool {
    /// Runs one statement in a task of its own, for at most `limit`.
    fn run(
        &self,
        text: &str,
        parameters: Vec<SqlValue>,
        limit: Duration,
    ) -> impl Future<Output = Result<TypedRows, SqlError>> + Send + use<> {
        let mut execution = typed(self.service.texts.get(text), parameters);
        let (service, pool) = (Arc::clone(&self.service), Arc::clone(&self.pool));
        let is_shared = execution.sql.class == StatementClass::Plain;
        let caller = CallOrigin::current();
        async move {
            let work = |deadline| async move {
                let (texts, caller) = (&service.texts, caller.as_ref());
                let result = in_pool(&pool, texts, caller, &mut execution, &deadline).await;
                result.map_err(|error| error.with_query(&execution.sql.text))
            };
            detached(limit, is_shared, work).await.map_err(sql_error)
        }
    }
}

impl SqlStatements for ComponentPool {
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>> {
        self.query_within(text, parameters, STATEMENT_LIMIT)
    }

    fn query_within<'a>(
        &'a self,
        text: &'a str,
        parameters: Vec<SqlValue>,
        limit: Duration,
    ) -> SqlFuture<'a, Vec<SqlRow>> {
        let running = self.run(text, parameters, limit);
        Box::pin(async move { running.await.map(|answer| answer.rows) })
    }

    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64> {
        let running = self.run(text, parameters, STATEMENT_LIMIT);
        Box::pin(async move { running.await.map(|answer| answer.affected) })
    }

    /// Runs several statements on a connection of their own. A transaction that the text leaves open is rolled back.
    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()> {
        let sql = self.service.texts.get(text);
        let (pool, caller) = (Arc::clone(&self.pool), CallOrigin::current());
        let work = |deadline| async move {
            let place =
                StatementPlace { pool: &pool.opener.record, caller: caller.as_ref(), transaction: None };
            let record = StatementRecord::begin(place, &sql, &deadline);
            let lease = lease(&pool, Want::Alone, &deadline).await?;
            let result = script_on(&lease.link, &sql.text, &deadline).await;
            record.end(&result);
            restore(&lease.link, Traces { touched: true, ..Traces::of(&sql) }).await;
            result.map_err(|error| error.with_query(&sql.text))
        };
        Box::pin(async move { detached(STATEMENT_LIMIT, false, work).await.map_err(sql_error) })
    }
}

impl SqlPool for ComponentPool {
    fn begin(&self) -> SqlFuture<'_, Box<dyn SqlTransaction>> {
        let (service, pool) = (Arc::clone(&self.service), Arc::clone(&self.pool));
        Box::pin(async move {
            let begun = Transaction::begin(service, pool).await.map_err(sql_error)?;
            Ok(Box::new(begun) as Box<dyn SqlTransaction>)
        })
    }

    fn listen<'a>(&'a self, channel: &'a str) -> SqlFuture<'a, mpsc::Receiver<String>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            let caller = CallOrigin::current();
            let joined = pool.listen(channel.to_owned(), caller.as_ref()).await;
            let subscription = joined.map_err(sql_error)?;
            let (hints, receiver) = mpsc::channel(MAX_HINTS);
            tokio::spawn(async move {
                // An empty payload tells the reader that some may have been missed.
                while let Some(events) = tokio::select! {
                    events = subscription.next() => events,
                    () = hints.closed() => None,
                } {
                    for event in events {
                        let payload = event.get(0).and_then(serde_json::Value::as_str).unwrap_or_default();
                        let _ = hints.try_send(payload.to_owned());
                    }
                }
                subscription.close();
            });
            Ok(receiver)
        })
    }
}
