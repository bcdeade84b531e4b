//! A prepared statement with the form of its rows.

use std::sync::Arc;

use tokio_postgres::Statement;

use crate::error::{Error, Kind};
use crate::link::Link;
use crate::shape::Shape;

/// A statement the server has parsed.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) statement: Statement,
    pub(crate) shape: Shape,
}

impl Prepared {
    /// Prepares `sql` on the connection.
    pub(crate) async fn new(link: &Link, sql: &str) -> Result<Self, Error> {
        let statement = prepare(link, sql).await?;
        if let Some(shape) = Shape::of(&statement) {
            return Ok(Self { statement, shape });
        }
        // Only the server can write these types as text: it is asked to, around the statement.
        let statement = prepare(link, &as_text(sql, &statement)).await?;
        let shape = Shape::of(&statement)
            .ok_or_else(|| Error::new(Kind::Internal, "the server did not turn a column into text"))?;
        Ok(Self { statement, shape })
    }
}

async fn prepare(link: &Link, sql: &str) -> Result<Statement, Error> {
    link.client.prepare(sql).await.map_err(|error| Error::of_statement(&error))
}

/// `with` around the statement, with the columns that cannot be read here cast to text.
fn as_text(sql: &str, statement: &Statement) -> String {
    let columns = statement.columns().len();
    let names: Vec<String> = (0..columns).map(|index| format!("c{index}")).collect();
    let shown: Vec<String> = statement
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let known = crate::value::Codec::of(column.type_()).is_some();
            let cast = if known { "" } else { "::text" };
            format!("c{index}{cast} as \"{}\"", column.name().replace('"', "\"\""))
        })
        .collect();
    let body = sql.trim_end().trim_end_matches(';');
    format!(
        "with twinloop_rows({}) as ({body}\n) select {} from twinloop_rows",
        names.join(", "),
        shown.join(", ")
    )
}

/// The statement in the connection's cache, prepared at its first use.
pub(crate) async fn prepared(link: &Link, sql: &Arc<str>) -> Result<Arc<Prepared>, Error> {
    let cell = link.statement(sql);
    let prepared = cell.get_or_try_init(|| async { Prepared::new(link, sql).await.map(Arc::new) }).await?;
    Ok(Arc::clone(prepared))
}
