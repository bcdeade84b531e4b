//! Streams: the rows of a statement in pieces, at the pace of the isolate.
//!
//! On a connection of its own a stream reads the answer from the socket, and the TCP window holds the server back until the
//! isolate asks for more. In a session a stream is a cursor, so that other statements can run between two pieces.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use twinloop_runtime::lock;

use super::class::StatementClass;
use super::json_exchange::{JsonExchange, ScriptResults};
use super::routing::after_statement;
use super::run::{Running, StatementExecution, begin, run_to_end};
use super::script::COPIES;
use super::shape::{RowForm, Rows, affected};
use super::text_cache::StatementText;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::pool::{ConnectionLease, Want};
use crate::request::{Next, StatementCall};
use crate::service::Service;
use crate::session::{DatabaseSession, QueuedCall, Traces, restore, session_is_over};
use crate::wire::TransactionState;

/// Bytes of JSON in one piece; the last row may exceed it.
const PIECE_BYTES: usize = 64 * 1024;
/// Rows per FETCH from a cursor.
const PIECE_ROWS: usize = 512;
/// The time limit for cancelling the statement of an abandoned stream.
const END_TIMEOUT: Duration = Duration::from_secs(2);

enum RowSource {
    Socket(tokio::sync::Mutex<Option<Borrowed>>),
    Cursor { session: Arc<DatabaseSession>, fetch: Arc<str>, close: String },
}

/// A connection that a stream has alone, with the session state that its statement may leave.
struct Borrowed {
    running: Running,
    lease: ConnectionLease,
    traces: Traces,
}

impl Borrowed {
    /// Restores the connection and gives it back.
    async fn give_back(self) {
        restore(&self.lease.link, self.traces).await;
    }
}

/// A statement whose rows are read in pieces.
pub(crate) struct RowStream {
    form: RowForm,
    source: RowSource,
    last_used: Mutex<Instant>,
}

/// Encodes a piece as `number\nrows`; `number` is the stream's handle, 0 after the last piece.
fn piece(number: u32, rows: &[u8]) -> Vec<u8> {
    let mut out = format!("{number}\n").into_bytes();
    out.extend_from_slice(rows);
    out
}

/// Begins a stream and returns its first piece.
pub(crate) async fn open(
    service: Arc<Service>,
    due: Option<QueuedCall>,
    call: StatementCall,
) -> Result<Vec<u8>, Error> {
    let StatementCall { pool, patience, execution } = call;
    let isolate = patience.isolate;
    let of_work = Arc::clone(&service);
    let work = |deadline| async move {
        let opened = match due {
            None => on_socket(&of_work, isolate, pool, &execution, &deadline).await,
            Some(due) => as_cursor(&of_work, isolate, due, &execution, &deadline).await,
        };
        opened.map_err(|error| error.with_query(&execution.sql.text))
    };
    service.watched(patience, false, work).await
}

async fn on_socket(
    service: &Arc<Service>,
    isolate: u32,
    pool: u32,
    execution: &StatementExecution<JsonExchange>,
    deadline: &Arc<Deadline>,
) -> Result<Vec<u8>, Error> {
    let pool = service.pool(pool)?;
    refuse_unstreamable(execution.sql.class)?;
    let lease = pool.lease(Want::Alone).await?;
    let traces = Traces::of(&execution.sql);
    let mut running = match begin(&lease.link, execution, deadline, false).await {
        Ok(running) => running,
        Err(error) => {
            restore(&lease.link, traces).await;
            return Err(error);
        }
    };
    let mut rows = Rows::new(&running.prepared.shape, execution.exchange.known_shape);
    let read = running.read(&mut rows, execution.exchange.form, PIECE_BYTES).await;
    let borrowed = Borrowed { running, lease, traces };
    if !matches!(read, Ok(false)) {
        let rows = rows.finish(borrowed.running.tag());
        borrowed.give_back().await;
        return read.map(|_| piece(0, &rows));
    }
    let source = RowSource::Socket(tokio::sync::Mutex::new(Some(borrowed)));
    let stream = RowStream { form: execution.exchange.form, source, last_used: Mutex::new(Instant::now()) };
    Ok(piece(service.hold_stream(isolate, stream), &rows.finish("")))
}

