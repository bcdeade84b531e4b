//! Session state that statements leave on a connection, and the reset before the connection is lent again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::connection::Connection;
use crate::statement::class::StatementClass;
use crate::statement::text_cache::StatementText;
use crate::wire::{TransactionState, WireFailure};

/// The time limit of rollback and reset; beyond it the connection is closed.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(2);
/// Resets all session state but the prepared statements, which belong to the pool's cache.
const RESET: &str = "close all; set session authorization default; reset all; unlisten *; \
                     select pg_advisory_unlock_all(); discard temp; discard sequences";

/// Session state that statements may have left on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Whether there may be a setting, a lock, a temporary table or the like.
    pub(crate) touched: bool,
    /// Whether there may be statements that were prepared by name.
    pub(crate) prepared: bool,
    /// Whether there may be state that no reset undoes: the connection is closed.
    pub(crate) spoiled: bool,
}

impl Traces {
    /// The session state that a statement may leave, by its text.
    pub(crate) fn of(sql: &StatementText) -> Self {
        match sql.class {
            StatementClass::Session | StatementClass::Script => {
                Self { touched: true, prepared: sql.effects.prepares, spoiled: sql.effects.spoils }
            }
            _ => Self::default(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.touched |= other.touched;
        self.prepared |= other.prepared;
        self.spoiled |= other.spoiled;
    }
}

/// Rolls back and resets a connection for its next borrower, or closes it.
pub(crate) async fn restore(link: &Arc<Connection>, traces: Traces) {
    link.client.shared.send_events_to(None);
    if traces.spoiled {
        link.retire();
    }
    let restored = timeout(RESTORE_TIMEOUT, async {
        if link.transaction() != TransactionState::Idle {
            link.client.run("rollback").await?;
        }
        if link.take_touches() || traces.touched || link.has_other_path() {
            link.client.run(RESET).await?;
            link.set_up_again().await?;
            link.path_was_reset();
            link.take_touches();
        }
        if traces.prepared {
            link.client.run("deallocate all").await?;
            link.forget_all();
        }
        Ok::<(), WireFailure>(())
    });
    if !matches!(restored.await, Ok(Ok(()))) {
        link.cancel_process();
    }
}
