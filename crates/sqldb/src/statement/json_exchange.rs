//! The exchange of isolates' statements: parameters are JSON texts, and rows become one JSON array.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::parameter::{Parameter, ParameterSlot};
use super::run::{Exchange, Running};
use super::script::run_script;
use super::shape::{RowForm, Rows, Shape};
use super::text_cache::StatementText;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::wire::RowStep;

/// Which results are returned where a text holds several statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScriptResults {
    /// The results of all statements.
    All,
    /// The sum of the affected rows, without rows.
    Counts,
    /// No rows: a text whose statements return rows is refused, since it would be unclear which statement they belong to.
    Refused,
}

/// The parameters of an isolate's statement, and the form in which it reads rows.
#[derive(Clone)]
pub(crate) struct JsonExchange {
    pub(crate) parameters: Arc<Vec<Box<RawValue>>>,
    pub(crate) form: RowForm,
    pub(crate) several: ScriptResults,
    /// The id of the row shape that the isolate has cached for this statement; 0 for none.
    pub(crate) known_shape: u64,
}

impl Exchange for JsonExchange {
    type Rows = Rows;
    type Output = Vec<u8>;

    const NO_TRANSACTION: &'static str =
        "a transaction must stay on one connection: use transaction() or begin(), or acquire() one";

    fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    fn parameters(&self, slots: &[ParameterSlot]) -> Result<Vec<Parameter<'_>>, Error> {
        self.parameters.iter().zip(slots).map(|(json, slot)| Parameter::read(json, *slot)).collect()
    }

    fn is_text(&self) -> bool {
        self.form.text
    }

    fn begin_rows(&self, shape: &Arc<Shape>) -> Rows {
        Rows::new(shape, self.known_shape)
    }

    fn push_row(&self, rows: &mut Rows, row: &[u8], shape: &Shape) -> Result<(), Error> {
        rows.push(row, shape, self.form)
    }

    fn end_rows(&self, rows: Rows, tag: &str) -> Vec<u8> {
        rows.finish(tag)
    }

    async fn run_script(
        &self,
        link: &Arc<Connection>,
        sql: &StatementText,
        deadline: &Arc<Deadline>,
    ) -> Result<Vec<u8>, Error> {
        run_script(link, sql, self, deadline).await
    }
}

impl Running {
    /// Reads rows until the batch holds `most` bytes; `true` after the last row.
    pub(crate) async fn read(&mut self, rows: &mut Rows, form: RowForm, most: usize) -> Result<bool, Error> {
        let (shape, read) = (&self.prepared.shape, &mut self.rows);
        let step = self
            .answer
            .rows(|row| {
                rows.push(row, shape, form)?;
                *read += 1;
                Ok::<_, Error>(rows.len() < most)
            })
            .await?;
        Ok(step == RowStep::Ended)
    }
}
