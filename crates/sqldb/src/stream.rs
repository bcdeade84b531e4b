//! Rows in pieces, at the pace of the isolate.
//!
//! On a connection of its own a stream reads the answer straight from the socket: what the isolate has not asked for stays with
//! the server, which the window of the TCP connection holds back. In a session it is a cursor, so that other statements can run
//! between two pieces.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::timeout;

use crate::error::{Error, Kind};
use crate::link::{Link, lock};
use crate::pool::{Lease, Want};
use crate::query::read;
use crate::request::{Next, Statement};
use crate::run::{Ask, Running, begin, run_to_end};
use crate::service::Service;
use crate::session::Session;
use crate::shape::{Form, Rows};
use crate::statement::Class;
use crate::text::Sql;
use crate::watch::{Watch, watched};

/// Bytes of JSON in one piece, exceeded by at most one row.
const PIECE_BYTES: usize = 64 * 1024;
/// Rows that are fetched from a cursor at once.
const PIECE_ROWS: usize = 512;
/// How long a stream that was left may take to end in the server.
const END_TIMEOUT: Duration = Duration::from_secs(2);

enum Source {
    Socket(tokio::sync::Mutex<Option<(Running, Lease)>>),
    Cursor { session: Arc<Session>, fetch: Arc<str>, close: String },
}

/// A statement whose rows have not all been asked for.
pub(crate) struct Stream {
    pub(crate) isolate: u32,
    form: Form,
    source: Source,
    last_used: Mutex<Instant>,
}

/// A piece and, unless it was the last, the number under which the next is asked for: `number\nrows`.
fn piece(number: u32, rows: &[u8]) -> Vec<u8> {
    let mut out = format!("{number}\n").into_bytes();
    out.extend_from_slice(rows);
    out
}

/// Begins a stream and gives its first piece.
pub(crate) async fn open(service: Arc<Service>, isolate: u32, payload: Bytes) -> Result<Vec<u8>, Error> {
    let (limit, token) = {
        let statement: Statement<'_> = read(&payload)?;
        (statement.limit(), statement.4)
    };
    let listed = service.tokens.list(isolate, token);
    let gone = listed.as_ref().map(|listed| Arc::clone(&listed.gone));
    let watch = Arc::new(Watch::default());
    let work = {
        let (service, watch) = (Arc::clone(&service), Arc::clone(&watch));
        async move {
            let statement: Statement<'_> = read(&payload)?;
            let (pool, session, turn) = (statement.0, statement.1, statement.2);
            let ask = statement.ask(&service.texts);
            let opened = if session == 0 {
                on_socket(&service, isolate, pool, &ask, &watch).await
            } else {
                let session = service.session(session)?;
                as_cursor(&service, isolate, session, turn, &ask, &watch).await
            };
            opened.map_err(|error| error.with_query(&ask.sql.text))
        }
    };
    watched(work, watch, limit, gone, false).await
}

async fn on_socket(
    service: &Arc<Service>,
    isolate: u32,
    pool: u32,
    ask: &Ask<'_>,
    watch: &Watch,
) -> Result<Vec<u8>, Error> {
    let pool = service.pool(pool)?;
    if ask.sql.class.controls_transaction() {
        return Err(Error::new(Kind::Parameter, "a statement without rows cannot be streamed"));
    }
    let lease = pool.lease(Want::Alone).await?;
    let mut running = begin(&lease.link, ask, watch, false).await?;
    let mut rows = Rows::new(&running.prepared.shape, ask.known_shape);
    if running.read(&mut rows, ask.form, PIECE_BYTES).await? {
        let affected = running.affected();
        return Ok(piece(0, &rows.finish(affected)));
    }
    let source = Source::Socket(tokio::sync::Mutex::new(Some((running, lease))));
    let stream = Stream { isolate, form: ask.form, source, last_used: Mutex::new(Instant::now()) };
    Ok(piece(service.hold_stream(stream), &rows.finish(0)))
}

async fn as_cursor(
    service: &Arc<Service>,
    isolate: u32,
    session: Arc<Session>,
    number: u32,
    ask: &Ask<'_>,
    watch: &Watch,
) -> Result<Vec<u8>, Error> {
    let turn = session.turn(number).await?;
    let link = &turn.lease.link;
    let open = session.tracked().open;
    if ask.sql.class != Class::Plain || !can_be_cursor(&ask.sql.text) {
        let rows = run_to_end(link, ask, watch, open).await;
        session.note(ask.sql.class, &rows);
        return rows.map(|rows| piece(0, &rows));
    }
    let name = format!("twinloop_{}", service.next_number());
    let hold = if open { "" } else { "with hold " };
    let declare = Ask {
        sql: Sql::new(&format!("declare {name} no scroll cursor {hold}for {}", ask.sql.text)),
        parameters: ask.parameters.clone(),
        form: ask.form,
        known_shape: 0,
    };
    let declared = run_to_end(link, &declare, watch, open).await;
    link.forget(&declare.sql.text);
    session.note(Class::Plain, &declared);
    declared?;
    let fetch: Arc<str> = Arc::from(format!("fetch forward {PIECE_ROWS} from {name}"));
    let source = Source::Cursor { session: Arc::clone(&session), fetch, close: format!("close {name}") };
    let stream = Stream { isolate, form: ask.form, source, last_used: Mutex::new(Instant::now()) };
    let (rows, ended) = stream.fetch(link, ask.known_shape, watch).await?;
    Ok(piece(if ended { 0 } else { service.hold_stream(stream) }, &rows))
}

