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
use super::routing::{after_statement, lease};
use super::run::{Running, StatementExecution, begin, run_to_end};
use super::script::COPIES;
use super::shape::{RowForm, Rows, affected};
use super::text_cache::StatementText;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::pool::{ConnectionLease, Pool, Want};
use crate::record::{StatementPlace, StatementRecord};
use crate::request::{Next, StatementCall};
use crate::service::Service;
use crate::session::{DatabaseSession, QueuedCall, SessionTurn, Traces, restore, session_is_over};
use crate::wire::TransactionState;

/// Bytes of JSON in one piece; the last row may exceed it.
const PIECE_BYTES: usize = 64 * 1024;
/// Rows per FETCH from a cursor.
const PIECE_ROWS: usize = 512;
/// The time limit for cancelling the statement of an abandoned stream.
const END_TIMEOUT: Duration = Duration::from_secs(2);

enum RowSource {
    Socket(Box<tokio::sync::Mutex<Option<Borrowed>>>),
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
    /// What telemetry tells of the statement, until its end.
    record: Mutex<Option<StatementRecord>>,
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
    let (patience, of_work) = (call.patience, Arc::clone(&service));
    let work = |deadline| async move {
        let mut call = call;
        let opened = async {
            match due {
                None => on_pool(&of_work, &mut call, &deadline).await,
                Some(due) => in_session(&of_work, &due.turn().await?, &mut call, &deadline).await,
            }
        };
        let opened = opened.await;
        opened.map_err(|error| error.with_query(&call.execution.sql.text))
    };
    service.watched(patience, false, work).await
}

/// A stream that has begun: its first rows, and itself where there are more.
type Begun = (Vec<u8>, Option<RowStream>);

async fn on_pool(
    service: &Arc<Service>,
    call: &mut StatementCall,
    deadline: &Arc<Deadline>,
) -> Result<Vec<u8>, Error> {
    let pool = service.pool(call.pool)?;
    let place = StatementPlace { pool: &pool.opener.record, caller: Some(&call.caller), transaction: None };
    let record = StatementRecord::begin(place, &call.execution.sql, deadline);
    call.execution.name_span(&record);
    let begun = on_socket(&pool, &call.execution, deadline).await;
    first_piece(service, call.patience.isolate, record, begun)
}

async fn in_session(
    service: &Arc<Service>,
    turn: &SessionTurn,
    call: &mut StatementCall,
    deadline: &Arc<Deadline>,
) -> Result<Vec<u8>, Error> {
    let record =
        StatementRecord::begin(turn.session.place(Some(&call.caller)), &call.execution.sql, deadline);
    call.execution.name_span(&record);
    let begun = as_cursor(service, turn, &call.execution, deadline).await;
    first_piece(service, call.patience.isolate, record, begun)
}

/// Encodes the first piece, and keeps the stream where it has more; else its record ends.
fn first_piece(
    service: &Arc<Service>,
    isolate: u32,
    mut record: StatementRecord,
    begun: Result<Begun, Error>,
) -> Result<Vec<u8>, Error> {
    if let Ok((rows, Some(stream))) = begun {
        record.rest();
        *lock(&stream.record) = Some(record);
        return Ok(piece(service.hold_stream(isolate, stream), &rows));
    }
    record.end(&begun);
    begun.map(|(rows, _)| piece(0, &rows))
}

async fn on_socket(
    pool: &Pool,
    execution: &StatementExecution<JsonExchange>,
    deadline: &Arc<Deadline>,
) -> Result<Begun, Error> {
    refuse_unstreamable(execution.sql.class)?;
    let lease = lease(pool, Want::Alone, deadline).await?;
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
        let tag = borrowed.running.tag();
        deadline.noted.rows(borrowed.running.rows, tag);
        let rows = rows.finish(tag);
        borrowed.give_back().await;
        return read.map(|_| (rows, None));
    }
    deadline.noted.add_returned(borrowed.running.rows);
    let source = RowSource::Socket(Box::new(tokio::sync::Mutex::new(Some(borrowed))));
    Ok((rows.finish(""), Some(RowStream::new(execution, source))))
}

