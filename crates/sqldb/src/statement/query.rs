//! The operations `Query` and `Acquire` of isolates.

use std::sync::Arc;
use std::time::Duration;

use twinloop_runtime::telemetry::CallOrigin;

use super::routing::{MOST_UNSENT, in_pool, in_turn, script_on};
use super::run::Exchange;
use super::text_cache::StatementText;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::pool::{ConnectionLease, Pool, Want};
use crate::record::{StatementPlace, StatementRecord, TransactionRecord};
use crate::request::{Acquire, StatementCall};
use crate::service::Service;
use crate::session::{DatabaseSession, QueuedCall};

/// Runs a statement to its end and returns its rows. `due` is its place in a session, if it is in one.
pub(crate) async fn query<X>(
    service: Arc<Service>,
    due: Option<QueuedCall>,
    call: StatementCall<X>,
) -> Result<X::Output, Error>
where
    X: Exchange + 'static,
    X::Output: Send + 'static,
{
    let StatementCall { pool, caller, patience, mut execution } = call;
    let of_work = Arc::clone(&service);
    let is_shared = due.is_none();
    let work = |deadline| async move {
        let (texts, caller) = (&of_work.texts, Some(&caller));
        let result = async {
            match due {
                None => in_pool(&*of_work.pool(pool)?, texts, caller, &mut execution, &deadline).await,
                Some(due) => in_turn(&due.turn().await?, caller, &mut execution, &deadline).await,
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
    caller: CallOrigin,
    request: Acquire,
) -> Result<Arc<DatabaseSession>, Error> {
    let pool = service.pool(request.pool)?;
    let patience = request.patience(isolate);
    let of_work = Arc::clone(service);
    let work = |deadline| async move {
        let idle = Duration::from_millis(pool.limits.transaction_idle_timeout);
        let begin = Some(request.begin.as_str()).filter(|begin| !begin.is_empty());
        let transaction = TransactionRecord::default();
        let Some(begin) = begin else {
            let lease = pool.lease(Want::Alone).await?;
            return Ok(DatabaseSession::new(&pool, lease, transaction, None, idle));
        };
        transaction.begin(&pool.opener.record, &caller);
        let place = StatementPlace {
            pool: &pool.opener.record,
            caller: Some(&caller),
            transaction: Some(&transaction),
        };
        let text = of_work.texts.get(begin);
        match begun(&pool, place, &text, &deadline).await {
            Ok(lease) => Ok(DatabaseSession::new(&pool, lease, transaction, Some(begin), idle)),
            Err(error) => {
                transaction.failed(&error);
                Err(error)
            }
        }
    };
    service.watched(patience, false, work).await
}

/// Borrows a connection and begins a transaction on it.
async fn begun(
    pool: &Pool,
    place: StatementPlace<'_>,
    begin: &StatementText,
    deadline: &Arc<Deadline>,
) -> Result<ConnectionLease, Error> {
    let mut lease = pool.lease(Want::Alone).await?;
    if let Some(transaction) = place.transaction {
        transaction.acquired(&lease);
    }
    let record = StatementRecord::begin(place, begin, deadline);
    let mut outcome = script_on(&lease.link, &begin.text, deadline).await;
    for _ in 0..MOST_UNSENT {
        if !outcome.as_ref().is_err_and(Error::is_unsent) {
            break;
        }
        drop(lease);
        lease = pool.lease(Want::Alone).await?;
        outcome = script_on(&lease.link, &begin.text, deadline).await;
    }
    record.end(&outcome);
    if outcome.is_err() {
        lease.link.cancel_process();
    }
    outcome.map(|()| lease)
}
