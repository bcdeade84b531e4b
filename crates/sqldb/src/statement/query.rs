//! The operations `Query` and `Acquire` of isolates.

use std::sync::Arc;
use std::time::Duration;

use super::routing::{MOST_UNSENT, in_pool, in_turn, script_on};
use crate::error::Error;
use crate::pool::Want;
use crate::request::{Acquire, StatementCall};
use crate::service::Service;
use crate::session::{DatabaseSession, QueuedCall};

/// Runs a statement to its end and returns its rows. `due` is its place in a session, if it is in one.
pub(crate) async fn query(
    service: Arc<Service>,
    due: Option<QueuedCall>,
    call: StatementCall,
) -> Result<Vec<u8>, Error> {
    let StatementCall { pool, patience, mut execution } = call;
    let of_work = Arc::clone(&service);
    let is_shared = due.is_none();
    let work = |deadline| async move {
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
    let patience = request.patience(isolate);
    let work = |deadline| async move {
        let idle = Duration::from_millis(pool.limits.transaction_idle_timeout);
        let begin = Some(request.begin.as_str()).filter(|begin| !begin.is_empty());
        let Some(begin) = begin else {
            return Ok(DatabaseSession::new(pool.lease(Want::Alone).await?, None, idle));
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
        Ok(DatabaseSession::new(lease, Some(begin), idle))
    };
    service.watched(patience, false, work).await
}
