//! The record of one statement: its span, its duration in the metrics, and its line where it was slow.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use twinloop_runtime::begin_of;
use twinloop_runtime::telemetry::{CallOrigin, OpenSpan, SpanKind, TraceContext, telemetry};

use super::is_watched;
use super::pool::PoolRecord;
use super::slow_query::{self, SlowQuery, milliseconds};
use super::transaction::TransactionRecord;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::statement::summary::OperationName;
use crate::statement::text_cache::StatementText;

/// Longest text of a query that a span carries, in bytes.
const MAX_TEXT: usize = 8 << 10;

/// Where a statement runs, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct StatementPlace<'a> {
    pub(crate) pool: &'a Arc<PoolRecord>,
    /// Who asks; `None` for a component of its own accord, whose statements have no spans.
    pub(crate) caller: Option<&'a CallOrigin>,
    /// The transaction of the session that the statement runs in.
    pub(crate) transaction: Option<&'a TransactionRecord>,
}

impl StatementPlace<'_> {
    fn open(&self, sql: &StatementText) -> OpenSpan {
        if !telemetry().settings.collects_traces() {
            return OpenSpan::none();
        }
        let summary = &sql.summary;
        let about = summary.table(&sql.text).map_or(self.pool.namespace.as_str(), |table| &**table);
        let name = format!("{} {about}", summary.operation.name());
        let below = self.transaction.and_then(|transaction| transaction.open_below(self.caller, &name));
        match (below, self.caller) {
            (Some(span), _) => span,
            (None, Some(caller)) => caller.open(name, SpanKind::Client),
            (None, None) => OpenSpan::none(),
        }
    }

    /// The place in a trace that the statement is told under.
    fn context(&self, span: &OpenSpan) -> Option<TraceContext> {
        let of_transaction = || self.transaction.and_then(TransactionRecord::context);
        span.context().or_else(|| self.caller.and_then(CallOrigin::context)).or_else(of_transaction)
    }
}

/// A statement under way, or nothing while nobody looks. One that is dropped before its end is recorded as canceled.
#[must_use = "a record that is dropped tells of a statement that was canceled"]
pub(crate) struct StatementRecord(Option<Open>);

struct Open {
    pool: Arc<PoolRecord>,
    sql: StatementText,
    /// What is noted while the statement runs.
    deadline: Arc<Deadline>,
    span: OpenSpan,
    context: Option<TraceContext>,
    /// When the statement began, or went on.
    since: Instant,
    /// How long it ran before; a stream rests while its reader wants nothing.
    ran: Duration,
    is_resting: bool,
}

impl StatementRecord {
    /// Begins the record of a statement. The rows and waits of the statement are those that `deadline` notes.
    pub(crate) fn begin(place: StatementPlace<'_>, sql: &StatementText, deadline: &Arc<Deadline>) -> Self {
        if !is_watched() {
            return Self(None);
        }
        deadline.noted.begin();
        let span = place.open(sql);
        Self(Some(Open {
            pool: Arc::clone(place.pool),
            sql: sql.clone(),
            deadline: Arc::clone(deadline),
            context: place.context(&span),
            span,
            since: Instant::now(),
            ran: Duration::ZERO,
            is_resting: false,
        }))
    }

    /// The text with the statement's own span in its trace comment; `None` where there is no such comment, or no span.
    ///
    /// Source: sqlcommenter, whose `traceparent` names the span that the statement belongs to.
    pub(crate) fn commented(&self, text: &str) -> Option<Arc<str>> {
        const LEAD: &str = "\n/*traceparent='";
        let span = self.0.as_ref()?.span.context()?;
        let at = text.rfind(LEAD)? + LEAD.len();
        let written = TraceContext::read(text.get(at..)?.strip_suffix("'*/")?)?;
        let is_its_own = written.trace == span.trace;
        is_its_own.then(|| Arc::from(format!("{}{span}'*/", &text[..at])))
    }

    /// Notes rows that were returned.
    pub(crate) fn add_rows(&self, rows: u64) {
        if let Some(open) = &self.0 {
            open.deadline.noted.add_returned(rows);
        }
    }

    /// Notes rows that were changed.
    pub(crate) fn changed(&self, rows: u64) {
        if let Some(open) = &self.0 {
            open.deadline.noted.set_affected(rows);
        }
    }

    /// Stops the clock: nothing is asked of the server.
    pub(crate) fn rest(&mut self) {
        if let Some(open) = self.0.as_mut().filter(|open| !open.is_resting) {
            open.ran += open.since.elapsed();
            open.is_resting = true;
        }
    }

    /// Lets the clock go on.
    pub(crate) fn go_on(&mut self) {
        if let Some(open) = self.0.as_mut().filter(|open| open.is_resting) {
            open.since = Instant::now();
            open.is_resting = false;
        }
    }

    /// Ends the record with the outcome of the statement.
    pub(crate) fn end<T>(mut self, result: &Result<T, Error>) {
        if let Some(open) = self.0.take() {
            open.end(result.as_ref().err());
        }
    }
}

impl Drop for StatementRecord {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let canceled = Error::new(ErrorKind::Canceled, "the statement was given up");
            open.end(Some(&canceled));
        }
    }
}

impl Open {
    fn end(mut self, error: Option<&Error>) {
        let took = if self.is_resting { self.ran } else { self.ran + self.since.elapsed() };
        let noted = &self.deadline.noted;
        let (waited, returned, affected) = (noted.waited(), noted.returned(), noted.affected());
        // What was canceled in the server failed for the reason for which it was given up.
        let kind = error.map(|error| match self.deadline.given_up_for() {
            Some(reason) => Cow::Borrowed(reason.name()),
            None => error.type_name(),
        });
        let settings = &telemetry().settings;
        if settings.reads_metrics() {
            self.pool.took(self.operation(), kind.as_ref(), took, self.span.context());
        }
        if took >= settings.slow_query() {
            slow_query::tell(&SlowQuery {
                text: &self.sql.text,
                took,
                waited,
                rows: returned.max(affected),
                namespace: &self.pool.namespace,
                error: error.and_then(Error::sqlstate).or(kind.as_deref()),
                span: self.context,
            });
        }
        if self.span.is_recorded() {
            self.describe(waited, returned);
            if let (Some(error), Some(kind)) = (error, kind) {
                self.fail(error, kind);
            }
        }
    }

    fn operation(&self) -> OperationName {
        self.sql.summary.operation
    }

    fn describe(&mut self, waited: Duration, returned: u64) {
        let operation = self.operation().name();
        let span = &mut self.span;
        self.pool.describe(span);
        span.set("db.query.text", begin_of(&self.sql.text, MAX_TEXT).to_owned());
        span.set("db.operation.name", operation);
        if let Some(table) = self.sql.summary.table(&self.sql.text) {
            span.set("db.collection.name", table.to_string());
        }
        span.set("db.response.returned_rows", returned);
        span.set("twinloop.acquire_ms", milliseconds(waited));
    }

    fn fail(&mut self, error: &Error, kind: Cow<'static, str>) {
        if let Some(state) = error.sqlstate() {
            self.span.set("db.response.status_code", state.to_owned());
        }
        self.span.fail(kind.into_owned(), error.told());
    }
}
