//! Routing of statements, of isolates and components alike: to a shared connection, to one of their own, or to that of a session.

use std::sync::Arc;

use twinloop_runtime::telemetry::CallOrigin;

use super::class::StatementClass;
use super::run::{Exchange, MOST_ATTEMPTS, StatementExecution, run_to_end};
use super::script::COPIES;
use super::text_cache::{StatementText, TextCache};
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::pool::{ConnectionLease, Pool, Want};
use crate::record::{StatementPlace, StatementRecord};
use crate::session::{DatabaseSession, SessionTurn, Traces, restore};
use crate::wire::TransactionState;

/// Most dead connections that are skipped for one statement.
pub(crate) const MOST_UNSENT: usize = 3;

/// Runs a statement on any connection of the pool. `caller` is who asks, as [`StatementPlace`] says.
pub(crate) async fn in_pool<X: Exchange>(
    pool: &Pool,
    texts: &TextCache,
    caller: Option<&CallOrigin>,
    execution: &mut StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<X::Output, Error> {
    let place = StatementPlace { pool: &pool.opener.record, caller, transaction: None };
    let record = StatementRecord::begin(place, &execution.sql, deadline);
    execution.name_span(&record);
    let result = routed(pool, texts, execution, deadline).await;
    record.end(&result);
    result
}

/// Runs a statement on a connection of the kind that its text asks for.
async fn routed<X: Exchange>(
    pool: &Pool,
    texts: &TextCache,
    execution: &mut StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<X::Output, Error> {
    match execution.sql.class {
        StatementClass::Plain => {
            execution.is_shared = true;
            let mut result = shared(pool, execution, deadline).await;
            // The connection had ended before the statement was sent: retry on another.
            for _ in 0..MOST_UNSENT {
                if !result.as_ref().is_err_and(Error::is_unsent) {
                    break;
                }
                result = shared(pool, execution, deadline).await;
            }
            if !matches!(&result, Err(error) if error.kind == ErrorKind::NeedsAlone) {
                return result;
            }
            execution.is_shared = false;
            execution.sql.class = StatementClass::Session;
            texts.isolate(&execution.sql.text);
            alone(pool, execution, deadline).await
        }
        StatementClass::Session | StatementClass::Script => alone(pool, execution, deadline).await,
        StatementClass::Copy => Err(Error::new(ErrorKind::Parameter, COPIES)),
        _ => Err(Error::new(ErrorKind::Parameter, X::NO_TRANSACTION)),
    }
}

/// Borrows a connection, and notes how long the statement has waited for it.
pub(crate) async fn lease(
    pool: &Pool,
    want: Want,
    deadline: &Arc<Deadline>,
) -> Result<ConnectionLease, Error> {
    let leased = pool.lease(want).await;
    match &leased {
        Ok(lease) => deadline.noted.wait(lease.waited),
        Err(error) if error.kind == ErrorKind::AcquireTimeout => {
            deadline.noted.wait(pool.limits.acquire_timeout());
        }
        Err(_) => {}
    }
    leased
}

/// Runs a plain statement on a shared connection.
async fn shared<X: Exchange>(
    pool: &Pool,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<X::Output, Error> {
    let mut lease = lease(pool, Want::Shared, deadline).await?;
    let mut result = run_to_end(&lease.link, execution, deadline, false).await;
    // A CancelRequest for another statement on this connection has hit this one, which was rolled back: run it again.
    let is_canceled = result.as_ref().is_err_and(|error| error.sqlstate() == Some("57014"));
    if is_canceled && !deadline.is_given_up() && !lease.link.is_usable() {
        drop(lease);
        lease = self::lease(pool, Want::Shared, deadline).await?;
        result = run_to_end(&lease.link, execution, deadline, false).await;
    }
    // The statement has changed a setting without a word of it in its text: no other caller may get the connection.
    if lease.link.client.shared.take_setting_changes() {
        lease.link.retire();
    }
    result
}

/// Runs a statement that may leave session state on a connection of its own, and restores the connection.
async fn alone<X: Exchange>(
    pool: &Pool,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<X::Output, Error> {
    let lease = lease(pool, Want::Alone, deadline).await?;
    let result = run_unshared(&lease.link, execution, deadline, false).await;
    restore(&lease.link, Traces::of(&execution.sql)).await;
    result
}

async fn run_unshared<X: Exchange>(
    link: &Arc<Connection>,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
    in_transaction: bool,
) -> Result<X::Output, Error> {
    let class = execution.sql.class;
    if class == StatementClass::Copy {
        return Err(Error::new(ErrorKind::Parameter, COPIES));
    }
    let has_parameters = execution.exchange.parameter_count() > 0;
    if !has_parameters && (class.controls_transaction() || class == StatementClass::Script) {
        return execution.exchange.run_script(link, &execution.sql, deadline).await;
    }
    run_to_end(link, execution, deadline, in_transaction).await
}

/// Runs a statement in its turn of a session. `caller` is who asks, as [`StatementPlace`] says.
pub(crate) async fn in_turn<X: Exchange>(
    turn: &SessionTurn,
    caller: Option<&CallOrigin>,
    execution: &mut StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<X::Output, Error> {
    let session = &turn.session;
    if let (StatementClass::Begin, Some(caller)) = (execution.sql.class, caller) {
        session.transaction.begin(&session.pool, caller);
    }
    let record = StatementRecord::begin(session.place(caller), &execution.sql, deadline);
    execution.name_span(&record);
    let result = run_in_turn(turn, execution, deadline).await;
    record.end(&result);
    let state = turn.lease.link.transaction();
    session.transaction.after(state, execution.sql.class, result.as_ref().err());
    result
}

/// Runs a statement in a session. Where the first statement of a transaction turns out to be stale (prepared before the schema
/// changed), the transaction is restarted.
async fn run_in_turn<X: Exchange>(
    turn: &SessionTurn,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<X::Output, Error> {
    let (session, link) = (&turn.session, &turn.lease.link);
    let before = link.transaction();
    if execution.sql.class == StatementClass::Commit && before == TransactionState::Failed {
        return Err(roll_back_instead(session, link).await);
    }
    let mut result = run_unshared(link, execution, deadline, before != TransactionState::Idle).await;
    for _ in 1..MOST_ATTEMPTS {
        if !result.as_ref().is_err_and(Error::is_stale_statement) {
            break;
        }
        let Some(preamble) = session.preamble() else { break };
        if !restart_transaction(link, &preamble).await {
            break;
        }
        result = run_unshared(link, execution, deadline, true).await;
    }
    after_statement(session, link, &execution.sql).await;
    if result.as_ref().is_err_and(Error::breaks_connection) {
        link.kill();
    }
    result
}

/// Restarts a transaction by its preamble; `false` where that fails.
async fn restart_transaction(link: &Connection, preamble: &[Arc<str>]) -> bool {
    if link.transaction() != TransactionState::Failed || link.client.run("rollback").await.is_err() {
        return false;
    }
    for text in preamble {
        if link.client.run(text).await.is_err() {
            return false;
        }
    }
    link.transaction() == TransactionState::Open
}

/// Records what a statement of a session has changed on its connection.
pub(crate) async fn after_statement(session: &DatabaseSession, link: &Connection, sql: &StatementText) {
    session.record_effects(sql, link);
    let ends =
        matches!(sql.class, StatementClass::Commit | StatementClass::Rollback | StatementClass::RollbackTo);
    let may_have_moved = sql.effects.changes_path || (ends && link.has_other_path());
    if may_have_moved
        && link.transaction() != TransactionState::Failed
        && link.read_search_path().await.is_err()
    {
        link.retire();
    }
    if sql.effects.prepares {
        link.forget_all();
    }
}

/// The message where a commit was asked for and the transaction had failed.
pub(crate) const ROLLED_BACK: &str =
    "the transaction was rolled back, not committed: one of its statements had failed";

/// Rolls a failed transaction back and returns the error `aborted`: PostgreSQL answers COMMIT with ROLLBACK and no error there.
async fn roll_back_instead(session: &DatabaseSession, link: &Arc<Connection>) -> Error {
    if let Err(failure) = link.client.run("rollback").await {
        return failure.into();
    }
    after_statement(session, link, &StatementText::new("rollback")).await;
    Error::new(ErrorKind::Aborted, ROLLED_BACK)
}

/// Runs a text for its effects; its rows are dropped.
pub(crate) async fn script_on(
    link: &Arc<Connection>,
    sql: &str,
    deadline: &Arc<Deadline>,
) -> Result<(), Error> {
    let entry = link.enter().await;
    deadline.entered(&entry);
    link.client.run(sql).await.map_err(|failure| Error::of_statement(&failure))
}
