//! Running statements: on any connection, or in a session.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::error::{Error, Kind};
use crate::link::Link;
use crate::pool::{Pool, Want};
use crate::request::{Script, Statement};
use crate::run::{Ask, run_to_end};
use crate::service::Service;
use crate::session::{Session, Tracked, restore};
use crate::statement::Class;
use crate::text::Sql;
use crate::watch::{Watch, watched};

/// Runs a statement to its end and gives its rows.
pub(crate) async fn query(service: Arc<Service>, isolate: u32, payload: Bytes) -> Result<Vec<u8>, Error> {
    let (limit, token, shared) = {
        let statement: Statement<'_> = read(&payload)?;
        (statement.limit(), statement.4, statement.1 == 0)
    };
    let listed = service.tokens.list(isolate, token);
    let gone = listed.as_ref().map(|listed| Arc::clone(&listed.gone));
    let watch = Arc::new(Watch::default());
    let work = {
        let (service, watch) = (Arc::clone(&service), Arc::clone(&watch));
        async move {
            let statement: Statement<'_> = read(&payload)?;
            let (pool, session, turn) = (statement.0, statement.1, statement.2);
            let ask = statement.ask(&service.texts);
            let result = if session == 0 {
                in_pool(&*service.pool(pool)?, &ask, &watch).await
            } else {
                in_session(&service.session(session)?, turn, &ask, &watch).await
            };
            result.map_err(|error| error.with_query(&ask.sql.text))
        }
    };
    watched(work, watch, limit, gone, shared).await
}

async fn in_pool(pool: &Pool, ask: &Ask<'_>, watch: &Watch) -> Result<Vec<u8>, Error> {
    match ask.sql.class {
        Class::Plain => {}
        Class::Session | Class::Script => return alone(pool, ask, watch).await,
        _ => {
            let message =
                "a transaction must stay on one connection: use transaction() or begin(), or acquire() one";
            return Err(Error::new(Kind::Parameter, message));
        }
    }
    let lease = pool.lease(Want::Shared).await?;
    let result = run_to_end(&lease.link, ask, watch, false).await;
    // A neighbour's cancellation has hit this statement: it was rolled back, so it can be run again.
    let hit =
        |error: &Error| error.sqlstate() == Some("57014") && !watch.is_given_up() && !lease.link.is_usable();
    match result {
        Err(error) if hit(&error) => {
            drop(lease);
            let lease = pool.lease(Want::Shared).await?;
            run_to_end(&lease.link, ask, watch, false).await
        }
        other => other,
    }
}

/// Runs a statement that may leave something behind, and clears it away before anyone else has the connection.
async fn alone(pool: &Pool, ask: &Ask<'_>, watch: &Watch) -> Result<Vec<u8>, Error> {
    let lease = pool.lease(Want::Alone).await?;
    let mut tracked = Tracked { open: false, failed: false, touched: true };
    let result = run_unshared(&lease.link, ask, watch, false).await;
    tracked.note(ask.sql.class, &result);
    restore(&lease.link, tracked).await;
    result
}

/// Several statements cannot be prepared, and control of a transaction is not worth it: both are sent as text.
async fn run_unshared(
    link: &Arc<Link>,
    ask: &Ask<'_>,
    watch: &Watch,
    in_transaction: bool,
) -> Result<Vec<u8>, Error> {
    let class = ask.sql.class;
    if ask.parameters.is_empty() && (class.controls_transaction() || class == Class::Script) {
        return script_on(link, &ask.sql.text, watch).await.map(|()| b"[0,0,0]".to_vec());
    }
    run_to_end(link, ask, watch, in_transaction).await
}

async fn in_session(
    session: &Arc<Session>,
    number: u32,
    ask: &Ask<'_>,
    watch: &Watch,
) -> Result<Vec<u8>, Error> {
    let turn = session.turn(number).await?;
    let link = &turn.lease.link;
    let class = ask.sql.class;
    let tracked = session.tracked();
    if class == Class::Commit && tracked.failed {
        return roll_back_instead(session, link).await;
    }
    let result = run_unshared(link, ask, watch, tracked.open).await;
    session.note(class, &result);
    if result.as_ref().is_err_and(Error::breaks_connection) {
        link.kill();
    }
    result
}

/// The server answers the commit of a failed transaction with a rollback and no error; the caller must hear of it.
async fn roll_back_instead(session: &Session, link: &Arc<Link>) -> Result<Vec<u8>, Error> {
    let result = link.client.batch_execute("rollback").await.map_err(|error| Error::of_statement(&error));
    session.note(Class::Rollback, &result);
    result?;
    let message = "the transaction was rolled back, not committed: one of its statements had failed";
    Err(Error::new(Kind::Aborted, message))
}

pub(crate) async fn script_on(link: &Arc<Link>, sql: &str, watch: &Watch) -> Result<(), Error> {
    let entry = link.enter().await;
    watch.entered(&entry);
    link.client.batch_execute(sql).await.map_err(|error| Error::of_statement(&error))
}

/// Runs a text of several statements, on a connection of its own or in a session.
pub(crate) async fn script(service: Arc<Service>, isolate: u32, request: Script) -> Result<(), Error> {
    let limit = request.limit();
    let listed = service.tokens.list(isolate, request.4);
    let gone = listed.as_ref().map(|listed| Arc::clone(&listed.gone));
    let watch = Arc::new(Watch::default());
    let work = {
        let (service, watch) = (Arc::clone(&service), Arc::clone(&watch));
        async move {
            let sql = Sql::new(&request.5);
            let result = if request.1 == 0 {
                let lease = service.pool(request.0)?.lease(Want::Alone).await?;
                let result = script_on(&lease.link, &sql.text, &watch).await;
                // What a script leaves behind is not known: it may have begun a transaction.
                restore(&lease.link, Tracked { open: true, failed: false, touched: true }).await;
                result
            } else {
                let session = service.session(request.1)?;
                let turn = session.turn(request.2).await?;
                let result = script_on(&turn.lease.link, &sql.text, &watch).await;
                session.note(Class::Script, &result);
                result
            };
            result.map_err(|error| error.with_query(&sql.text))
        }
    };
    watched(work, watch, limit, gone, false).await
}

/// Takes a connection alone; `begin` is run on it first.
pub(crate) async fn acquire(
    service: &Arc<Service>,
    isolate: u32,
    pool: Arc<Pool>,
    begin: String,
    limit: Duration,
    token: u32,
) -> Result<u32, Error> {
    let listed = service.tokens.list(isolate, token);
    let gone = listed.as_ref().map(|listed| Arc::clone(&listed.gone));
    let watch = Arc::new(Watch::default());
    let idle = Duration::from_millis(pool.limits.transaction_idle_timeout);
    let work = {
        let watch = Arc::clone(&watch);
        async move {
            let lease = pool.lease(Want::Alone).await?;
            let mut tracked = Tracked::default();
            if !begin.is_empty() {
                let outcome = script_on(&lease.link, &begin, &watch).await;
                if outcome.is_err() {
                    lease.link.kill();
                }
                tracked.note(Class::Begin, &outcome);
                outcome?;
            }
            Ok(Session::new(isolate, lease, tracked, idle))
        }
    };
    let session = watched(work, watch, limit, gone, false).await?;
    Ok(service.hold(session))
}

/// Reads the isolate's argument.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(payload: &'a Bytes) -> Result<T, Error> {
    serde_json::from_slice(payload).map_err(|error| {
        Error::new(Kind::Internal, format!("the arguments of a query cannot be read: {error}"))
    })
}
