//! `COPY … FROM STDIN` and `COPY … TO STDOUT` between an isolate and the server, in pieces.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::error::{Error, ErrorKind};
use crate::pool::{ConnectionLease, Want};
use crate::request::Copy;
use crate::service::Service;
use crate::session::{QueuedCall, SessionTurn, Traces, restore};
use crate::statement::class::{CopyDirection, copy_direction};
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
}

impl Drop for Transfer {
    /// Closes the connection of an abandoned copy; the server rolls the copy back.
    fn drop(&mut self) {
        if let Some(state) = self.state.get_mut() {
            state.hold.link().kill();
        }
    }
}

/// Begins a COPY and returns its handle.
///
/// Errors: `parameter` where the text is no COPY in this direction; nothing is sent then.
pub(crate) async fn open(
    service: &Service,
    isolate: u32,
    due: Option<QueuedCall>,
    request: Copy,
    wanted: CopyDirection,
) -> Result<u32, Error> {
    let hold = match due {
        None => Hold::Lease(service.pool(request.place.pool)?.lease(Want::Alone).await?),
        Some(due) => Hold::Turn(due.turn().await?),
    };
    if copy_direction(&request.sql) != Some(wanted) {
        let form = match wanted {
            CopyDirection::In => "copyIn takes one COPY … FROM STDIN",
            CopyDirection::Out => "copyOut takes one COPY … TO STDOUT",
        };
        return Err(Error::new(ErrorKind::Parameter, format!("{form}; the statement was not sent")));
    }
    let limit = request.limit();
    let is_query = tokens(&request.sql).nth(1) == Some(Token::Symbol(b'('));
    let traces = Traces { touched: is_query, ..Traces::default() };
    let sql: Arc<str> = Arc::from(request.sql);
    let begun = bounded(limit, hold.link(), hold.link().client.copy(&sql)).await;
    let begun = begun.map_err(|error| error.with_query(&sql));
    hold.note();
    let state = Mutex::new(Some(CopyState { direction: wanted, answer: begun?, hold, traces }));
    Ok(service.copies.insert(isolate, Transfer { limit, state }))
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
    /// Sends one piece of a COPY FROM STDIN; returns when there is room for the next.
    pub(crate) async fn write(&self, piece: Bytes) -> Result<(), Error> {
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
            return Ok(0);
        }
        let failed = (!completes).then_some("the copy was given up");
        let ended = bounded(self.limit, &link, async {
            link.client.end_copy(failed)?;
            state.answer.finish().await
        });
        let result = ended.await;
        let rows = affected(state.answer.tag());
        state.end().await;
        match result {
            Ok(()) => Ok(rows),
            // The failure was asked for (CopyFail).
            Err(error) if !completes && !error.breaks_connection() => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// The next piece of a COPY TO STDOUT; empty at its end.
    pub(crate) async fn read(&self) -> Result<Bytes, Error> {
        let mut held = self.state.lock().await;
        let Some(state) = held.as_mut().filter(|state| state.direction == CopyDirection::Out) else {
            return Ok(Bytes::new());
        };
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
            state.end().await;
        }
        result.map(|_| piece.freeze())
    }
}
