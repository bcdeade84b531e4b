//! PostgreSQL for the other components, over the pools that the isolates use.
//!
//! A statement runs in a task of its own: whoever waits for it may be dropped, and the connection is still given back only when
//! the server has answered. Single statements share connections and are pipelined; a transaction has one alone.

mod failure;
mod parameter;
mod row;
mod statement;
mod transaction;

use std::sync::Arc;

use tokio::sync::mpsc;
use twinloop_runtime::{Sql, SqlError, SqlFuture, SqlPool, SqlRow, SqlStatements, SqlTransaction, SqlValue};

use crate::component::Sqldb;
use crate::options::Limits;
use crate::pool::Pool;
use crate::service::Service;
use failure::sql_error;
use statement::{Work, in_pool, script_in_pool};
use transaction::{Joined, Transaction};

/// Payloads that may wait for a slow reader; the rest are dropped: they are hints.
const MAX_HINTS: usize = 256;

impl Sql for Sqldb {
    /// Must be called inside the runtime. The limits of the first opener of a URL hold for the pool.
    fn open(&self, url: &str, max_connections: usize) -> Result<Arc<dyn SqlPool>, SqlError> {
        let limits = Limits {
            max_connections: max_connections.max(1),
            connect_timeout: 10_000,
            acquire_timeout: 10_000,
            idle_timeout: 60_000,
            max_lifetime: 1_800_000,
            transaction_idle_timeout: 60_000,
        };
        let (number, pool) = self.0.open_for_component(url, limits).map_err(sql_error)?;
        Ok(Arc::new(Shared { service: Arc::clone(&self.0), number, pool }))
    }

    fn join(&self, isolate: u32, session: u32, turn: u32) -> SqlFuture<'static, Box<dyn SqlStatements>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move {
            let session = service.session(session).map_err(sql_error)?;
            if session.isolate != isolate {
                return Err(sql_error(crate::session::over()));
            }
            let turn = session.turn(turn).await.map_err(sql_error)?;
            Ok(Box::new(Joined::new(turn, service)) as Box<dyn SqlStatements>)
        })
    }
}

/// A pool as another component has it; it stays open until this is dropped.
struct Shared {
    service: Arc<Service>,
    number: u32,
    pool: Arc<Pool>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.service.close_for_component(self.number);
    }
}

impl Shared {
    fn work(&self, text: &str, parameters: Vec<SqlValue>) -> Work {
        Work::new(self.service.texts.get(text), parameters)
    }
}

impl SqlStatements for Shared {
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>> {
        let work = self.work(text, parameters);
        let pool = Arc::clone(&self.pool);
        Box::pin(async move { in_pool(pool, work).await.map(|answer| answer.rows).map_err(sql_error) })
    }

    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64> {
        let work = self.work(text, parameters);
        let pool = Arc::clone(&self.pool);
        Box::pin(async move { in_pool(pool, work).await.map(|answer| answer.affected).map_err(sql_error) })
    }

    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()> {
        let work = self.work(text, Vec::new());
        let pool = Arc::clone(&self.pool);
        Box::pin(async move { script_in_pool(pool, work).await.map_err(sql_error) })
    }
}

impl SqlPool for Shared {
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
            let joined = pool.listener.join(&pool.route, 0, channel.to_owned()).await;
            let subscription = joined.map_err(sql_error)?;
            let (hints, receiver) = mpsc::channel(MAX_HINTS);
            tokio::spawn(async move {
                // Where some may have been missed the reader is told by an empty payload.
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
