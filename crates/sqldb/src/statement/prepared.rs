//! Prepared statements, with the shape of their rows.

use std::sync::Arc;

use crate::connection::{Connection, StatementCell};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::statement::class::called_names;
use crate::statement::parameter::ParameterSlot;
use crate::statement::shape::Shape;
use crate::wire::{Portal, statement_name};

/// A statement that the server has prepared; closed in the server when this is dropped.
pub(crate) struct PreparedStatement {
    name: String,
    link: std::sync::Weak<Connection>,
    /// The OIDs of the parameters' types.
    pub(crate) types: Vec<u32>,
    /// How each parameter is written.
    pub(crate) slots: Vec<ParameterSlot>,
    pub(crate) shape: Arc<Shape>,
    /// Whether the statement calls a volatile function of the database's own, which may leave session state behind.
    pub(crate) may_leave_traces: bool,
}

impl Drop for PreparedStatement {
    fn drop(&mut self) {
        if let Some(link) = self.link.upgrade() {
            link.client.close(&self.name);
        }
    }
}

impl PreparedStatement {
    /// Prepares `sql` on the connection, and looks up the types and functions that it uses.
    async fn new(link: &Arc<Connection>, sql: &str, deadline: &Deadline) -> Result<Self, Error> {
        let entry = link.enter().await;
        deadline.entered(&entry);
        let name = statement_name();
        let described =
            link.client.prepare(&name, sql).await.map_err(|failure| Error::of_statement(&failure))?;
        // From here on, dropping the value closes the statement in the server.
        let mut prepared = Self {
            name,
            link: Arc::downgrade(link),
            types: described.parameters,
            slots: Vec::new(),
            shape: Arc::default(),
            may_leave_traces: false,
        };
        let columns = described.columns.iter().map(|column| column.of);
        let oids: Vec<u32> = prepared.types.iter().copied().chain(columns).collect();
        let types = link.types(oids).await.map_err(|failure| Error::of_statement(&failure))?;
        prepared.slots = prepared.types.iter().map(|of| ParameterSlot::of(*of, &types)).collect();
        prepared.shape = Arc::new(Shape::new(described.columns, &types));
        let names = called_names(sql);
        prepared.may_leave_traces = !names.is_empty() && link.has_volatile(&names).await?;
        drop(entry);
        Ok(prepared)
    }

    async fn new_shared(
        link: Arc<Connection>,
        sql: Arc<str>,
        deadline: Arc<Deadline>,
    ) -> Result<Arc<Self>, Error> {
        Self::new(&link, &sql, &deadline).await.map(Arc::new)
    }

    /// The portal for an execution; `as_text` asks for all columns in the server's text form.
    pub(crate) fn portal(&self, as_text: bool) -> Portal<'_> {
        let formats: &[i16] = if as_text { &[] } else { self.shape.formats() };
        Portal { statement: &self.name, types: &self.types, formats }
    }
}

/// The statement from the connection's cache, prepared at its first use.
pub(crate) async fn prepared(
    link: &Arc<Connection>,
    cell: &StatementCell,
    sql: &Arc<str>,
    deadline: &Arc<Deadline>,
) -> Result<Arc<PreparedStatement>, Error> {
    if let Some(prepared) = cell.get() {
        return Ok(Arc::clone(prepared));
    }
    let preparing = PreparedStatement::new_shared(Arc::clone(link), Arc::clone(sql), Arc::clone(deadline));
    Ok(Arc::clone(cell.get_or_try_init(move || preparing).await?))
}
