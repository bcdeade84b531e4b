//! The client's half of a connection: sends requests and receives their answers.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use fallible_iterator::FallibleIterator;
use futures_channel::mpsc::channel;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::RowDescriptionBody;
use postgres_protocol::message::frontend::{self, BindError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_postgres::Config;

use super::answer::{Message, ServerAnswer};
use super::connect::CancelKey;
use super::driver::{Asked, Driver, Request};
use super::failure::WireFailure;
use super::secure::{Tls, secure};
use super::shared::ServerState;
use super::socket::{self, Address};

/// Most bytes of a COPY that wait for the socket.
const MOST_UNSENT: usize = 256 * 1024;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The OID of the column's type.
    pub(crate) of: u32,
}

impl Column {
    /// Reads the columns of a `RowDescription`.
    pub(crate) fn read_all(body: &RowDescriptionBody) -> Result<Vec<Self>, WireFailure> {
        let columns =
            body.fields().map(|field| Ok(Self { name: field.name().to_owned(), of: field.type_oid() }));
        columns.collect().map_err(|error| strange(&error))
    }
}

/// The server's description of a prepared statement.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    /// The OIDs of the parameters' types.
    pub(crate) parameters: Vec<u32>,
    /// The columns of the rows; empty for a statement that returns none.
    pub(crate) columns: Vec<Column>,
}

/// A value for one parameter.
pub(crate) trait BindValue {
    /// The format code for a parameter of the type with OID `of`: 0 for text, 1 for binary.
    fn format(&self, of: u32) -> i16;
    fn write(&self, of: u32, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Send + Sync>>;
}

/// The prepared statement to execute, and the format codes of its columns: 0 for text, 1 for binary; none is text for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portal<'a> {
    /// The name of the prepared statement.
    pub(crate) statement: &'a str,
    /// The OIDs of the parameters' types.
    pub(crate) types: &'a [u32],
    /// The formats of the result's columns: 0 for text, 1 for binary.
    pub(crate) formats: &'a [i16],
}

/// The client's half of a connection; the other is its [`Driver`]. The connection ends when this is dropped and all requests
/// are answered.
pub(crate) struct Client {
    /// The way to the driver, which owns the socket.
    requests: UnboundedSender<Request>,
    /// Where messages are written before they go to the driver.
    buffer: Mutex<BytesMut>,
    pub(crate) shared: Arc<ServerState>,
    pub(crate) canceller: Arc<Canceller>,
}

impl Client {
    pub(super) fn new(
        canceller: Arc<Canceller>,
        shared: Arc<ServerState>,
        driver: impl FnOnce(UnboundedReceiver<Request>, Arc<ServerState>) -> Driver,
    ) -> (Self, Driver) {
        let (requests, received) = unbounded_channel();
        let driver = driver(received, Arc::clone(&shared));
        (Self { requests, buffer: Mutex::default(), shared, canceller }, driver)
    }

    /// The process id of the server process (backend) of the connection.
    pub(crate) fn process_id(&self) -> i32 {
        self.canceller.key.0
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.requests.is_closed() || self.shared.is_closed()
    }

    fn write(
        &self,
        write: impl FnOnce(&mut BytesMut) -> Result<(), WireFailure>,
    ) -> Result<Bytes, WireFailure> {
        let mut buffer = twinloop_runtime::lock(&self.buffer);
        match write(&mut buffer) {
            Ok(()) => Ok(buffer.split().freeze()),
            Err(failure) => {
                buffer.clear();
                Err(failure)
            }
        }
    }

    fn send(&self, bytes: Bytes, copies: bool) -> Result<ServerAnswer, WireFailure> {
        let (chunks, received) = channel(1);
        self.put(bytes, Some(Asked { chunks, copies }))?;
        Ok(ServerAnswer::new(received, Arc::clone(&self.shared)))
    }

    fn put(&self, bytes: Bytes, answer: Option<Asked>) -> Result<(), WireFailure> {
        self.shared.queue(bytes.len());
        self.requests.send(Request { bytes, answer }).map_err(|_| WireFailure::Ended(self.shared.farewell()))
    }

    /// Sends a text of any number of statements without parameters, as a simple query.
    pub(crate) fn ask(&self, sql: &str) -> Result<ServerAnswer, WireFailure> {
        let bytes = self.write(|out| frontend::query(sql, out).map_err(|error| unsendable(&error)))?;
        self.send(bytes, false)
    }

