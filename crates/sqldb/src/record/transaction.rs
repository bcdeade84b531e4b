//! The span of a transaction: from its begin to its end, with the statements of the same caller below it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use twinloop_runtime::lock;
use twinloop_runtime::telemetry::{CallOrigin, OpenSpan, SpanId, SpanKind, TraceContext};

use super::pool::PoolRecord;
use super::slow_query::milliseconds;
use crate::error::Error;
use crate::pool::ConnectionLease;
use crate::statement::class::StatementClass;
use crate::wire::TransactionState;

/// The transaction that a session has open, as its span tells of it; none while nobody collects.
#[derive(Default)]
pub(crate) struct TransactionRecord {
    is_open: AtomicBool,
    open: Mutex<Option<OpenTransaction>>,
}

struct OpenTransaction {
    span: OpenSpan,
    /// The span that began it: what the same one asks for is below the transaction.
    begun_by: Option<SpanId>,
}

impl TransactionRecord {
    /// Opens the span of a transaction that begins now, unless one is open.
    pub(crate) fn begin(&self, pool: &PoolRecord, caller: &CallOrigin) {
        let mut span = caller.open("transaction", SpanKind::Client);
        if !span.is_recorded() {
            return;
        }
        pool.describe(&mut span);
        let mut open = lock(&self.open);
        if open.is_none() {
            let begun_by = caller.context().map(|context| context.span);
            *open = Some(OpenTransaction { span, begun_by });
            self.is_open.store(true, Ordering::Release);
        }
    }

    /// Notes how long the transaction has waited for its connection.
    pub(crate) fn acquired(&self, lease: &ConnectionLease) {
        self.with(|open| open.span.set("twinloop.acquire_ms", milliseconds(lease.waited)));
    }

    /// Opens a span below the transaction; `None` where none is open, or where a span of user code within it asks.
    pub(super) fn open_below(&self, caller: Option<&CallOrigin>, name: &str) -> Option<OpenSpan> {
        let asks = caller.and_then(CallOrigin::context).map(|context| context.span);
        self.with(|open| {
            let is_its_own = asks == open.begun_by || caller.is_none();
            is_its_own.then(|| open.span.open(name.to_owned(), SpanKind::Client))
        })
        .flatten()
    }

    /// The place of the transaction's span.
    pub(super) fn context(&self) -> Option<TraceContext> {
        self.with(|open| open.span.context()).flatten()
    }

    /// Ends the span where a statement of this class has ended the transaction.
    pub(crate) fn after(&self, state: TransactionState, class: StatementClass, error: Option<&Error>) {
        if !self.is_open.load(Ordering::Acquire) {
            return;
        }
        if error.is_some_and(Error::breaks_connection) {
            return self.end("lost");
        }
        if state == TransactionState::Idle {
            let is_kept = class == StatementClass::Commit && error.is_none();
            self.end(if is_kept { "commit" } else { "rollback" });
        }
    }

    /// Ends the span of a transaction that could not begin.
    pub(crate) fn failed(&self, error: &Error) {
        self.with(|open| open.span.fail(error.type_name().into_owned(), error.told()));
        self.end("rollback");
    }

    /// Ends the span of a transaction that its owner has left to itself, or whose time is over.
    pub(crate) fn abandoned(&self) {
        self.with(|open| open.span.fail("abandoned", "the transaction was abandoned and rolled back"));
        self.end("rollback");
    }

    /// Ends the span with an outcome: `commit`, `rollback`, or `lost` with the connection.
    pub(crate) fn end(&self, outcome: &'static str) {
        self.with(|open| open.span.set("twinloop.outcome", outcome));
        if self.is_open.swap(false, Ordering::AcqRel) {
            let ended = lock(&self.open).take();
            drop(ended);
        }
    }

    fn with<R>(&self, each: impl FnOnce(&mut OpenTransaction) -> R) -> Option<R> {
        if !self.is_open.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.open).as_mut().map(each)
    }
}

/// A transaction whose record is dropped was never ended by a statement.
impl Drop for TransactionRecord {
    fn drop(&mut self) {
        self.abandoned();
    }
}
