//! PostgreSQL, as the component that has it offers it to the others.
//!
//! A queue and a scheduler keep rows in the app's database; they must not depend on the room that speaks to it. This hook
//! is what they share: statements with typed parameters, transactions, a transaction of an isolate to join, and
//! notifications. The pools behind it are those of the app: one per URL, whoever asks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

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

/// What a statement did not do.
#[derive(Clone, Debug)]
pub struct SqlError {
    /// For the caller.
    pub failure: Box<Failure>,
    /// SQLSTATE (PostgreSQL, appendix A), where the server has answered.
    pub sqlstate: Option<String>,
    /// The server could not be reached, or the connection ended: whether the statement ran is not known.
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
    /// Runs one statement and gives its rows. It is prepared once per connection: texts should be few.
    fn query<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, Vec<SqlRow>>;

    /// Runs one statement and gives the number of rows it returned or changed.
    fn execute<'a>(&'a self, text: &'a str, parameters: Vec<SqlValue>) -> SqlFuture<'a, u64>;

    /// Runs a text of several statements without parameters.
    fn script<'a>(&'a self, text: &'a str) -> SqlFuture<'a, ()>;
}

/// An open transaction. Dropped before `commit`, it is rolled back.
pub trait SqlTransaction: SqlStatements {
    /// Makes what was done last.
    fn commit(self: Box<Self>) -> SqlFuture<'static, ()>;
}

/// A pool of connections: each statement runs on any of them.
pub trait SqlPool: SqlStatements {
    /// Begins a transaction on a connection of its own.
    fn begin(&self) -> SqlFuture<'_, Box<dyn SqlTransaction>>;

    /// Listens on a channel: the payloads, until the receiver is dropped. Some may be missed: they are hints.
    fn listen<'a>(&'a self, channel: &'a str) -> SqlFuture<'a, mpsc::Receiver<String>>;
}

/// What the component that speaks to PostgreSQL offers.
pub trait Sql: Send + Sync {
    /// The pool of a URL: the app's own where it has one, otherwise one with `max_connections`. Connects to nothing yet.
    /// It stays open as long as somebody has it.
    fn open(&self, url: &str, max_connections: usize) -> Result<Arc<dyn SqlPool>, SqlError>;

    /// A place in the transaction that an isolate has open, by its number and the turn that was drawn for it.
    ///
    /// Resolves when it is that turn; statements of the transaction that were made later wait until it is dropped.
    fn join(&self, isolate: u32, session: u32, turn: u32) -> SqlFuture<'static, Box<dyn SqlStatements>>;
}
