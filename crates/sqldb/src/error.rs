//! Errors of sqldb, and their JSON form for isolates.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};
use twinloop_runtime::{Code, Failure, begin_of};

use crate::value::Malformed;
use crate::wire::{self, ServerRefusal};

/// Longest SQL text that an error carries, in bytes.
const MAX_QUERY_TEXT: usize = 4096;

/// The kinds of errors; their names in snake case are the codes that isolates receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The server reported an error; its fields are in `server`.
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
    /// The transaction, connection or stream has ended.
    Closed,
    /// The transaction was rolled back where a commit was asked for.
    Aborted,
    /// The pool was closed.
    PoolClosed,
    /// The statement needs a connection of its own, and was not sent. Handled inside sqldb; no isolate receives it.
    NeedsAlone,
    /// What the server sent, or what the isolate asked, cannot be understood.
    Internal,
}

impl ErrorKind {
    /// The code that isolates receive.
    pub(crate) fn name(self) -> &'static str {
        self.code().as_str()
    }

    fn code(self) -> Code {
        match self {
            Self::Server => Code::Server,
            Self::Config => Code::ConfigInvalid,
            Self::Connect => Code::ConnectFailed,
            Self::ConnectTimeout => Code::ConnectTimeout,
            Self::AcquireTimeout => Code::AcquireTimeout,
            Self::QueryTimeout => Code::QueryTimeout,
            Self::Canceled => Code::Canceled,
            Self::ConnectionLost => Code::ConnectionLost,
            Self::Parameter => Code::InvalidParameter,
            Self::Closed => Code::Closed,
            Self::Aborted => Code::TransactionAborted,
            Self::PoolClosed => Code::PoolClosed,
            Self::NeedsAlone | Self::Internal => Code::Internal,
        }
    }
}

