//! Transactions for other components: one of their own, or a place in one that an isolate has open.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use twinloop_runtime::telemetry::CallOrigin;
use twinloop_runtime::{SqlError, SqlFuture, SqlRow, SqlStatements, SqlTransaction, SqlValue};

use super::STATEMENT_LIMIT;
use super::failure::sql_error;
use crate::deadline::detached;
use crate::error::{Error, ErrorKind};
use crate::pool::{Pool, Want};
use crate::record::{StatementRecord, TransactionRecord};
use crate::service::Service;
use crate::session::{DatabaseSession, SessionTurn};
use crate::statement::class::StatementClass;
use crate::statement::routing::{ROLLED_BACK, after_statement, in_turn, lease, script_on};
use crate::statement::text_cache::StatementText;
use crate::statement::typed_exchange::{TypedRows, typed};
use crate::wire::TransactionState;

/// A place in a transaction; while it is held, statements that others send later wait.
pub(crate) struct Joined {
    turn: Arc<SessionTurn>,
    service: Arc<Service>,
}

impl Joined {
    pub(crate) fn new(turn: SessionTurn, service: Arc<Service>) -> Self {
        Self { turn: Arc::new(turn), service }
    }

    /// Runs one statement in a task of its own.
    fn run(
        &self,
        text: &str,
        parameters: Vec<SqlValue>,
    ) -> impl Future<Output = Result<TypedRows, SqlError>> + Send + use<> {
        let turn = Arc::clone(&self.turn);
        let mut execution = typed(self.service.texts.get(text), parameters);
        let caller = CallOrigin::current();
        let work = |deadline| async move {
            let class = execution.sql.class;
            if class.controls_transaction() || class == StatementClass::Script {
                let message = "a statement of a component may not begin or end the transaction it is in";
                return Err(Error::new(ErrorKind::Parameter, message));
            }
            let result = in_turn(&turn, caller.as_ref(), &mut execution, &deadline).await;
            result.map_err(|error| error.with_query(&execution.sql.text))
        };
        async move { detached(STATEMENT_LIMIT, false, work).await.map_err(sql_error) }
    }
}

impl SqlStatements for Joined {
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>> {
        let running = self.run(text, parameters);
        Box::pin(async move { running.await.map(|answer| answer.rows) })
    }

    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64> {
        let running = self.run(text, parameters);
        Box::pin(async move { running.await.map(|answer| answer.affected) })
    }

    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()> {
        let turn = Arc::clone(&self.turn);
        let (sql, caller) = (self.service.texts.get(text), CallOrigin::current());
        let work = |deadline| async move {
            let record = StatementRecord::begin(turn.session.place(caller.as_ref()), &sql, &deadline);
            let result = script_on(&turn.lease.link, &sql.text, &deadline).await;
            record.end(&result);
            // A component's text ends no transaction, and a setting that it makes is reset at the end of the session.
            let effect = StatementText { class: StatementClass::Session, ..sql.clone() };
            after_statement(&turn.session, &turn.lease.link, &effect).await;
            result.map_err(|error| error.with_query(&sql.text))
        };
        Box::pin(async move { detached(STATEMENT_LIMIT, false, work).await.map_err(sql_error) })
    }
}

/// Abandons a session when this is dropped: cancels the statement under way and rolls an open transaction back.
struct AbandonOnDrop(Arc<DatabaseSession>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        // A component rolls back by dropping the transaction, which is no fault of it.
        self.0.transaction.end("rollback");
        self.0.abandon();
    }
}

/// A transaction of a component, on a connection of its own.
pub(crate) struct Transaction {
    /// Dropped first, so that only a statement under way can still have the turn.
    place: Joined,
    _ending: AbandonOnDrop,
}

impl Transaction {
    pub(crate) async fn begin(service: Arc<Service>, pool: Arc<Pool>) -> Result<Self, Error> {
        let caller = CallOrigin::current();
        let work = |deadline| async move {
            let transaction = TransactionRecord::default();
            if let Some(caller) = &caller {
                transaction.begin(&pool.opener.record, caller);
            }
            let lease = lease(&pool, Want::Alone, &deadline).await?;
            transaction.acquired(&lease);
            let outcome = script_on(&lease.link, "begin", &deadline).await;
            if outcome.is_err() {
                lease.link.kill();
            }
            outcome?;
            // No idle limit: the component that owns the transaction decides how long it lasts.
            let session = DatabaseSession::new(&pool, lease, transaction, Some("begin"), Duration::MAX);
            let place = Joined::new(session.turn(1).await?, service);
            Ok(Self { place, _ending: AbandonOnDrop(session) })
        };
        detached(STATEMENT_LIMIT, false, work).await
    }

    async fn end(self) -> Result<(), Error> {
        let turn = Arc::clone(&self.place.turn);
        if turn.lease.link.transaction() == TransactionState::Failed {
            return Err(Error::new(ErrorKind::Aborted, ROLLED_BACK));
        }
        let (commit, caller) = (self.place.service.texts.get("commit"), CallOrigin::current());
        let work = |deadline| async move {
            let session = &turn.session;
            let record = StatementRecord::begin(session.place(caller.as_ref()), &commit, &deadline);
            let result = script_on(&turn.lease.link, &commit.text, &deadline).await;
            record.end(&result);
            let state = turn.lease.link.transaction();
            session.transaction.after(state, StatementClass::Commit, result.as_ref().err());
            if result.is_err() {
                turn.lease.link.kill();
            }
            drop(turn);
            drop(self);
            result
        };
        detached(STATEMENT_LIMIT, false, work).await
    }
}

impl SqlStatements for Transaction {
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>> {
        self.place.query(text, parameters)
    }

    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64> {
        self.place.execute(text, parameters)
    }

    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()> {
        self.place.script(text)
    }
}

impl SqlTransaction for Transaction {
    fn commit(self: Box<Self>) -> SqlFuture<'static, ()> {
        Box::pin(async move { self.end().await.map_err(sql_error) })
    }
}
