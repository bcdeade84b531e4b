//! A transaction of a component's own, and a place in one that an isolate has open.

use std::sync::Arc;
use std::time::Duration;

use twinloop_runtime::{SqlFuture, SqlRow, SqlStatements, SqlTransaction, SqlValue};

use super::failure::sql_error;
use super::statement::{Answer, Work, detached};
use crate::error::{Error, Kind};
use crate::pool::{Pool, Want};
use crate::query::script_on;
use crate::service::Service;
use crate::session::{Session, Tracked, Turn};
use crate::statement::Class;
use crate::watch::Watch;

/// A place in a transaction, for as long as it is held: statements sent later by others wait.
pub(crate) struct Joined {
    turn: Arc<Turn>,
    service: Arc<Service>,
}

impl Joined {
    pub(crate) fn new(turn: Turn, service: Arc<Service>) -> Self {
        Self { turn: Arc::new(turn), service }
    }

    async fn run(turn: Arc<Turn>, work: Work) -> Result<Answer, Error> {
        let watch = Arc::new(Watch::default());
        let of_task = Arc::clone(&watch);
        detached(
            async move {
                let class = work.sql.class;
                if class.controls_transaction() || class == Class::Script {
                    let message = "a statement of a component may not begin or end the transaction it is in";
                    return Err(Error::new(Kind::Parameter, message));
                }
                let in_transaction = turn.session.tracked().open;
                let result = work.run_on(&turn.lease.link, &of_task, in_transaction).await;
                turn.session.note(class, &result);
                if result.as_ref().is_err_and(Error::breaks_connection) {
                    turn.lease.link.kill();
                }
                result
            },
            watch,
            false,
        )
        .await
    }

    fn begin_run(&self, text: &str, parameters: Vec<SqlValue>) -> (Arc<Turn>, Work) {
        (Arc::clone(&self.turn), Work::new(self.service.texts.get(text), parameters))
    }
}

impl SqlStatements for Joined {
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>> {
        let (turn, work) = self.begin_run(text, parameters);
        Box::pin(async move { Self::run(turn, work).await.map(|answer| answer.rows).map_err(sql_error) })
    }

    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64> {
        let (turn, work) = self.begin_run(text, parameters);
        Box::pin(async move { Self::run(turn, work).await.map(|answer| answer.affected).map_err(sql_error) })
    }

    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()> {
        let (turn, work) = self.begin_run(text, Vec::new());
        let watch = Arc::new(Watch::default());
        let of_task = Arc::clone(&watch);
        let running = async move {
            let result = script_on(&turn.lease.link, &work.sql.text, &of_task).await;
            // The text is a component's own and ends no transaction; a setting it makes is undone with the rest.
            turn.session.note(Class::Session, &result);
            result.map_err(|error| error.with_query(&work.sql.text))
        };
        Box::pin(async move { detached(running, watch, false).await.map_err(sql_error) })
    }
}

/// Ends a session when it is dropped: a statement under way is cut off, an open transaction rolled back.
struct Ending(Arc<Session>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// A transaction on a connection of its own.
pub(crate) struct Transaction {
    /// Dropped first: whoever still has the turn then is a statement under way.
    place: Joined,
    _ending: Ending,
}

impl Transaction {
    pub(crate) async fn begin(service: Arc<Service>, pool: Arc<Pool>) -> Result<Self, Error> {
        let watch = Arc::new(Watch::default());
        let of_task = Arc::clone(&watch);
        let beginning = async move {
            let lease = pool.lease(Want::Alone).await?;
            let outcome = script_on(&lease.link, "begin", &of_task).await;
            if outcome.is_err() {
                lease.link.kill();
            }
            let mut tracked = Tracked::default();
            tracked.note(Class::Begin, &outcome);
            outcome?;
            // No isolate holds it, so no idle limit watches it: it lives as long as its owner wants.
            let session = Session::new(0, lease, tracked, Duration::MAX);
            let place = Joined::new(session.turn(1).await?, service);
            Ok(Self { place, _ending: Ending(session) })
        };
        detached(beginning, watch, false).await
    }

    async fn end(self) -> Result<(), Error> {
        let turn = Arc::clone(&self.place.turn);
        if turn.session.tracked().failed {
            let message = "the transaction was rolled back, not committed: one of its statements had failed";
            return Err(Error::new(Kind::Aborted, message));
        }
        let watch = Arc::new(Watch::default());
        let of_task = Arc::clone(&watch);
        detached(
            async move {
                let result = script_on(&turn.lease.link, "commit", &of_task).await;
                turn.session.note(Class::Commit, &result);
                if result.is_err() {
                    turn.lease.link.kill();
                }
                drop(turn);
                drop(self);
                result
            },
            watch,
            false,
        )
        .await
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