async fn as_cursor(
    service: &Arc<Service>,
    isolate: u32,
    due: QueuedCall,
    execution: &StatementExecution<JsonExchange>,
    deadline: &Arc<Deadline>,
) -> Result<Vec<u8>, Error> {
    let turn = due.turn().await?;
    refuse_unstreamable(execution.sql.class)?;
    let (session, link) = (&turn.session, &turn.lease.link);
    let open = link.transaction() != TransactionState::Idle;
    if execution.sql.class != StatementClass::Plain || !can_be_cursor(&execution.sql.text) {
        let rows = run_to_end(link, execution, deadline, open).await;
        after_statement(session, link, &execution.sql).await;
        return rows.map(|rows| piece(0, &rows));
    }
    let name = format!("twinloop_{}", service.next_number());
    let hold = if open { "" } else { "with hold " };
    let declare = StatementExecution {
        sql: StatementText::new(&format!("declare {name} no scroll cursor {hold}for {}", execution.sql.text)),
        exchange: JsonExchange { known_shape: 0, ..execution.exchange.clone() },
        is_shared: false,
        is_kept: true,
    };
    let declared = run_to_end(link, &declare, deadline, open).await;
    link.forget(&declare.sql.text);
    session.record_effects(&execution.sql, link);
    declared?;
    let fetch: Arc<str> =
        Arc::from(format!("fetch forward {PIECE_ROWS} from {name}{}", comment_of(execution)));
    let source = RowSource::Cursor { session: Arc::clone(session), fetch, close: format!("close {name}") };
    let stream = RowStream { form: execution.exchange.form, source, last_used: Mutex::new(Instant::now()) };
    let (rows, ended) = stream.fetch(link, execution.exchange.known_shape, deadline).await?;
    Ok(piece(if ended { 0 } else { service.hold_stream(isolate, stream) }, &rows))
}

/// The comment at the end of a statement that names its trace (sqlcommenter), for the FETCH statements of its cursor.
fn comment_of(execution: &StatementExecution<JsonExchange>) -> &str {
    let text = &execution.sql.text;
    let at = if execution.is_kept { None } else { text.rfind("\n/*traceparent=") };
    at.map_or("", |at| &text[at..])
}

fn refuse_unstreamable(class: StatementClass) -> Result<(), Error> {
    match class {
        StatementClass::Plain | StatementClass::Session => Ok(()),
        StatementClass::Copy => Err(Error::new(ErrorKind::Parameter, COPIES)),
        StatementClass::Script => Err(Error::new(
            ErrorKind::Parameter,
            "several statements cannot be streamed: run them one by one",
        )),
        _ => Err(Error::new(ErrorKind::Parameter, "a statement without rows cannot be streamed")),
    }
}

/// Whether a text can be the query of a cursor: PostgreSQL allows SELECT and VALUES that change nothing.
fn can_be_cursor(sql: &str) -> bool {
    let word = |word: &str| {
        let named = |part: &str| part.eq_ignore_ascii_case(word);
        sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(named)
    };
    !["insert", "update", "delete", "merge", "into"].into_iter().any(word)
}

/// The next piece of the stream.
pub(crate) async fn next(
    service: Arc<Service>,
    isolate: u32,
    due: Option<QueuedCall>,
    request: Next,
) -> Result<Vec<u8>, Error> {
    let handle = request.handle;
    let stream = service.streams.get(isolate, handle).ok_or_else(session_is_over)?;
    let work = |deadline| async move {
        let result = stream.next(due, request.shape, &deadline).await;
        *lock(&stream.last_used) = Instant::now();
        result
    };
    match service.watched(request.patience(isolate), false, work).await {
        Ok((rows, false)) => Ok(piece(handle, &rows)),
        Ok((rows, true)) => {
            service.streams.remove(isolate, handle);
            Ok(piece(0, &rows))
        }
        Err(error) => {
            service.streams.remove(isolate, handle);
            Err(error)
        }
    }
}

