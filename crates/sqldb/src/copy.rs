//! `COPY` from and to the isolate, piece by piece.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, TryStreamExt};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::{CopyInSink, CopyOutStream};

use crate::error::{Error, Kind};
use crate::link::Link;
use crate::pool::{Lease, Want};
use crate::request::Copy;
use crate::service::Service;
use crate::session::{Session, Turn};
use crate::statement::Class;

/// Bytes in one piece that is read, exceeded by at most one row.
const PIECE_BYTES: usize = 64 * 1024;

/// Keeps the connection for the copy.
enum Hold {
    Lease(Lease),
    Turn(Turn, Arc<Session>),
}

impl Hold {
    fn link(&self) -> &Arc<Link> {
        match self {
            Self::Lease(lease) => &lease.link,
            Self::Turn(turn, _) => &turn.lease.link,
        }
    }

    fn note<T>(&self, result: &Result<T, Error>) {
        if let Self::Turn(_, session) = self {
            session.note(Class::Plain, result);
        }
    }
}

enum Direction {
    In(Pin<Box<CopyInSink<Bytes>>>),
    Out(Pin<Box<CopyOutStream>>),
}

/// A copy under way.
pub(crate) struct Transfer {
    pub(crate) isolate: u32,
    limit: Duration,
    state: Mutex<Option<(Direction, Hold)>>,
}

/// Begins a copy and gives its number.
pub(crate) async fn open(service: &Service, isolate: u32, request: Copy, into: bool) -> Result<u32, Error> {
    let hold = if request.1 == 0 {
        Hold::Lease(service.pool(request.0)?.lease(Want::Alone).await?)
    } else {
        let session = service.session(request.1)?;
        Hold::Turn(session.turn(request.2).await?, session)
    };
    let limit = request.limit();
    let client = &hold.link().client;
    let sql: Arc<str> = Arc::from(request.4);
    let begun = bounded(limit, hold.link(), async {
        let statement = client.prepare(&sql).await?;
        Ok(if into {
            Direction::In(Box::pin(client.copy_in(&statement).await?))
        } else {
            Direction::Out(Box::pin(client.copy_out(&statement).await?))
        })
    })
    .await
    .map_err(|error| error.with_query(&sql));
    hold.note(&begun);
    if begun.is_err() && into {
        // The driver then ends a copy that never began, and the server answers once more than was asked: the next statement
        // would take that answer for its own.
        hold.link().kill();
    }
    let state = Mutex::new(Some((begun?, hold)));
    let number = service.next_number();
    service.copies.insert(number, Arc::new(Transfer { isolate, limit, state }));
    Ok(number)
}

/// Gives a step of a copy its time; past it the connection is cut.
async fn bounded<T>(
    limit: Duration,
    link: &Arc<Link>,
    step: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Error> {
    if let Ok(result) = timeout(limit, step).await {
        return result.map_err(|error| Error::of_statement(&error));
    }
    link.kill();
    let message = format!("a step of COPY was not done after {} ms (queryTimeout)", limit.as_millis());
    Err(Error::new(Kind::QueryTimeout, message))
}

impl Transfer {
    /// Sends one piece; returns when there is room for the next.
    pub(crate) async fn write(&self, piece: Bytes) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        let Some((Direction::In(sink), hold)) = state.as_mut() else { return Err(crate::session::over()) };
        let result = bounded(self.limit, hold.link(), sink.send(piece)).await;
        if result.is_err() {
            hold.note(&result);
            *state = None;
        }
        result
    }

    /// Ends a copy: `true` keeps what was sent and gives the number of rows, `false` drops it.
    pub(crate) async fn end(&self, completes: bool) -> Result<u64, Error> {
        let Some((direction, hold)) = self.state.lock().await.take() else {
            return Err(crate::session::over());
        };
        match direction {
            Direction::In(mut sink) if completes => {
                let result = bounded(self.limit, hold.link(), sink.as_mut().finish()).await;
                hold.note(&result);
                result
            }
            // Letting go of the sink tells the server that the copy failed.
            Direction::In(sink) => {
                drop(sink);
                hold.note::<()>(&Err(Error::new(Kind::Canceled, "the copy was given up")));
                Ok(0)
            }
            // The rest would have to be read: closing is quicker and as safe.
            Direction::Out(stream) => {
                drop(stream);
                hold.link().kill();
                Ok(0)
            }
        }
    }

    /// The next piece; empty when there is none.
    pub(crate) async fn read(&self) -> Result<Bytes, Error> {
        let mut state = self.state.lock().await;
        let Some((Direction::Out(stream), hold)) = state.as_mut() else { return Ok(Bytes::new()) };
        let mut piece = BytesMut::new();
        let result = bounded(self.limit, hold.link(), async {
            while piece.len() < PIECE_BYTES {
                match stream.as_mut().try_next().await? {
                    Some(row) => piece.extend_from_slice(&row),
                    None => return Ok(true),
                }
            }
            Ok(false)
        })
        .await;
        if !matches!(result, Ok(false)) {
            hold.note(&result);
            *state = None;
        }
        result.map(|_| piece.freeze())
    }
}
