//! What can go wrong, and how it is told to the isolate.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio_postgres::error::{DbError, ErrorPosition};
use twinloop_runtime::Failure;

use crate::value::Malformed;

/// Longest query text that an error carries, in bytes.
const MAX_QUERY_TEXT: usize = 4096;

/// What failed. The names are the codes under which the isolate knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The server refused; the rest is in its own words.
    Server,
    /// The connection string or an option cannot be used.
    Config,
    /// No connection could be opened.
    Connect,
    /// No connection was opened in time.
    ConnectTimeout,
    /// No connection of the pool became free in time.
    AcquireTimeout,
    /// The statement ran out of time and was cancelled.
    QueryTimeout,
    /// The caller gave up and the statement was cancelled.
    Canceled,
    /// The connection broke while the statement was with the server: it may have been executed.
    ConnectionLost,
    /// A parameter does not fit.
    Parameter,
    /// The transaction, connection or stream is over.
    Closed,
    /// The transaction was rolled back where a commit was asked for.
    Aborted,
    /// The pool was closed.
    PoolClosed,
    /// What the server sent, or what the isolate asked, cannot be understood.
    Internal,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Config => "config_invalid",
            Self::Connect => "connect_failed",
            Self::ConnectTimeout => "connect_timeout",
            Self::AcquireTimeout => "acquire_timeout",
            Self::QueryTimeout => "query_timeout",
            Self::Canceled => "canceled",
            Self::ConnectionLost => "connection_lost",
            Self::Parameter => "invalid_parameter",
            Self::Closed => "closed",
            Self::Aborted => "transaction_aborted",
            Self::PoolClosed => "pool_closed",
            Self::Internal => "internal",
        }
    }
}

/// A failed operation.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    message: String,
    server: Option<Arc<DbError>>,
    query: Option<Arc<str>>,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), server: None, query: None }
    }

    /// A failure of a statement on an open connection.
    pub(crate) fn of_statement(error: &tokio_postgres::Error) -> Self {
        if let Some(server) = error.as_db_error() {
            return Self::of_server(server);
        }
        if error.is_closed() || is_io(error) {
            return Self::new(
                Kind::ConnectionLost,
                format!("the connection to the database was lost: {}", chain(error)),
            );
        }
        Self::new(Kind::Parameter, chain(error))
    }

    /// A failure to open a connection.
    pub(crate) fn of_connect(error: &tokio_postgres::Error) -> Self {
        error.as_db_error().map_or_else(
            || Self::new(Kind::Connect, format!("the database cannot be reached: {}", chain(error))),
            Self::of_server,
        )
    }

    /// Whether the server does not accept who connects: SQLSTATE class 28 (PostgreSQL, appendix A).
    pub(crate) fn refuses_credentials(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.code().code().starts_with("28"))
    }

    fn of_server(server: &DbError) -> Self {
        Self {
            kind: Kind::Server,
            message: server.message().to_owned(),
            server: Some(Arc::new(server.clone())),
            query: None,
        }
    }

    /// The same error, naming the statement that caused it.
    pub(crate) fn with_query(mut self, query: &Arc<str>) -> Self {
        self.query.get_or_insert_with(|| Arc::clone(query));
        self
    }

    /// The SQLSTATE, where the server gave one.
    pub(crate) fn sqlstate(&self) -> Option<&str> {
        self.server.as_ref().map(|server| server.code().code())
    }

    /// Whether the connection can be used no longer.
    pub(crate) fn breaks_connection(&self) -> bool {
        let fatal = || {
            let severity = self.server.as_ref().map(|server| server.severity());
            matches!(severity, Some("FATAL" | "PANIC"))
        };
        matches!(self.kind, Kind::ConnectionLost | Kind::Internal) || fatal()
    }

    fn details(&self) -> Value {
        let mut details = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                details.insert(name.to_owned(), value);
            }
        };
        if let Some(server) = &self.server {
            let text = |text: Option<&str>| text.map(|text| json!(text));
            put("sqlstate", text(Some(server.code().code())));
            put("severity", text(Some(server.severity())));
            put("detail", text(server.detail()));
            put("hint", text(server.hint()));
            put("where", text(server.where_()));
            put("schema", text(server.schema()));
            put("table", text(server.table()));
            put("column", text(server.column()));
            put("dataType", text(server.datatype()));
            put("constraint", text(server.constraint()));
            put("routine", text(server.routine()));
            put("position", server.position().map(position));
        }
        put("query", self.query.as_deref().map(|query| json!(cut(query))));
        Value::Object(details)
    }
}

fn position(position: &ErrorPosition) -> Value {
    match position {
        ErrorPosition::Original(at) | ErrorPosition::Internal { position: at, .. } => json!(at),
    }
}

fn cut(query: &str) -> &str {
    let end = (0..=MAX_QUERY_TEXT.min(query.len())).rev().find(|&end| query.is_char_boundary(end));
    &query[..end.unwrap_or(0)]
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// An error and what led to it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate().unwrap_or_else(|| self.kind.code()), self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.server.as_deref().map(|server| server as _)
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(Kind::Internal, malformed.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let details = error.details();
        Self::new(error.kind.code(), error.message).with_details(details)
    }
}
