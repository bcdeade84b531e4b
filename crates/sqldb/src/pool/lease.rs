//! Leases: connections that a pool has lent.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use deadpool::managed::Object;
use twinloop_runtime::telemetry::telemetry;

use super::Pool;
use super::connection_source::ConnectionSource;
use crate::connection::Connection;

/// How a connection is to be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Shared: the statements of other callers are pipelined on the connection too.
    Shared,
    /// Alone, until the connection is given back.
    Alone,
}

/// The kind of a loan.
pub(super) enum Loan {
    /// A place on a lane.
    Lane,
    /// The connection itself.
    Alone(Object<ConnectionSource>),
}

/// A lent connection; given back to its pool when this is dropped.
pub(crate) struct ConnectionLease {
    pub(crate) link: Arc<Connection>,
    /// How long the borrower has waited for it.
    pub(crate) waited: Duration,
    /// Since when one borrower has it alone, where metrics are read.
    alone_since: Option<Instant>,
    loan: Option<Loan>,
    pool: Weak<Pool>,
}

impl ConnectionLease {
    pub(super) fn new(link: &Arc<Connection>, loan: Loan, pool: &Weak<Pool>) -> Self {
        let is_measured = matches!(loan, Loan::Alone(_)) && telemetry().settings.reads_metrics();
        Self {
            link: Arc::clone(link),
            waited: Duration::ZERO,
            alone_since: is_measured.then(Instant::now),
            loan: Some(loan),
            pool: Weak::clone(pool),
        }
    }

    /// Takes the loan out of the lease, whose drop then gives nothing back.
    pub(super) fn into_loan(mut self) -> (Arc<Connection>, Option<Loan>) {
        (Arc::clone(&self.link), self.loan.take())
    }
}

impl Drop for ConnectionLease {
    fn drop(&mut self) {
        if let (Some(pool), Some(loan)) = (self.pool.upgrade(), self.loan.take()) {
            if let Some(since) = self.alone_since {
                pool.opener.record.used(since.elapsed());
            }
            pool.give_back(&self.link, loan);
        }
    }
}