/// Cursors are for queries that change nothing.
fn can_be_cursor(sql: &str) -> bool {
    let word = |word: &str| {
        let named = |part: &str| part.eq_ignore_ascii_case(word);
        sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(named)
    };
    !["insert", "update", "delete", "merge", "into"].into_iter().any(word)
}

/// The next piece.
pub(crate) async fn next(service: Arc<Service>, isolate: u32, request: Next) -> Result<Vec<u8>, Error> {
    let stream = service.streams.get(request.0).ok_or_else(crate::session::over)?;
    let listed = service.tokens.list(isolate, request.2);
    let gone = listed.as_ref().map(|listed| Arc::clone(&listed.gone));
    let watch = Arc::new(Watch::default());
    let work = {
        let watch = Arc::clone(&watch);
        async move {
            let result = stream.next(&request, &watch).await;
            *lock(&stream.last_used) = Instant::now();
            result
        }
    };
    let result = watched(work, watch, request.limit(), gone, false).await;
    match result {
        Ok((rows, false)) => Ok(piece(request.0, &rows)),
        Ok((rows, true)) => {
            service.streams.remove(request.0);
            Ok(piece(0, &rows))
        }
        Err(error) => {
            service.streams.remove(request.0);
            Err(error)
        }
    }
}

impl Stream {
    /// Rows, and whether they were the last.
    async fn next(&self, request: &Next, watch: &Watch) -> Result<(Vec<u8>, bool), Error> {
        match &self.source {
            Source::Socket(state) => {
                let mut state = state.lock().await;
                let (running, _) = state.as_mut().ok_or_else(crate::session::over)?;
                watch.entered(&running.entry);
                let mut rows = Rows::new(&running.prepared.shape, request.4);
                let ended = running.read(&mut rows, self.form, PIECE_BYTES).await;
                let affected = running.affected();
                if !matches!(ended, Ok(false)) {
                    *state = None;
                }
                Ok((rows.finish(affected), ended?))
            }
            Source::Cursor { session, .. } => {
                let turn = session.turn(request.3).await?;
                self.fetch(&turn.lease.link, request.4, watch).await
            }
        }
    }

    async fn fetch(&self, link: &Arc<Link>, known: u64, watch: &Watch) -> Result<(Vec<u8>, bool), Error> {
        let Source::Cursor { session, fetch, close } = &self.source else {
            return Err(Error::new(Kind::Internal, "only cursors are fetched from"));
        };
        let sql = Sql { text: Arc::clone(fetch), class: Class::Plain };
        let ask = Ask { sql, parameters: Vec::new(), form: self.form, known_shape: known };
        let result = async {
            let mut running = begin(link, &ask, watch, true).await?;
            let mut rows = Rows::new(&running.prepared.shape, known);
            running.read(&mut rows, self.form, usize::MAX).await?;
            let fetched = running.affected();
            Ok((rows.finish(fetched), fetched < PIECE_ROWS as u64))
        }
        .await;
        session.note(Class::Plain, &result);
        if matches!(result, Ok((_, true))) {
            end_cursor(link, fetch, close).await;
        }
        result
    }

    /// How long nobody has asked for more.
    pub(crate) fn idle(&self) -> Duration {
        lock(&self.last_used).elapsed()
    }

    /// Ends the stream before its last row: the server is told to stop, and the connection goes back when it has.
    pub(crate) async fn end(&self, number: u32) {
        match &self.source {
            Source::Socket(state) => {
                let Some((mut running, lease)) = state.lock().await.take() else { return };
                let link = Arc::clone(&lease.link);
                let stopped = timeout(END_TIMEOUT, async {
                    let entry = running.entry.number;
                    let cancel = link.cancel(entry);
                    let drained = async { while let Ok(Some(())) = running.skip().await {} };
                    tokio::join!(cancel, drained);
                });
                if stopped.await.is_err() {
                    link.kill();
                }
                drop(lease);
            }
            Source::Cursor { session, fetch, close } => {
                if let Ok(turn) = session.turn(number).await
                    && !session.tracked().failed
                {
                    end_cursor(&turn.lease.link, fetch, close).await;
                }
            }
        }
    }
}

async fn end_cursor(link: &Arc<Link>, fetch: &Arc<str>, close: &str) {
    link.forget(fetch);
    // A transaction that has ended has closed its cursors; the error says no more than that.
    let _ = link.client.batch_execute(close).await;
}
