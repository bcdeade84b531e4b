//! Execution of one statement on one connection.

use std::future::Future;
use std::sync::Arc;

use super::parameter::{Parameter, ParameterSlot};
use super::prepared::{PreparedStatement, prepared};
use super::shape::Shape;
use super::text_cache::StatementText;
use crate::connection::{Connection, StatementCell, StatementEntry};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::record::StatementRecord;
use crate::wire::ServerAnswer;

/// How the parameters of a statement are written and how its rows are read: JSON for isolates, typed values for components.
pub(crate) trait Exchange: Send + Sync {
    /// The rows of a statement while they are read.
    type Rows: Send;
    /// The result of the statement, once all rows are read.
    type Output: Send;

    /// The message where a statement that controls a transaction is not run in a session.
    const NO_TRANSACTION: &'static str;

    /// The number of parameters given.
    fn parameter_count(&self) -> usize;

    /// Converts the parameters for `slots`, the kinds of their types; both have the same length.
    fn parameters(&self, slots: &[ParameterSlot]) -> Result<Vec<Parameter<'_>>, Error>;

    /// Whether the server is asked for all columns as text.
    fn is_text(&self) -> bool;

    /// Makes the empty rows for a shape.
    fn begin_rows(&self, shape: &Arc<Shape>) -> Self::Rows;

    /// Appends one row, given as the body of its `DataRow`.
    fn push_row(&self, rows: &mut Self::Rows, row: &[u8], shape: &Shape) -> Result<(), Error>;

    /// Completes the rows with the statement's command tag, such as `SELECT 3`.
    fn end_rows(&self, rows: Self::Rows, tag: &str) -> Self::Output;

    /// Runs a text without parameters unprepared: several statements cannot be prepared, and transaction control gains nothing.
    fn run_script(
        &self,
        link: &Arc<Connection>,
        sql: &StatementText,
        deadline: &Arc<Deadline>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// A statement to execute.
pub(crate) struct StatementExecution<X> {
    pub(crate) sql: StatementText,
    pub(crate) exchange: X,
    /// Whether the connection is shared: a statement that may leave session state is refused with `ErrorKind::NeedsAlone`.
    pub(crate) is_shared: bool,
    /// Whether the statement stays prepared for its next use.
    pub(crate) is_kept: bool,
}

impl<X> StatementExecution<X> {
    /// Names the span of the statement in its trace comment, where it has one; such a text is used once.
    pub(crate) fn name_span(&mut self, record: &StatementRecord) {
        if !self.is_kept
            && let Some(text) = record.commented(&self.sql.text)
        {
            self.sql.text = text;
        }
    }
}

/// A statement that the server has begun to answer.
pub(crate) struct Running {
    pub(crate) prepared: Arc<PreparedStatement>,
    pub(crate) answer: ServerAnswer,
    /// The statement's registration on its connection, by which it can be cancelled.
    pub(crate) entry: StatementEntry,
    /// The number of rows that were read.
    pub(crate) rows: u64,
}

/// Most attempts to prepare a statement anew while the schema keeps changing.
pub(crate) const MOST_ATTEMPTS: usize = 10;

/// Sends the statement. A stale one (prepared before the schema changed) is prepared anew and sent again where the server
/// refused it before it executed anything, or rolled it back.
pub(crate) async fn begin<X: Exchange>(
    link: &Arc<Connection>,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
    in_transaction: bool,
) -> Result<Running, Error> {
    let text = &execution.sql.text;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let cell = if execution.is_kept { link.statement(text) } else { StatementCell::default() };
        let was_cached = cell.initialized();
        let error = match send(link, &cell, execution, deadline).await {
            Err(error) if is_stale(&error, was_cached) => error,
            other => return other,
        };
        link.forget(text);
        link.forget_types();
        if in_transaction {
            return Err(error.retryable());
        }
        if attempt == MOST_ATTEMPTS {
            return Err(error);
        }
    }
}

async fn send<X: Exchange>(
    link: &Arc<Connection>,
    cell: &StatementCell,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
) -> Result<Running, Error> {
    let prepared = prepared(link, cell, &execution.sql.text, deadline).await?;
    if execution.is_shared && prepared.may_leave_traces {
        return Err(Error::new(ErrorKind::NeedsAlone, "the statement needs a connection to itself"));
    }
    if prepared.may_leave_traces {
        link.touch();
    }
    expect_parameters(prepared.slots.len(), execution.exchange.parameter_count())?;
    let parameters = execution.exchange.parameters(&prepared.slots)?;
    let entry = link.enter().await;
    deadline.entered(&entry);
    let portal = prepared.portal(execution.exchange.is_text());
    let answer = link.client.execute(portal, parameters.iter()).await?;
    Ok(Running { prepared, answer, entry, rows: 0 })
}

fn expect_parameters(taken: usize, given: usize) -> Result<(), Error> {
    if taken == given {
        return Ok(());
    }
    let message = format!("the statement takes {taken} parameters, {given} were given");
    Err(Error::new(ErrorKind::Parameter, message))
}

/// Whether a statement was refused because its plan, types or tables have changed since it was prepared.
///
/// The parameters' types are fixed when a statement is prepared. A type that was dropped and created again therefore shows as a
/// missing type, a missing operator or an invalid value. A statement that was not taken from the cache (`was_cached`) has such
/// an error on its own account.
fn is_stale(error: &Error, was_cached: bool) -> bool {
    let Some(state) = error.sqlstate() else { return false };
    match state {
        "26000" => true,
        "0A000" => error.message().contains("cached plan"),
        "XX000" => error.message().contains("cache lookup failed"),
        "22P02" => was_cached && error.message().contains("enum"),
        _ => was_cached && state.starts_with("42") && !error.is_in_function(),
    }
}

impl Running {
    /// The command tag, after the last row.
    pub(crate) fn tag(&self) -> &str {
        self.answer.tag()
    }
}

/// Runs a statement to its end.
pub(crate) async fn run_to_end<X: Exchange>(
    link: &Arc<Connection>,
    execution: &StatementExecution<X>,
    deadline: &Arc<Deadline>,
    in_transaction: bool,
) -> Result<X::Output, Error> {
    let exchange = &execution.exchange;
    let result = async {
        let mut running = begin(link, execution, deadline, in_transaction).await?;
        let shape = &running.prepared.shape;
        let mut rows = exchange.begin_rows(shape);
        let mut returned = 0;
        running
            .answer
            .rows(|row| {
                exchange.push_row(&mut rows, row, shape)?;
                returned += 1;
                Ok::<_, Error>(true)
            })
            .await?;
        deadline.noted.rows(returned, running.tag());
        Ok(exchange.end_rows(rows, running.tag()))
    }
    .await;
    if result.as_ref().is_err_and(Error::breaks_connection) {
        // A FATAL error precedes the end of the connection; it must not be lent in between.
        link.retire();
    }
    result
}
