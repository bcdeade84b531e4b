//! `COPY … FROM STDIN` and `COPY … TO STDOUT` between an isolate and the server, in pieces.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::Mutex;
use tokio::time::timeout;
use twinloop_runtime::lock;
use twinloop_runtime::telemetry::CallOrigin;

use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::pool::{ConnectionLease, Want};
use crate::record::{StatementPlace, StatementRecord};
use crate::request::Copy;
use crate::service::Service;
use crate::session::{QueuedCall, SessionTurn, Traces, restore};
use crate::statement::class::{CopyDirection, copy_direction};
use crate::statement::routing::lease;
use crate::statement::shape::affected;
use crate::statement::text_cache::StatementText;
use crate::statement::tokens::{Token, tokens};
use crate::wire::{Message, ServerAnswer, WireFailure};

/// Bytes in one piece that is read; the last row may exceed it.
const PIECE_BYTES: usize = 64 * 1024;

/// The connection of a copy: one of the pool, or that of a session.
enum Hold {
    Lease(ConnectionLease),
    Turn(SessionTurn),
}

impl Hold {
    fn link(&self) -> &Arc<Connection> {
        match self {
            Self::Lease(lease) => &lease.link,
            Self::Turn(turn) => &turn.lease.link,
        }
    }

    /// Notes in the session that rows change, so that its transaction is not restarted silently.
    fn note(&self) {
        if let Self::Turn(turn) = self {
            turn.session.record_effects(&StatementText::new("copy"), &turn.lease.link);
        }
    }
}

struct CopyState {
    direction: CopyDirection,
    answer: ServerAnswer,
    hold: Hold,
    /// Session state that a function in the query of `COPY (…) TO` may leave behind.
    traces: Traces,
}

impl CopyState {
    /// Restores a connection of the pool and gives it back.
    async fn end(self) {
        match self.hold {
            Hold::Lease(lease) => restore(&lease.link, self.traces).await,
            Hold::Turn(turn) if self.traces.touched => turn.lease.link.touch(),
            Hold::Turn(_) => {}
        }
    }
}

/// A COPY under way.
pub(crate) struct Transfer {
    limit: Duration,
    state: Mutex<Option<CopyState>>,
    /// What telemetry tells of the copy, until its end.
    record: std::sync::Mutex<Option<StatementRecord>>,
}

impl Drop for Transfer {
    /// Closes the connection of an abandoned copy; the server rolls the copy back.
    fn drop(&mut self) {
        if let Some(state) = self.state.get_mut() {
            state.hold.link().kill();
        }
    }
}

/// Begins a COPY. `caller` is who asks.
///
/// Errors: `parameter` where the text is no COPY in this direction; nothing is sent then.
pub(crate) async fn open(
    service: &Service,
    due: Option<QueuedCall>,
    caller: &CallOrigin,
    request: Copy,
    wanted: CopyDirection,
) -> Result<Transfer, Error> {
    let mut sql = StatementText::new(&request.sql);
    let noted = Arc::<Deadline>::default();
    let (hold, record) = match due {
        None => {
            let pool = service.pool(request.place.pool)?;
            let place = StatementPlace { pool: &pool.opener.record, caller: Some(caller), transaction: None };
            let record = StatementRecord::begin(place, &sql, &noted);
            match lease(&pool, Want::Alone, &noted).await {
                Ok(lease) => (Hold::Lease(lease), record),
                Err(error) => return ended(record, Err(error)),
            }
        }
        Some(due) => {
            let turn = due.turn().await?;
            let record = StatementRecord::begin(turn.session.place(Some(caller)), &sql, &noted);
            (Hold::Turn(turn), record)
        }
    };
    if copy_direction(&request.sql) != Some(wanted) {
        let form = match wanted {
            CopyDirection::In => "copyIn takes one COPY … FROM STDIN",
            CopyDirection::Out => "copyOut takes one COPY … TO STDOUT",
        };
        let error = Error::new(ErrorKind::Parameter, format!("{form}; the statement was not sent"));
        return ended(record, Err(error));
    }
    let limit = request.limit();
    let is_query = tokens(&request.sql).nth(1) == Some(Token::Symbol(b'('));
    let traces = Traces { touched: is_query, ..Traces::default() };
    if let Some(text) = record.commented(&sql.text) {
        sql.text = text;
    }
    let begun = bounded(limit, hold.link(), hold.link().client.copy(&sql.text)).await;
    let begun = begun.map_err(|error| error.with_query(&sql.text));
    hold.note();
    let answer = match begun {
        Ok(answer) => answer,
        Err(error) => return ended(record, Err(error)),
    };
    let state = Mutex::new(Some(CopyState { direction: wanted, answer, hold, traces }));
    let mut record = record;
    record.rest();
    Ok(Transfer { limit, state, record: std::sync::Mutex::new(Some(record)) })
}

