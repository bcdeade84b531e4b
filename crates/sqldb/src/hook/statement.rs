//! One statement with typed parameters, on a connection of the pool or of a transaction.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use twinloop_runtime::{SqlRow, SqlValue};

use super::parameter::TypedParameter;
use super::row::read_row;
use crate::error::{Error, Kind};
use crate::link::Link;
use crate::pool::{Pool, Want};
use crate::prepared::prepared;
use crate::query::script_on;
use crate::run::{is_stale, send_prepared};
use crate::session::{Tracked, restore};
use crate::statement::Class;
use crate::text::Sql;
use crate::watch::{Watch, watched};

/// How long a statement may take; past it, it is cancelled in the server.
const STATEMENT_LIMIT: Duration = Duration::from_secs(60);

/// A statement that is to be run.
pub(crate) struct Work {
    pub(crate) sql: Sql,
    parameters: Vec<TypedParameter>,
}

/// What a statement gave.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<SqlRow>,
    pub(crate) affected: u64,
}

impl Work {
    pub(crate) fn new(sql: Sql, parameters: Vec<SqlValue>) -> Self {
        Self { sql, parameters: parameters.into_iter().map(TypedParameter).collect() }
    }

    /// Runs it on `link`; where a plan has gone stale outside of a transaction it is prepared anew.
    pub(crate) async fn run_on(
        &self,
        link: &Arc<Link>,
        watch: &Watch,
        in_transaction: bool,
    ) -> Result<Answer, Error> {
        let result = match self.send(link, watch).await {
            Err(error) if is_stale(&error) => {
                link.forget_all();
                if in_transaction { Err(error) } else { self.send(link, watch).await }
            }
            other => other,
        };
        if result.as_ref().is_err_and(Error::breaks_connection) {
            link.retire();
        }
        result.map_err(|error| error.with_query(&self.sql.text))
    }

    async fn send(&self, link: &Arc<Link>, watch: &Watch) -> Result<Answer, Error> {
        let prepared = prepared(link, &self.sql.text).await?;
        let mut running = send_prepared(link, prepared, self.parameters.iter(), watch).await?;
        let mut rows = Vec::new();
        let codecs = running.prepared.shape.codecs();
        let stream = &mut running.rows;
        while let Some(row) = stream.try_next().await.map_err(|error| Error::of_statement(&error))? {
            rows.push(read_row(&row, codecs)?);
        }
        Ok(Answer { affected: running.affected(), rows })
    }
}

/// Runs `work` in a task of its own, for at most [`STATEMENT_LIMIT`]: dropping the caller does not end it.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
    watch: Arc<Watch>,
    shared: bool,
) -> Result<T, Error> {
    let task = tokio::spawn(watched(work, watch, STATEMENT_LIMIT, None, shared));
    task.await.unwrap_or_else(|error| {
        Err(Error::new(Kind::Internal, format!("the task of a statement has ended: {error}")))
    })
}

/// Runs it on any connection.
pub(crate) async fn in_pool(pool: Arc<Pool>, work: Work) -> Result<Answer, Error> {
    let watch = Arc::new(Watch::default());
    let of_task = Arc::clone(&watch);
    let plain = work.sql.class == Class::Plain;
    detached(
        async move {
            match work.sql.class {
                Class::Plain => shared(&pool, &work, &of_task).await,
                Class::Session => alone(&pool, &work, &of_task).await,
                _ => Err(Error::new(
                    Kind::Parameter,
                    "a transaction must stay on one connection, and several statements are a script: use begin() or script()",
                )),
            }
        },
        watch,
        plain,
    )
    .await
}

async fn shared(pool: &Pool, work: &Work, watch: &Watch) -> Result<Answer, Error> {
    let lease = pool.lease(Want::Shared).await?;
    let result = work.run_on(&lease.link, watch, false).await;
    // A neighbour's cancellation has hit this statement: it was rolled back, so it can be run again.
    let hit =
        |error: &Error| error.sqlstate() == Some("57014") && !watch.is_given_up() && !lease.link.is_usable();
    match result {
        Err(error) if hit(&error) => {
            drop(lease);
            let lease = pool.lease(Want::Shared).await?;
            work.run_on(&lease.link, watch, false).await
        }
        other => other,
    }
}

async fn alone(pool: &Pool, work: &Work, watch: &Watch) -> Result<Answer, Error> {
    let lease = pool.lease(Want::Alone).await?;
    let mut tracked = Tracked { open: false, failed: false, touched: true };
    let result = work.run_on(&lease.link, watch, false).await;
    tracked.note(work.sql.class, &result);
    restore(&lease.link, tracked).await;
    result
}

/// Runs several statements on a connection of their own. A transaction that the text leaves open is rolled back.
pub(crate) async fn script_in_pool(pool: Arc<Pool>, work: Work) -> Result<(), Error> {
    let watch = Arc::new(Watch::default());
    let of_task = Arc::clone(&watch);
    detached(
        async move {
            let lease = pool.lease(Want::Alone).await?;
            let result = script_on(&lease.link, &work.sql.text, &of_task).await;
            restore(&lease.link, Tracked { open: true, failed: false, touched: true }).await;
            result.map_err(|error| error.with_query(&work.sql.text))
        },
        watch,
        false,
    )
    .await
}
