//! The operations `Query` and `Acquire` of isolates.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::routing::{MOST_UNSENT, in_pool, in_turn, script_on};
use crate::deadline::Patience;
use crate::error::{Error, ErrorKind};
use crate::pool::Want;
use crate::request::{Acquire, Head, Statement};
use crate::service::Service;
use crate::session::{DatabaseSession, QueuedCall};

/// Runs a statement to its end and returns its rows. `due` is its place in a session, if it is in one.
pub(crate) async fn query(
    service: Arc<Service>,
    isolate: u32,
    due: Option<QueuedCall>,
    payload: Bytes,
) -> Result<Vec<u8>, Error> {
    let patience = Head::read(&payload).patience(isolate);
    let of_work = Arc::clone(&service);
    let is_shared = due.is_none();
    let work = |deadline| async move {
        let statement: Statement<'_> = read(&payload)?;
        let pool = statement.pool;
        let mut execution = statement.execution(&of_work.texts);
        let result = async {
            match due {
                None => in_pool(&*of_work.pool(pool)?, &of_work.texts, &mut execution, &deadline).await,
                Some(due) => in_turn(&due.turn().await?, &execution, &deadline).await,
            }
        };
        let result = result.await;
        result.map_err(|error| error.with_query(&execution.sql.text))
    };
    service.watched(patience, is_shared, work).await
}

/// Borrows a connection for a session, and begins a transaction on it where the request has a `begin` text.
pub(crate) async fn acquire(
    service: &Arc<Service>,
    isolate: u32,
    request: Acquire,
) -> Result<Arc<DatabaseSession>, Error> {
    let pool = service.pool(request.pool)?;
    let patience = Patience { isolate, token: request.token, limit: request.limit() };
    let work = |deadline| async move {
        let idle = Duration::from_millis(pool.limits.transaction_idle_timeout);
        let begin = Some(request.begin.as_str()).filter(|begin| !begin.is_empty());
        let Some(begin) = begin else {
            return Ok(DatabaseSession::new(isolate, pool.lease(Want::Alone).await?, None, idle));
        };
        let mut lease = pool.lease(Want::Alone).await?;
        let mut outcome = script_on(&lease.link, begin, &deadline).await;
        for _ in 0..MOST_UNSENT {
            if !outcome.as_ref().is_err_and(Error::is_unsent) {
                break;
            }
            drop(lease);
            lease = pool.lease(Want::Alone).await?;
            outcome = script_on(&lease.link, begin, &deadline).await;
        }
        if outcome.is_err() {
            lease.link.cancel_process();
        }
        outcome?;
        Ok(DatabaseSession::new(isolate, lease, Some(begin), idle))
    };
    service.watched(patience, false, work).await
}

/// Parses the arguments of an operation.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(payload: &'a Bytes) -> Result<T, Error> {
    serde_json::from_slice(payload).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("the arguments of a query cannot be read: {error}"))
    })
}
