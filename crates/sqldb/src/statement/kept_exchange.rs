//! The exchange of isolates' statements whose rows stay in Rust.

use std::sync::Arc;

use super::json_exchange::JsonExchange;
use super::parameter::{Parameter, ParameterSlot};
use super::run::Exchange;
use super::shape::Shape;
use super::text_cache::StatementText;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::rows_answer::{KeptRows, StatementAnswer};

/// The parameters of an isolate's statement, and what becomes of its rows.
pub(crate) struct KeptExchange {
    pub(crate) json: JsonExchange,
    /// Whether the first row alone is kept.
    pub(crate) is_one: bool,
    /// The form in which rows of this statement were last written; 0 for none.
    pub(crate) form: u32,
}

impl Exchange for KeptExchange {
    type Rows = KeptRows;
    type Output = StatementAnswer;

    const NO_TRANSACTION: &'static str = JsonExchange::NO_TRANSACTION;

    fn parameter_count(&self) -> usize {
        self.json.parameter_count()
    }

    fn parameters(&self, slots: &[ParameterSlot]) -> Result<Vec<Parameter<'_>>, Error> {
        self.json.parameters(slots)
    }

    fn is_text(&self) -> bool {
        self.json.is_text()
    }

    fn begin_rows(&self, shape: &Arc<Shape>) -> KeptRows {
        KeptRows::new(Arc::clone(shape), self.json.form.bigints, self.is_one)
    }

    fn push_row(&self, rows: &mut KeptRows, row: &[u8], _: &Shape) -> Result<(), Error> {
        rows.push(row);
        Ok(())
    }

    fn end_rows(&self, rows: KeptRows, tag: &str) -> StatementAnswer {
        StatementAnswer::Kept(rows.finish(tag, self.form))
    }

    async fn run_script(
        &self,
        link: &Arc<Connection>,
        sql: &StatementText,
        deadline: &Arc<Deadline>,
    ) -> Result<StatementAnswer, Error> {
        self.json.run_script(link, sql, deadline).await.map(StatementAnswer::Opened)
    }
}