/// A failed operation.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    /// What kind of failure it is; decides the code.
    pub(crate) kind: ErrorKind,
    /// What happened, for people.
    message: String,
    /// What the server said, where it refused.
    server: Option<Arc<ServerRefusal>>,
    /// The text of the statement that failed.
    query: Option<Arc<str>>,
    /// The transaction it was in can be run again from its beginning.
    is_retryable: bool,
    /// Whether the connection had ended before the statement was sent: the server has not seen it.
    is_unsent: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            server: None,
            query: None,
            is_retryable: false,
            is_unsent: false,
        }
    }

    /// Marks the error as retryable: the transaction is expected to succeed when it is run again.
    pub(crate) fn retryable(mut self) -> Self {
        self.is_retryable = true;
        self
    }

    /// Whether the error comes from a stale prepared statement: preparing anew, in a new transaction, resolves it.
    pub(crate) fn is_stale_statement(&self) -> bool {
        self.is_retryable && !matches!(self.sqlstate(), Some("40001" | "40P01"))
    }

    /// Whether the server has not seen the statement, so that it can be sent on another connection.
    pub(crate) fn is_unsent(&self) -> bool {
        self.is_unsent
    }

    /// Whether the statement failed inside a function that it called.
    pub(crate) fn is_in_function(&self) -> bool {
        let context = self.server.as_ref().and_then(|server| server.context.as_deref());
        context.is_some_and(|context| context.contains("function"))
    }

    /// The error for a failed statement on an open connection.
    pub(crate) fn of_statement(failure: &wire::WireFailure) -> Self {
        match failure {
            wire::WireFailure::Refused(server) => Self::of_server(server),
            wire::WireFailure::Ended(Some(server)) if !server.code.is_empty() => {
                Self { is_unsent: true, ..Self::of_server(server) }
            }
            wire::WireFailure::Ended(why) => {
                let why = why.as_ref().map_or(String::new(), |why| format!(": {why}"));
                let message = format!(
                    "the connection to the database had ended before the statement was sent, which was not executed{why}"
                );
                Self { is_unsent: true, ..Self::new(ErrorKind::ConnectionLost, message) }
            }
            wire::WireFailure::Lost(why) | wire::WireFailure::Unreachable(why) => Self::new(
                ErrorKind::ConnectionLost,
                format!("the connection to the database was lost: {why}"),
            ),
            wire::WireFailure::Unsendable(why) => {
                Self::new(ErrorKind::Parameter, format!("the statement was not sent: {why}"))
            }
            wire::WireFailure::Protocol(why) => Self::new(ErrorKind::Internal, why.as_str()),
        }
    }

    /// The error for a failed attempt to open a connection.
    pub(crate) fn of_connect(failure: &wire::WireFailure) -> Self {
        match failure {
            wire::WireFailure::Refused(server) => Self::of_server(server),
            other => Self::new(ErrorKind::Connect, format!("the database cannot be reached: {other}")),
        }
    }

    /// Whether the server refused the user or the password: SQLSTATE class 28 (PostgreSQL, appendix A).
    pub(crate) fn refuses_credentials(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.code.starts_with("28"))
    }

    fn of_server(server: &Arc<ServerRefusal>) -> Self {
        Self {
            kind: ErrorKind::Server,
            message: server.message.clone(),
            server: Some(Arc::clone(server)),
            query: None,
            is_retryable: matches!(server.code.as_str(), "40001" | "40P01"),
            is_unsent: false,
        }
    }

    /// Adds the SQL text that caused the error, cut to 4096 bytes.
    pub(crate) fn with_query(mut self, query: &Arc<str>) -> Self {
        self.query.get_or_insert_with(|| Arc::clone(query));
        self
    }

    /// The message, which holds no secrets.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The SQLSTATE, where the server reported the error.
    pub(crate) fn sqlstate(&self) -> Option<&str> {
        self.server.as_ref().map(|server| server.code.as_str())
    }

    /// The SQLSTATE, or the code of an error that is not the server's: few values, for telemetry.
    pub(crate) fn type_name(&self) -> Cow<'static, str> {
        match self.sqlstate() {
            Some(state) if !state.is_empty() => Cow::Owned(state.to_owned()),
            _ => Cow::Borrowed(self.kind.name()),
        }
    }

    /// The message without any value of a parameter or a row, for telemetry.
    ///
    /// The server repeats values in the primary messages of some classes of errors, and functions in theirs as they like.
    /// Source: PostgreSQL, appendix A, and its error message style guide.
    pub(crate) fn told(&self) -> Cow<'static, str> {
        const WITHOUT_VALUES: [&str; 12] =
            ["08", "0A", "23", "25", "26", "3D", "3F", "40", "42", "53", "55", "57"];
        match (self.sqlstate(), self.kind) {
            (Some(state), _) => {
                let is_free = state.get(..2).is_some_and(|class| WITHOUT_VALUES.contains(&class));
                if is_free && !self.is_in_function() {
                    return Cow::Owned(self.message.clone());
                }
                Cow::Owned(format!("the server refused the statement: SQLSTATE {state}"))
            }
            (None, ErrorKind::Parameter) => Cow::Borrowed("a parameter or the statement itself does not fit"),
            (None, ErrorKind::Config) => Cow::Borrowed("the connection string or an option cannot be used"),
            (None, _) => Cow::Owned(self.message.clone()),
        }
    }

    /// Whether the error leaves the connection unusable.
    pub(crate) fn breaks_connection(&self) -> bool {
        let is_fatal = self.server.as_ref().is_some_and(|server| server.is_fatal());
        is_fatal || matches!(self.kind, ErrorKind::ConnectionLost | ErrorKind::Internal)
    }

    fn details(&self) -> Value {
        let mut details = self.server.as_ref().map(|server| server.to_json()).unwrap_or_default();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                details.insert(name.to_owned(), value);
            }
        };
        put("retryable", self.is_retryable.then_some(Value::Bool(true)));
        put("query", self.query.as_deref().map(|query| json!(begin_of(query, MAX_QUERY_TEXT))));
        Value::Object(details)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate().unwrap_or_else(|| self.kind.code().as_str()), self.message)
    }
}

impl std::error::Error for Error {}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(ErrorKind::Internal, malformed.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let details = error.details();
        Self::new(error.kind.code(), error.message).with_details(details)
    }
}

impl From<wire::WireFailure> for Error {
    fn from(failure: wire::WireFailure) -> Self {
        Self::of_statement(&failure)
    }
}
