//! PostgreSQL for components: the traits by which the component that speaks PostgreSQL serves the others.
//!
//! A queue and a scheduler keep rows in the app's database; they must not depend on the room that speaks to it. This hook
//! is what they share: statements with typed parameters, transactions, a transaction of an isolate to join, and
//! notifications. The pools behind it are those of the app: one per URL, whoever asks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::failure::Failure;

/// A parameter or a column. Statements cast their parameters (`$1::int8`, `$2::text[]`): what is sent has exactly the type
/// that its variant names.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// SQL null.
    Null,
    /// `bool`.
    Bool(bool),
    /// `int8`; a column may be `int2` or `int4` too.
    Int(i64),
    /// `float8`; a column may be `float4` too.
    Float(f64),
    /// `text`; a column may be any type of text, `json` or `uuid` cast to text.
    Text(String),
    /// `bytea`.
    Bytes(Vec<u8>),
    /// `text[]`.
    Texts(Vec<Option<String>>),
    /// `int8[]`.
    Ints(Vec<Option<i64>>),
}

/// One row, in the order of its columns.
pub type SqlRow = Vec<SqlValue>;

/// Why a statement failed.
#[derive(Clone, Debug)]
pub struct SqlError {
    /// The error for the caller, free of secrets.
    pub failure: Box<Failure>,
    /// SQLSTATE (PostgreSQL, appendix A), where the server has answered.
    pub sqlstate: Option<String>,
    /// Whether the server could not be reached or the connection ended, so that it is unknown whether the statement ran.
    pub disconnected: bool,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for SqlError {}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        *error.failure
    }
}

/// A pending answer of the server.
pub type SqlFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SqlError>> + Send + 'a>>;

/// A place where statements run.
pub trait SqlStatements: Send + Sync {
    /// Runs one statement and returns its rows. Each text is prepared once per connection, so there should be few texts.
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>>;

    /// Runs one statement with a time limit of its own. Past `limit` the statement is cancelled in the server and fails with
    /// `deadline_exceeded`. Within a transaction the limit of all statements holds instead.
    fn query_within<'a>(
        &'a self,
        text: &'a str,
        parameters: Vec<SqlValue>,
        _limit: Duration,
    ) -> SqlFuture<'a, Vec<SqlRow>> {
        self.query(text, parameters)
    }

    /// Runs one statement and gives the number of rows it returned or changed.
    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64>;

    /// Runs a text of several statements without parameters.
    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()>;
}

/// An open transaction. Dropped before `commit`, it is rolled back.
pub trait SqlTransaction: SqlStatements {
    /// Commits the transaction.
    fn commit(self: Box<Self>) -> SqlFuture<'static, ()>;
}

/// A pool of connections: each statement runs on any of them.
pub trait SqlPool: SqlStatements {
    /// Begins a transaction on a connection of its own.
    fn begin(&self) -> SqlFuture<'_, Box<dyn SqlTransaction>>;

    /// Listens on a channel until the receiver is dropped. Payloads may be missed, so they serve as hints only.
    fn listen<'a>(&'a self, channel: &'a str) -> SqlFuture<'a, mpsc::Receiver<String>>;
}

/// The component that speaks PostgreSQL, as other components see it.
pub trait Sql: Send + Sync {
    /// The pool of a URL: the app's own if it has one, otherwise a pool of `max_connections`. Does not connect yet; the pool stays
    /// open as long as a handle exists.
    fn open(&self, url: &str, max_connections: usize) -> Result<Arc<dyn SqlPool>, SqlError>;

    /// A place in the transaction that an isolate has open, by its number and the turn that was drawn for it.
    ///
    /// Resolves at that turn. Later statements of the transaction wait until the place is dropped.
    fn join(&self, isolate: u32, session: u32, turn: u32) -> SqlFuture<'static, Box<dyn SqlStatements>>;
}