impl RowStream {
    /// The next rows, and whether they were the last.
    async fn next(
        &self,
        due: Option<QueuedCall>,
        known_shape: u64,
        deadline: &Arc<Deadline>,
    ) -> Result<(Vec<u8>, bool), Error> {
        match &self.source {
            RowSource::Socket(state) => {
                let mut state = state.lock().await;
                let running = &mut state.as_mut().ok_or_else(session_is_over)?.running;
                deadline.entered(&running.entry);
                let mut rows = Rows::new(&running.prepared.shape, known_shape);
                let ended = running.read(&mut rows, self.form, PIECE_BYTES).await;
                let rows = rows.finish(running.tag());
                if !matches!(ended, Ok(false))
                    && let Some(borrowed) = state.take()
                {
                    borrowed.give_back().await;
                }
                Ok((rows, ended?))
            }
            RowSource::Cursor { .. } => {
                let turn = due.ok_or_else(session_is_over)?.turn().await?;
                self.fetch(&turn.lease.link, known_shape, deadline).await
            }
        }
    }

    async fn fetch(
        &self,
        link: &Arc<Connection>,
        known: u64,
        deadline: &Arc<Deadline>,
    ) -> Result<(Vec<u8>, bool), Error> {
        let RowSource::Cursor { session, fetch, close } = &self.source else {
            return Err(Error::new(ErrorKind::Internal, "only cursors are fetched from"));
        };
        let execution = StatementExecution {
            sql: StatementText {
                text: Arc::clone(fetch),
                class: StatementClass::Plain,
                ..StatementText::new("")
            },
            exchange: JsonExchange {
                parameters: Arc::default(),
                form: self.form,
                several: ScriptResults::Refused,
                known_shape: known,
            },
            is_shared: false,
            is_kept: true,
        };
        let result = async {
            let mut running = begin(link, &execution, deadline, true).await?;
            let mut rows = Rows::new(&running.prepared.shape, known);
            running.read(&mut rows, self.form, usize::MAX).await?;
            let fetched = affected(running.tag());
            Ok((rows.finish(running.tag()), fetched < PIECE_ROWS as u64))
        }
        .await;
        session.record_effects(&execution.sql, link);
        if matches!(result, Ok((_, true))) {
            end_cursor(link, fetch, close).await;
        }
        result
    }

    /// How long the stream has waited for its reader.
    pub(crate) fn idle(&self) -> Duration {
        lock(&self.last_used).elapsed()
    }

    /// Ends the stream before its last row: cancels the statement in the server, then gives the connection back.
    pub(crate) async fn end(&self, due: Option<QueuedCall>) {
        match &self.source {
            RowSource::Socket(state) => {
                let Some(mut borrowed) = state.lock().await.take() else { return };
                let link = Arc::clone(&borrowed.lease.link);
                let stopped = timeout(END_TIMEOUT, async {
                    let cancel = link.cancel(borrowed.running.entry.number);
                    tokio::join!(cancel, borrowed.running.answer.skip());
                });
                if stopped.await.is_err() {
                    link.kill();
                }
                borrowed.give_back().await;
            }
            // Without a place in the session's queue, the cursor is left to end with its transaction.
            RowSource::Cursor { fetch, close, .. } => {
                let Some(due) = due else { return };
                if let Ok(turn) = due.turn().await
                    && turn.lease.link.transaction() != TransactionState::Failed
                {
                    end_cursor(&turn.lease.link, fetch, close).await;
                }
            }
        }
    }
}

async fn end_cursor(link: &Arc<Connection>, fetch: &Arc<str>, close: &str) {
    link.forget(fetch);
    // The error is ignored: a transaction that has ended has closed its cursors.
    let _ = link.client.run(close).await;
}