/// Ends a record with a result, and returns the result.
fn ended<T>(record: StatementRecord, result: Result<T, Error>) -> Result<T, Error> {
    record.end(&result);
    result
}

/// Runs one step of a copy for at most `queryTimeout`; beyond it the connection is closed.
async fn bounded<T>(
    limit: Duration,
    link: &Arc<Connection>,
    step: impl Future<Output = Result<T, WireFailure>>,
) -> Result<T, Error> {
    if let Ok(result) = timeout(limit, step).await {
        return result.map_err(|failure| Error::of_statement(&failure));
    }
    link.cancel_process();
    let message = format!("a step of COPY was not done after {} ms (queryTimeout)", limit.as_millis());
    Err(Error::new(ErrorKind::QueryTimeout, message))
}

impl Transfer {
    fn go_on(&self) {
        lock(&self.record).iter_mut().for_each(StatementRecord::go_on);
    }

    fn rest(&self) {
        lock(&self.record).iter_mut().for_each(StatementRecord::rest);
    }

    /// Ends the record of the copy, after `rows` were sent or read.
    fn end_record<T>(&self, rows: u64, direction: CopyDirection, result: &Result<T, Error>) {
        if let Some(record) = lock(&self.record).take() {
            record.changed(rows);
            if direction == CopyDirection::Out {
                record.add_rows(rows);
            }
            record.end(result);
        }
    }

    /// Sends one piece of a COPY FROM STDIN; returns when there is room for the next.
    pub(crate) async fn write(&self, piece: Bytes) -> Result<(), Error> {
        self.go_on();
        let result = self.send(piece).await;
        match &result {
            Ok(()) => self.rest(),
            Err(_) => self.end_record(0, CopyDirection::In, &result),
        }
        result
    }

    async fn send(&self, piece: Bytes) -> Result<(), Error> {
        let mut held = self.state.lock().await;
        let Some(state) = held.as_mut().filter(|state| state.direction == CopyDirection::In) else {
            return Err(crate::session::session_is_over());
        };
        let link = Arc::clone(state.hold.link());
        let sent = bounded(self.limit, &link, async {
            tokio::select! {
                biased;
                // Before the end the server answers only where the copy has failed.
                failed = state.answer.next() => failed.map(|_| ()),
                sent = link.client.copy_data(piece) => sent,
            }
        });
        let result = sent.await;
        if result.is_err()
            && let Some(state) = held.take()
        {
            state.end().await;
        }
        result
    }

    /// Ends a copy and returns the number of rows. `completes: false` discards the rows that were sent and returns 0.
    pub(crate) async fn end(&self, completes: bool) -> Result<u64, Error> {
        let Some(mut state) = self.state.lock().await.take() else {
            return Err(crate::session::session_is_over());
        };
        let link = Arc::clone(state.hold.link());
        if state.direction == CopyDirection::Out {
            // An unfinished COPY TO would have to be read to its end: closing the connection is quicker and as safe.
            link.cancel_process();
            self.end_record(0, CopyDirection::Out, &Ok(()));
            return Ok(0);
        }
        self.go_on();
        let failed = (!completes).then_some("the copy was given up");
        let ended = bounded(self.limit, &link, async {
            link.client.end_copy(failed)?;
            state.answer.finish().await
        });
        let result = ended.await;
        let rows = affected(state.answer.tag());
        state.end().await;
        let result = match result {
            Ok(()) => Ok(rows),
            // The failure was asked for (CopyFail).
            Err(error) if !completes && !error.breaks_connection() => Ok(0),
            Err(error) => Err(error),
        };
        self.end_record(rows, CopyDirection::In, &result);
        result
    }

    /// The next piece of a COPY TO STDOUT; empty at its end.
    pub(crate) async fn read(&self) -> Result<Bytes, Error> {
        let mut held = self.state.lock().await;
        let Some(state) = held.as_mut().filter(|state| state.direction == CopyDirection::Out) else {
            return Ok(Bytes::new());
        };
        self.go_on();
        let mut piece = BytesMut::new();
        let link = Arc::clone(state.hold.link());
        let result = bounded(self.limit, &link, async {
            while piece.len() < PIECE_BYTES {
                match state.answer.next().await? {
                    Message::CopyData(row) => piece.extend_from_slice(row.data()),
                    Message::ReadyForQuery(_) => return Ok(true),
                    _ => {}
                }
            }
            Ok(false)
        })
        .await;
        if !matches!(result, Ok(false))
            && let Some(state) = held.take()
        {
            let rows = affected(state.answer.tag());
            state.end().await;
            self.end_record(rows, CopyDirection::Out, &result);
        }
        self.rest();
        result.map(|_| piece.freeze())
    }
}
