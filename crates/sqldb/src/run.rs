//! Running one statement on one connection.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use serde_json::value::RawValue;
use tokio_postgres::RowStream;
use tokio_postgres::types::BorrowToSql;

use crate::error::{Error, Kind};
use crate::link::{Entry, Link};
use crate::parameter::Parameter;
use crate::prepared::{Prepared, prepared};
use crate::shape::{Form, Rows};
use crate::text::Sql;
use crate::watch::Watch;

/// A statement with its parameters, as the isolate asked for it.
pub(crate) struct Ask<'a> {
    pub(crate) sql: Sql,
    pub(crate) parameters: Vec<&'a RawValue>,
    pub(crate) form: Form,
    /// The shape the isolate knows of this statement; 0 for none.
    pub(crate) known_shape: u64,
}

/// A statement that the server has begun to answer.
pub(crate) struct Running {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) rows: Pin<Box<RowStream>>,
    /// Ends with the statement: until then it can be cancelled.
    pub(crate) entry: Entry,
}

/// Sends the statement. A plan that has gone stale is prepared anew, where that is known to be harmless: the server refused
/// before it executed anything.
pub(crate) async fn begin(
    link: &Arc<Link>,
    ask: &Ask<'_>,
    watch: &Watch,
    in_transaction: bool,
) -> Result<Running, Error> {
    match send(link, ask, watch).await {
        Err(error) if is_stale(&error) => {
            link.forget_all();
            if in_transaction { Err(error) } else { send(link, ask, watch).await }
        }
        other => other,
    }
}

async fn send(link: &Arc<Link>, ask: &Ask<'_>, watch: &Watch) -> Result<Running, Error> {
    let prepared = prepared(link, &ask.sql.text).await?;
    let types = prepared.statement.params();
    expect_parameters(types.len(), ask.parameters.len())?;
    let parameters: Vec<Parameter<'_>> = ask
        .parameters
        .iter()
        .zip(types)
        .map(|(json, of)| Parameter::read(json, of))
        .collect::<Result<_, _>>()?;
    send_prepared(link, prepared, parameters, watch).await
}

fn expect_parameters(taken: usize, given: usize) -> Result<(), Error> {
    if taken == given {
        return Ok(());
    }
    let message = format!("the statement takes {taken} parameters, {given} were given");
    Err(Error::new(Kind::Parameter, message))
}

/// Sends a prepared statement with its parameters.
pub(crate) async fn send_prepared<P, I>(
    link: &Arc<Link>,
    prepared: Arc<Prepared>,
    parameters: I,
    watch: &Watch,
) -> Result<Running, Error>
where
    P: BorrowToSql,
    I: IntoIterator<Item = P, IntoIter: ExactSizeIterator>,
{
    let parameters = parameters.into_iter();
    expect_parameters(prepared.statement.params().len(), parameters.len())?;
    let entry = link.enter().await;
    watch.entered(&entry);
    let rows = link
        .client
        .query_raw(&prepared.statement, parameters)
        .await
        .map_err(|error| Error::of_statement(&error))?;
    Ok(Running { prepared, rows: Box::pin(rows), entry })
}

/// Whether the server refused a plan made before its tables changed.
pub(crate) fn is_stale(error: &Error) -> bool {
    match error.sqlstate() {
        Some("26000") => true,
        Some("0A000") => error.to_string().contains("cached plan"),
        _ => false,
    }
}

impl Running {
    /// Reads rows until the batch holds `most` bytes; `true` when they have ended.
    pub(crate) async fn read(&mut self, rows: &mut Rows, form: Form, most: usize) -> Result<bool, Error> {
        while let Some(row) =
            self.rows.as_mut().try_next().await.map_err(|error| Error::of_statement(&error))?
        {
            rows.push(&row, &self.prepared.shape, form)?;
            if rows.len() >= most {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Passes over one row; `None` when they have ended.
    pub(crate) async fn skip(&mut self) -> Result<Option<()>, Error> {
        let row = self.rows.as_mut().try_next().await.map_err(|error| Error::of_statement(&error))?;
        Ok(row.map(|_| ()))
    }

    /// Rows returned or changed, once they have ended.
    pub(crate) fn affected(&self) -> u64 {
        self.rows.rows_affected().unwrap_or(0)
    }
}

/// Runs a statement to its end.
pub(crate) async fn run_to_end(
    link: &Arc<Link>,
    ask: &Ask<'_>,
    watch: &Watch,
    in_transaction: bool,
) -> Result<Vec<u8>, Error> {
    let result = async {
        let mut running = begin(link, ask, watch, in_transaction).await?;
        let mut rows = Rows::new(&running.prepared.shape, ask.known_shape);
        running.read(&mut rows, ask.form, usize::MAX).await?;
        let affected = running.affected();
        Ok(rows.finish(affected))
    }
    .await;
    if result.as_ref().is_err_and(Error::breaks_connection) {
        // The server says goodbye before it closes: nobody may be given the connection in between.
        link.retire();
    }
    result
}
