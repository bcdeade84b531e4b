//! What sqldb tells of its work: spans of statements and transactions, metrics of pools, and slow queries.
//!
//! While nobody looks (see [`is_watched`]) a statement costs a branch here. No parameter and no connection string is told.

mod pool;
mod slow_query;
mod statement;
mod transaction;

pub(crate) use pool::PoolRecord;
pub(crate) use statement::{StatementPlace, StatementRecord};
pub(crate) use transaction::TransactionRecord;

use twinloop_runtime::telemetry::{NEVER, telemetry};

/// Whether anybody wants to know of statements: of their spans, their metrics, or of slow ones.
pub(crate) fn is_watched() -> bool {
    let settings = &telemetry().settings;
    settings.reads_metrics() || settings.collects_traces() || settings.slow_query() != NEVER
}
