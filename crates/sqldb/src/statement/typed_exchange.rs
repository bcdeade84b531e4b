//! The exchange of components' statements: parameters and rows are typed values.

use std::sync::Arc;

use twinloop_runtime::{SqlRow, SqlValue};

use super::parameter::{Parameter, ParameterSlot};
use super::run::{Exchange, StatementExecution};
use super::shape::{Shape, affected};
use super::text_cache::StatementText;
use super::typed_row::read_row;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};

/// The parameters of a component's statement.
pub(crate) struct TypedExchange(Vec<SqlValue>);

/// The rows of a component's statement, and the number of rows it has changed or returned.
#[derive(Default)]
pub(crate) struct TypedRows {
    pub(crate) rows: Vec<SqlRow>,
    pub(crate) affected: u64,
}

/// Makes the execution of a component's statement, which stays prepared.
pub(crate) fn typed(sql: StatementText, parameters: Vec<SqlValue>) -> StatementExecution<TypedExchange> {
    StatementExecution { sql, exchange: TypedExchange(parameters), is_shared: false, is_kept: true }
}

impl Exchange for TypedExchange {
    type Rows = Vec<SqlRow>;
    type Output = TypedRows;

    const NO_TRANSACTION: &'static str = "a transaction must stay on one connection: use begin()";

    fn parameter_count(&self) -> usize {
        self.0.len()
    }

    fn parameters(&self, _: &[ParameterSlot]) -> Result<Vec<Parameter<'_>>, Error> {
        Ok(self.0.iter().map(Parameter::Typed).collect())
    }

    fn is_text(&self) -> bool {
        false
    }

    fn begin_rows(&self, _: &Arc<Shape>) -> Vec<SqlRow> {
        Vec::new()
    }

    fn push_row(&self, rows: &mut Vec<SqlRow>, row: &[u8], shape: &Shape) -> Result<(), Error> {
        rows.push(read_row(row, shape)?);
        Ok(())
    }

    fn end_rows(&self, rows: Vec<SqlRow>, tag: &str) -> TypedRows {
        TypedRows { affected: affected(tag), rows }
    }

    async fn run_script(
        &self,
        _: &Arc<Connection>,
        _: &StatementText,
        _: &Arc<Deadline>,
    ) -> Result<TypedRows, Error> {
        Err(Error::new(ErrorKind::Parameter, "several statements are a script: use script()"))
    }
}