    /// Runs a text of any number of statements and drops their rows.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), WireFailure> {
        self.ask(sql)?.finish().await
    }

    /// Prepares a statement under a name.
    pub(crate) async fn prepare(&self, name: &str, sql: &str) -> Result<Description, WireFailure> {
        let bytes = self.write(|out| {
            frontend::parse(name, sql, [], out).map_err(|error| unsendable(&error))?;
            frontend::describe(b'S', name, out).map_err(|error| unsendable(&error))?;
            frontend::sync(out);
            Ok(())
        })?;
        let mut answer = self.send(bytes, false)?;
        let mut description = Description { parameters: Vec::new(), columns: Vec::new() };
        loop {
            match answer.next().await? {
                Message::ParameterDescription(body) => {
                    description.parameters = body.parameters().collect().map_err(|error| strange(&error))?;
                }
                Message::RowDescription(body) => description.columns = Column::read_all(&body)?,
                Message::ReadyForQuery(_) => return Ok(description),
                _ => {}
            }
        }
    }

    /// Runs a prepared statement; returns once the server has accepted its parameters (`BindComplete`).
    pub(crate) async fn execute<P: BindValue>(
        &self,
        portal: Portal<'_>,
        values: impl ExactSizeIterator<Item = P> + Clone,
    ) -> Result<ServerAnswer, WireFailure> {
        let bytes = self.write(|out| {
            let formats = values.clone().zip(portal.types).map(|(value, of)| value.format(*of));
            let formats: Vec<i16> = formats.collect();
            let bound = frontend::bind(
                "",
                portal.statement,
                formats,
                values.zip(portal.types),
                |(value, of), out| value.write(*of, out),
                portal.formats.iter().copied(),
                out,
            );
            bound.map_err(|error| match error {
                BindError::Conversion(error) => unsendable(&error),
                BindError::Serialization(error) => unsendable(&error),
            })?;
            frontend::execute("", 0, out).map_err(|error| unsendable(&error))?;
            frontend::sync(out);
            Ok(())
        })?;
        let mut answer = self.send(bytes, false)?;
        match answer.next().await? {
            Message::BindComplete => Ok(answer),
            _ => Err(WireFailure::Protocol(
                "the server did not say that it has taken the parameters".to_owned(),
            )),
        }
    }

    /// Runs one unnamed statement, with parameters and results in text form.
    pub(crate) fn execute_once(&self, sql: &str, parameters: &[&str]) -> Result<ServerAnswer, WireFailure> {
        let bytes = self.write(|out| {
            frontend::parse("", sql, [], out).map_err(|error| unsendable(&error))?;
            let bound = frontend::bind(
                "",
                "",
                [],
                parameters,
                |text, out| {
                    out.extend_from_slice(text.as_bytes());
                    Ok(IsNull::No)
                },
                [],
                out,
            );
            bound.map_err(|_| WireFailure::Unsendable("a parameter cannot be written".to_owned()))?;
            frontend::execute("", 0, out).map_err(|error| unsendable(&error))?;
            frontend::sync(out);
            Ok(())
        })?;
        self.send(bytes, false)
    }

    /// Closes a prepared statement in the server; does not wait for the answer.
    pub(crate) fn close(&self, name: &str) {
        let bytes = self.write(|out| {
            frontend::close(b'S', name, out).map_err(|error| unsendable(&error))?;
            frontend::sync(out);
            Ok(())
        });
        // The end of a connection closes its prepared statements.
        let _ = bytes.and_then(|bytes| self.send(bytes, false));
    }

    /// Sends a `COPY … FROM STDIN` or `COPY … TO STDOUT`; returns once the server has begun the copy.
    pub(crate) async fn copy(&self, sql: &str) -> Result<ServerAnswer, WireFailure> {
        let bytes = self.write(|out| frontend::query(sql, out).map_err(|error| unsendable(&error)))?;
        let mut answer = self.send(bytes, true)?;
        match answer.next().await? {
            Message::CopyInResponse(_) | Message::CopyOutResponse(_) => Ok(answer),
            _ => {
                answer.skip().await;
                Err(WireFailure::Unsendable("the statement is no COPY FROM STDIN or TO STDOUT".to_owned()))
            }
        }
    }

    /// Sends `CopyData`; returns when there is room for more.
    pub(crate) async fn copy_data(&self, piece: Bytes) -> Result<(), WireFailure> {
        let bytes = self.write(|out| {
            frontend::CopyData::new(piece).map_err(|error| unsendable(&error))?.write(out);
            Ok(())
        })?;
        self.put(bytes, None)?;
        loop {
            let room = self.shared.room.notified();
            if self.shared.unsent() < MOST_UNSENT || self.shared.is_closed() {
                return Ok(());
            }
            room.await;
        }
    }

    /// Ends a COPY FROM STDIN with `CopyDone`, or with `CopyFail` and the reason `failed`.
    pub(crate) fn end_copy(&self, failed: Option<&str>) -> Result<(), WireFailure> {
        let bytes = self.write(|out| match failed {
            None => {
                frontend::copy_done(out);
                Ok(())
            }
            Some(why) => frontend::copy_fail(why, out).map_err(|error| unsendable(&error)),
        })?;
        self.put(bytes, None)
    }
}

/// A new name for a prepared statement, unique in the process.
pub(crate) fn statement_name() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("twinloop_{}", LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

fn unsendable(error: &dyn std::fmt::Display) -> WireFailure {
    WireFailure::Unsendable(error.to_string())
}

fn strange(error: &dyn std::fmt::Display) -> WireFailure {
    WireFailure::Protocol(format!("the server sent a description that cannot be read: {error}"))
}

/// Sends cancel requests for a connection, each over a connection of its own.
pub(crate) struct Canceller {
    pub(super) address: Address,
    pub(super) name: Option<String>,
    pub(super) config: Config,
    pub(super) tls: Tls,
    pub(super) key: CancelKey,
}

impl Canceller {
    /// Sends a `CancelRequest`; returns when the server has read it.
    pub(crate) async fn cancel(&self) -> Result<(), WireFailure> {
        let lost = |error: io::Error| WireFailure::Unreachable(error.to_string());
        let stream = socket::open(&self.address, &self.config).await.map_err(lost)?;
        let mut stream = secure(stream, &self.config, &self.tls, self.name.as_deref()).await?.stream;
        let mut request = BytesMut::new();
        frontend::cancel_request(self.key.0, self.key.1, &mut request);
        stream.write_all(&request).await.map_err(lost)?;
        stream.flush().await.map_err(lost)?;
        // The server closes the connection once it has signalled the backend.
        let _ = stream.read_u8().await;
        Ok(())
    }
}
