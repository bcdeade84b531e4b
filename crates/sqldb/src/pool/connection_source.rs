//! deadpool's manager: how connections are opened, and which of them are lent again.
//!
//! deadpool checks a connection when it lends it, not when it is given back. An open transaction would hold its locks until
//! then, so each borrower clears what it left ([`restore`](crate::session::restore)) before it gives the connection back.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    self, Hook, HookError, Metrics, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts,
};

use super::opener::Opener;
use super::{Pool, closed};
use crate::connection::Connection;
use crate::error::{Error, ErrorKind};
use crate::options::PoolLimits;
use crate::wire::TransactionState;

/// Opens the connections of one pool.
pub(super) struct ConnectionSource {
    opener: Arc<Opener>,
    /// The pool that is notified of the end of each connection; set once the pool exists.
    pool: OnceLock<Weak<Pool>>,
}

/// Makes deadpool's managed pool, without connections.
pub(super) fn managed_pool(
    opener: &Arc<Opener>,
    limits: &PoolLimits,
) -> Result<managed::Pool<ConnectionSource>, Error> {
    let of_hook = Arc::clone(opener);
    let lifetime = Duration::from_millis(limits.max_lifetime);
    let built =
        managed::Pool::builder(ConnectionSource { opener: Arc::clone(opener), pool: OnceLock::new() })
            .config(PoolConfig {
                max_size: limits.max_connections,
                // The most recently used connection is lent first, so that the others become idle and are closed.
                queue_mode: QueueMode::Lifo,
                timeouts: Timeouts {
                    wait: Some(limits.acquire_timeout()),
                    // `connectTimeout` bounds one attempt, in the connector; a refused password is tried again.
                    create: None,
                    // The check is synchronous.
                    recycle: None,
                },
            })
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |link: &mut Arc<Connection>, _| {
                let (opener, link) = (Arc::clone(&of_hook), Arc::clone(link));
                Box::pin(async move { opener.set_up(&link).await.map_err(HookError::Backend) })
            }))
            .pre_recycle(Hook::sync_fn(move |link: &mut Arc<Connection>, _| {
                if link.has_outlived(lifetime) {
                    return Err(HookError::message("the connection has reached maxLifetime"));
                }
                Ok(())
            }))
            .build();
    built.map_err(|error| Error::new(ErrorKind::Internal, format!("no pool could be made: {error}")))
}

impl ConnectionSource {
    /// Sets the pool that is notified of the end of each connection.
    pub(super) fn belong_to(&self, pool: &Weak<Pool>) {
        let _ = self.pool.set(Weak::clone(pool));
    }
}

impl managed::Manager for ConnectionSource {
    type Type = Arc<Connection>;
    type Error = Error;

    /// Opens a connection. The first poll does nothing, so that a caller who wants an unused connection only can drop the future.
    async fn create(&self) -> Result<Arc<Connection>, Error> {
        tokio::task::yield_now().await;
        let pool = self.pool.get().cloned().unwrap_or_default();
        let on_end = move |id, was_cut| {
            if let Some(pool) = pool.upgrade() {
                pool.ended(id, was_cut);
            }
        };
        self.opener.connect(None, on_end).await
    }

    /// Refuses a connection that has ended, was retired, or is in a transaction.
    async fn recycle(&self, link: &mut Arc<Connection>, _: &Metrics) -> RecycleResult<Error> {
        if link.is_usable() && link.transaction() == TransactionState::Idle {
            return Ok(());
        }
        Err(RecycleError::message("the connection can be lent no longer"))
    }
}

/// Maps deadpool's error to sqldb's; `too_late` makes the error for a wait that timed out.
pub(super) fn error_of(error: PoolError<Error>, too_late: impl FnOnce() -> Error) -> Error {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error,
        PoolError::Closed => closed(),
        PoolError::Timeout(_) => too_late(),
        error @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(HookError::Message(_))) => {
            Error::new(ErrorKind::Internal, error.to_string())
        }
    }
}
