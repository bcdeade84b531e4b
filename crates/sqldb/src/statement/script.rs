//! Texts of several statements, sent by the simple query protocol: the server runs them in one transaction.

use std::sync::Arc;

use super::json_exchange::{JsonExchange, ScriptResults};
use super::text_cache::StatementText;
use crate::connection::Connection;
use crate::connection::types::Types;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::statement::shape::{RowForm, Rows, Shape, affected};
use crate::statement::tokens::{Token, tokens};
use crate::wire::{Column, Message, ServerAnswer, WireFailure};

/// The result of one of several statements, with rows in the server's text form.
#[derive(Default)]
struct StatementOutcome {
    columns: Option<Vec<Column>>,
    rows: Vec<Vec<u8>>,
    tag: String,
}

/// Runs a text without parameters. `ScriptResults` decides which results are returned.
pub(crate) async fn run_script(
    link: &Arc<Connection>,
    sql: &StatementText,
    exchange: &JsonExchange,
    deadline: &Arc<Deadline>,
) -> Result<Vec<u8>, Error> {
    if exchange.several == ScriptResults::Refused && returns_rows(&sql.text) {
        return Err(Error::new(ErrorKind::Parameter, SEVERAL));
    }
    let entry = link.enter().await;
    deadline.entered(&entry);
    let outcomes = outcomes_of(link.client.ask(&sql.text)?).await?;
    let returned = outcomes.iter().map(|outcome| outcome.rows.len() as u64).sum();
    deadline.noted.rows(returned, outcomes.last().map_or("", |outcome| &outcome.tag));
    if exchange.several != ScriptResults::All {
        let rows: u64 = outcomes.iter().map(|outcome| affected(&outcome.tag)).sum();
        let tag = match outcomes.as_slice() {
            [one] => one.tag.clone(),
            _ => format!("SCRIPT {rows}"),
        };
        return Ok(Rows::new(&Shape::new(Vec::new(), &Types::default()), 0).finish(&tag));
    }
    let columns = outcomes.iter().filter_map(|outcome| outcome.columns.as_ref()).flatten();
    let oids: Vec<u32> = columns.map(|column| column.of).collect();
    // In a failed transaction types cannot be looked up; unknown types are read as text.
    let types = link.types(oids).await.unwrap_or_default();
    let mut out = vec![b'['];
    for outcome in outcomes {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend(batch(outcome, &types, exchange.form)?);
    }
    out.push(b']');
    Ok(out)
}

const SEVERAL: &str = "the text holds several statements of which some return rows, and was not sent: ask for all results \
                       with { multi: true }, or run the statements one by one";

/// Whether one of the statements may return rows, by its keywords.
fn returns_rows(sql: &str) -> bool {
    const QUERIES: [&str; 9] =
        ["select", "values", "table", "with", "show", "explain", "fetch", "execute", "returning"];
    let mut begins = true;
    tokens(sql).any(|token| {
        let is_query = QUERIES.iter().any(|word| token.is(word)) && (begins || token.is("returning"));
        begins = token == Token::Semicolon || (begins && token == Token::Symbol(b'('));
        is_query
    })
}

async fn outcomes_of(mut answer: ServerAnswer) -> Result<Vec<StatementOutcome>, Error> {
    let mut outcomes = Vec::new();
    let mut outcome = StatementOutcome::default();
    let mut copies = false;
    loop {
        let message = match answer.next().await {
            Err(WireFailure::Refused(_)) if copies => return Err(Error::new(ErrorKind::Parameter, COPIES)),
            other => other?,
        };
        match message {
            Message::RowDescription(body) => outcome.columns = Some(Column::read_all(&body)?),
            Message::DataRow(row) => outcome.rows.push(row.buffer().to_vec()),
            Message::CommandComplete(_) => {
                outcome.tag = answer.tag().to_owned();
                outcomes.push(std::mem::take(&mut outcome));
            }
            Message::EmptyQueryResponse => outcomes.push(StatementOutcome::default()),
            Message::CopyInResponse(_) | Message::CopyOutResponse(_) => copies = true,
            Message::ReadyForQuery(_) if copies => return Err(Error::new(ErrorKind::Parameter, COPIES)),
            Message::ReadyForQuery(_) => return Ok(outcomes),
            _ => {}
        }
    }
}

/// The message for a COPY outside of `copyIn()` and `copyOut()`.
pub(crate) const COPIES: &str = "COPY FROM STDIN and COPY TO STDOUT need copyIn() or copyOut()";

fn batch(outcome: StatementOutcome, types: &Types, form: RowForm) -> Result<Vec<u8>, Error> {
    let shape = Shape::new(outcome.columns.unwrap_or_default(), types);
    let mut rows = Rows::new(&shape, 0);
    for row in &outcome.rows {
        rows.push_printed(row, &shape, form)?;
    }
    Ok(rows.finish(&outcome.tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_rows_are_known_before_they_are_sent() {
        for (sql, returns) in [
            ("select 1; select 2", true),
            ("set x = 1; (values (1))", true),
            ("insert into t values (1); insert into t values (2)", false),
            ("insert into t values (1) returning a; select", true),
            ("create table t as select 1; drop table t", false),
        ] {
            assert_eq!(returns_rows(sql), returns, "{sql}");
        }
    }
}