async fn as_cursor(
    service: &Service,
    turn: &SessionTurn,
    execution: &StatementExecution<JsonExchange>,
    deadline: &Arc<Deadline>,
) -> Result<Begun, Error> {
    refuse_unstreamable(execution.sql.class)?;
    let (session, link) = (&turn.session, &turn.lease.link);
    let open = link.transaction() != TransactionState::Idle;
    if execution.sql.class != StatementClass::Plain || !can_be_cursor(&execution.sql.text) {
        let rows = run_to_end(link, execution, deadline, open).await;
        after_statement(session, link, &execution.sql).await;
        return rows.map(|rows| (rows, None));
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
    let stream = RowStream::new(execution, source);
    let fetched = stream.fetch(link, execution.exchange.known_shape, deadline).await?;
    deadline.noted.add_returned(fetched.count);
    Ok((fetched.rows, (!fetched.is_last).then_some(stream)))
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
    let of_record = Arc::clone(&stream);
    let work = |deadline| async move {
        lock(&stream.record).iter_mut().for_each(StatementRecord::go_on);
        let result = stream.next(due, request.shape, &deadline).await;
        *lock(&stream.last_used) = Instant::now();
        result
    };
    let fetched = service.watched(request.patience(isolate), false, work).await;
    of_record.told_of(&fetched);
    match fetched {
        Ok(Fetched { rows, is_last: false, .. }) => Ok(piece(handle, &rows)),
        Ok(Fetched { rows, .. }) => {
            service.streams.remove(isolate, handle);
            Ok(piece(0, &rows))
        }
        Err(error) => {
            service.streams.remove(isolate, handle);
            Err(error)
        }
    }
}

/// The next rows of a stream.
struct Fetched {
    rows: Vec<u8>,
    /// The number of rows.
    count: u64,
    is_last: bool,
}

impl RowStream {
    fn new(execution: &StatementExecution<JsonExchange>, source: RowSource) -> Self {
        let form = execution.exchange.form;
        Self { form, source, last_used: Mutex::new(Instant::now()), record: Mutex::default() }
    }

    /// Notes what came of the next rows; the record ends with the last.
    fn told_of(&self, fetched: &Result<Fetched, Error>) {
        let Some(mut record) = lock(&self.record).take() else { return };
        if let Ok(fetched) = fetched {
            record.add_rows(fetched.count);
            if !fetched.is_last {
                record.rest();
                *lock(&self.record) = Some(record);
                return;
            }
        }
        record.end(fetched);
    }

    /// The next rows.
    async fn next(
        &self,
        due: Option<QueuedCall>,
        known_shape: u64,
        deadline: &Arc<Deadline>,
    ) -> Result<Fetched, Error> {
        match &self.source {
            RowSource::Socket(state) => {
                let mut state = state.lock().await;
                let running = &mut state.as_mut().ok_or_else(session_is_over)?.running;
                deadline.entered(&running.entry);
                let mut rows = Rows::new(&running.prepared.shape, known_shape);
                let before = running.rows;
                let ended = running.read(&mut rows, self.form, PIECE_BYTES).await;
                let (rows, count) = (rows.finish(running.tag()), running.rows - before);
                if !matches!(ended, Ok(false))
                    && let Some(borrowed) = state.take()
                {
                    borrowed.give_back().await;
                }
                Ok(Fetched { rows, count, is_last: ended? })
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
    ) -> Result<Fetched, Error> {
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
            let count = affected(running.tag());
            let rows = rows.finish(running.tag());
            Ok(Fetched { rows, count, is_last: count < PIECE_ROWS as u64 })
        }
        .await;
        session.record_effects(&execution.sql, link);
        if matches!(result, Ok(Fetched { is_last: true, .. })) {
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
        if let Some(record) = lock(&self.record).take() {
            record.end(&Ok(()));
        }
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
